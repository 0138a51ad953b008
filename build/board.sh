#!/usr/bin/env bash
# Boots Debian's arm64 kernel on an emulated board with a real GPIO chip and USB
# and runs internal/board/guest in it. The kernel is unpacked, never installed.
. "$(dirname "$0")/lib.sh"
build/need.sh board
use_go

readonly dir=$PWD/.cache/board suite=bookworm
readonly sources=$dir/sources.list

# arm64 runs apt on lists of its own: this machine's architectures and sources
# stay as they are.
arm64() {
	local program=$1
	shift
	"$program" -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User="$(id -un)" \
		-o Dir::State="$dir/state" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/cache" \
		-o Dir::Etc::sourcelist="$sources" -o Dir::Etc::sourceparts=/dev/null "$@"
}

fetch_kernel() {
	say "fetching Debian's arm64 kernel, once (60 MB)"
	rm -rf "$dir"
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$sources"
	arm64 apt-get update >"$dir/apt.log" 2>&1 || return
	local package
	package=$(arm64 apt-cache depends linux-image-arm64 | awk '/Depends: linux-image/ { print $2; exit }')
	(cd "$dir" && arm64 apt-get download "$package" >>apt.log 2>&1) || return
	mkdir "$dir/modules"
	dpkg-deb --fsys-tarfile "$dir"/linux-image-*.deb | tar -x -C "$dir/modules" --wildcards --strip-components=5 \
		'./lib/modules/*/kernel/drivers/usb/*' './lib/modules/*/kernel/drivers/scsi/s*' './lib/modules/*/kernel/drivers/hid/*' \
		'./lib/modules/*/kernel/drivers/cdrom/*' './lib/modules/*/kernel/block/*' './lib/modules/*/kernel/lib/*' \
		'./lib/modules/*/kernel/crypto/crc*' './lib/modules/*/kernel/fs/configfs/*'
	dpkg-deb --fsys-tarfile "$dir"/linux-image-*.deb | tar -x -C "$dir" --wildcards --strip-components=2 './boot/vmlinuz-*'
	mv "$dir"/vmlinuz-* "$dir/vmlinuz"
	rm -rf "$dir"/linux-image-*.deb "$dir/state" "$dir/cache"
}

[ -s "$dir/vmlinuz" ] && [ -d "$dir/modules" ] || fetch_kernel || die "Debian's arm64 kernel could not be fetched" "apt's words are in .cache/board/apt.log"
say 'booting the emulated board'
GUICHET_BOARD_KERNEL=$dir/vmlinuz go test -count=1 -timeout 10m -v ./internal/board </dev/null
