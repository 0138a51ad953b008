#!/usr/bin/env bash
# Builds, then starts the kiosk on its simulated board.
. "$(dirname "$0")/lib.sh"
build/need.sh run
build/build.sh
say 'starting kiosk-bench; Ctrl+C ends it'
exec bin/kiosk-bench "$@"
