#!/usr/bin/env bash
# Puts this kiosk beside Debian's chromium, cog and surf: the same escapes, the
# same residue, the same times, in one run and one table. As root or with sudo,
# since it needs namespaces and a disk of its own; nothing of it stays.
. "$(dirname "$0")/lib.sh"
build/need.sh peers
build/build.sh
use_go
go build -o .cache/peers ./internal/peers
say 'measuring; a quarter of an hour on a quiet machine'
as_root .cache/peers -bin "$PWD/bin" -scratch "$PWD/.cache" "$@"
