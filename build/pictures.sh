#!/usr/bin/env bash
# Makes the pictures of docs/technician.md: what kiosk-view really shows.
. "$(dirname "$0")/lib.sh"
build/need.sh test
use_go
GUICHET_DOCS=$PWD/docs/technician webkit go test -count=1 -tags webkit -run '^TestTechnicianPictures$' ./cmd/kiosk-view
