# Everything a contributor does. Each target installs what it needs first and
# says so; the scripts in build/ do the work.

.PHONY: help run build test check bench board bench-peers pictures install uninstall clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, start the kiosk on a simulated board and print its control page (ARGS="--listen …")
	@build/run.sh $(ARGS)

build: ## put the programs into bin/
	@build/build.sh

test: ## build, vet and run all tests, the end-to-end ones with real WebKit included
	@build/test.sh

check: ## what a change must pass: test, and gofmt, linters, race, arm64, tidy
	@build/check.sh

board: ## test the drivers, kioskd's end, and a box from the factory to its first site by USB sticks, on an emulated arm64 board
	@build/board.sh

bench: ## measure and print medians
	@build/bench.sh

bench-peers: ## measure this kiosk beside chromium, cog and surf: escapes, residue, times (as root)
	@build/bench-peers.sh $(ARGS)

pictures: ## make the pictures of docs/technician.md from the real screens
	@build/pictures.sh

install: ## set this Debian or Raspberry Pi OS machine up as a kiosk (DESTDIR= for a package)
	@build/install.sh

uninstall: ## take the programs, units and rules away again; configuration and counts stay
	@build/uninstall.sh

clean: ## remove bin/ and .cache/
	@rm -rf bin .cache
