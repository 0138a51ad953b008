#!/usr/bin/env bash
# Measures: the machine's step by itself, then the whole kiosk.
. "$(dirname "$0")/lib.sh"
build/need.sh run
build/build.sh
use_go

say 'measuring Machine.Step'
go test -run '^$' -bench Step -benchmem ./kiosk/session
say 'measuring the whole kiosk'
exec bin/kiosk-bench measure
