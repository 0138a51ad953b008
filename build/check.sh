#!/usr/bin/env bash
# What a change must pass before it is proposed: make test, and more.
. "$(dirname "$0")/lib.sh"
readonly golangci=v2.15.0

build/need.sh test
use_go

say 'gofmt'
unformatted=$(gofmt -l $(git -c safe.directory="$PWD" ls-files -co --exclude-standard '*.go'))
[ -z "$unformatted" ] || die "these files are not formatted: $unformatted" 'run: gofmt -w'

say 'go mod tidy'
go mod tidy -diff

say 'linters'
lint=.cache/bin/golangci-lint-$golangci
if [ ! -x "$lint" ]; then
	say "building golangci-lint $golangci, once"
	GOBIN=$PWD/.cache/bin go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci"
	mv .cache/bin/golangci-lint "$lint"
fi
webkit "$lint" run --build-tags webkit ./...

say 'arm64, without cgo'
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o /dev/null ./cmd/kioskd
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o /dev/null ./cmd/kioskctl
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o /dev/null ./cmd/kiosk-bench

say 'kioskctl for other systems'
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/kioskctl
CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/kioskctl

build/test.sh

say 'testing for data races'
go test -race -timeout 14m $(go list ./... | grep -v '/internal/e2e$') </dev/null
say 'everything passed'
