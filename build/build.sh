#!/usr/bin/env bash
# Builds the programs into bin/.
. "$(dirname "$0")/lib.sh"
build/need.sh build
use_go

# Go stamps the version that git tells into each program; without git, or in a
# tree that git does not trust, that would only fail.
stamp=false
! git rev-parse --verify -q HEAD >/dev/null 2>&1 || stamp=true
flags=(-trimpath "-buildvcs=$stamp" -ldflags '-s -w')

say 'building kioskd, kioskctl and kiosk-bench'
CGO_ENABLED=0 go build "${flags[@]}" -o bin/ ./cmd/kioskd ./cmd/kioskctl ./cmd/kiosk-bench
say 'building kiosk-view, which links WebKit'
webkit env CGO_ENABLED=1 go build "${flags[@]}" -tags webkit -o bin/ ./cmd/kiosk-view
say "built $(bin/kioskd --version)"
