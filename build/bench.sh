#!/usr/bin/env bash
# Measures in one run: the machine's step, the gate against a direct way, what
# counting writes, sticks, then the badge reader, the whole kiosk on each compositor and
# the daemon.
. "$(dirname "$0")/lib.sh"
build/need.sh run
build/build.sh
use_go

say 'Machine.Step (two steps an operation), median of 5'
go test -run '^$' -bench Step -benchmem -count 5 ./kiosk/session | grep Benchmark | sort -k3n | sed -n 3p
say 'throughput through the gate against direct, in turns ("ratio"; target 0.9), 3 runs'
go test -run '^$' -bench Throughput -count 3 ./kiosk/egress | grep Benchmark
say 'bytes written to the data directory a session, over 1000 (target 4096)'
go test -count 1 -run BytesPerSession -v ./kiosk/usage/usagedb | grep -i 'session'
say 'a new kiosk set up with a stick of packs: to the plan, to the release on trial, confirmed; the memory of the child that reads'
CGO_ENABLED=0 go test -run '^$' -bench BenchmarkStick -benchtime 5x ./cmd/kioskd/upkeep | grep ^Benchmark
say 'hostile sticks: 1000 the whole way, 12000 through the file system alone, 300 through the child'
CGO_ENABLED=0 go test -run '^$' -bench HostileStick -benchtime 1000x ./cmd/kioskd/upkeep | grep ^Benchmark
CGO_ENABLED=0 go test -count 1 -run Hostile -v ./provisioning/stick/... | grep percentile
say 'the badge reader and the whole kiosk, medians'
exec bin/kiosk-bench measure "$@"
