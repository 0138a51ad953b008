#!/usr/bin/env bash
# Builds the programs into bin/.
. "$(dirname "$0")/lib.sh"
build/need.sh build
use_go

version=$(git -c safe.directory="$PWD" describe --tags --always --dirty 2>/dev/null || echo unknown)
flags=(-trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version")

say "building kioskd, kioskctl and kiosk-bench ($version)"
CGO_ENABLED=0 go build "${flags[@]}" -o bin/ ./cmd/kioskd ./cmd/kioskctl ./cmd/kiosk-bench
say 'building kiosk-view, which links WebKit'
webkit env CGO_ENABLED=1 go build "${flags[@]}" -tags webkit -o bin/ ./cmd/kiosk-view
