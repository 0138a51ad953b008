#!/usr/bin/env bash
# Builds, vets and tests everything. Go's own lines tell what passed.
. "$(dirname "$0")/lib.sh"
build/need.sh test
build/build.sh
use_go
exec </dev/null

say 'vetting'
go vet ./...
webkit go vet -tags webkit ./cmd/kiosk-view/... ./internal/unlocked
CGO_ENABLED=1 go vet -tags pcsc ./cmd/kioskctl

failed=0
say 'testing the packages'
go test -timeout 10m $(go list ./... | grep -v '/internal/e2e$') || failed=1
# Its tests mostly wait for pictures.
say 'testing kiosk-view with WebKit'
webkit go test -timeout 10m -parallel 4 -tags webkit ./cmd/kiosk-view/... || failed=1
say 'testing badges over PC/SC, where a virtual reader is installed'
CGO_ENABLED=1 go test -timeout 5m -tags pcsc -run '^TestPCSC$' -v ./cmd/kioskctl || failed=1
if [ -d internal/e2e ]; then
	# Alone, since it measures times and needs both cores. What measures none
	# comes last, side by side.
	say 'testing the whole kiosk with WebKit, end to end'
	go test -count=1 -timeout 25m -parallel 4 -v ./internal/e2e || failed=1
fi
[ $failed = 0 ] || die 'some tests failed; the lines that begin with FAIL say which'
say 'all tests passed'
