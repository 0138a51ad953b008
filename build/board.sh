#!/usr/bin/env bash
# Boots Debian's arm64 kernel on an emulated board with a real GPIO chip and USB,
# runs internal/board/guest in it, and boots its systemd with our units. All of
# that is unpacked, never installed.
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

# unpack DEB PATTERN… puts files of a package into root.
unpack() {
	local deb=$1
	shift
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/root" --wildcards --keep-directory-symlink "$@"
}

fetch() {
	say "fetching Debian's arm64 kernel and systemd, once (90 MB)"
	rm -rf "$dir"
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" "$dir/root"
	echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$sources"
	arm64 apt-get update >"$dir/apt.log" 2>&1 || return
	local package deb
	package=$(arm64 apt-cache depends linux-image-arm64 | awk '/Depends: linux-image/ { print $2; exit }')
	(cd "$dir" && arm64 apt-get download "$package" >>apt.log 2>&1) || return
	arm64 apt-get install --yes --no-install-recommends --download-only systemd udev kmod mount bash coreutils \
		>>"$dir/apt.log" 2>&1 || return
	unpack "$dir"/linux-image-*.deb './boot/vmlinuz-*' './lib/modules/*/modules.*' './lib/modules/*/kernel/drivers/usb/*' \
		'./lib/modules/*/kernel/drivers/scsi/s*' './lib/modules/*/kernel/drivers/hid/*' './lib/modules/*/kernel/drivers/cdrom/*' \
		'./lib/modules/*/kernel/block/*' './lib/modules/*/kernel/lib/*' './lib/modules/*/kernel/crypto/crc*' \
		'./lib/modules/*/kernel/fs/configfs/*' || return
	mv "$dir"/root/boot/vmlinuz-* "$dir/vmlinuz"
	/usr/sbin/depmod -b "$dir/root" "$(basename "$dir"/root/lib/modules/*)" || return
	for deb in "$dir"/cache/archives/*.deb; do
		unpack "$deb" --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*' '*' || return
	done
	ln -sf bash "$dir/root/bin/sh"
	(cd "$dir/root" && find . | cpio -o -H newc --quiet >../system.new) || return
	mv "$dir/root/lib/modules" "$dir/modules"
	rm -rf "$dir"/linux-image-*.deb "$dir/state" "$dir/cache" "$dir/root"
	mv "$dir/system.new" "$dir/system.cpio"
}

[ -s "$dir/system.cpio" ] || fetch || die "Debian's arm64 system could not be fetched" "apt's words are in .cache/board/apt.log"
say 'booting the emulated board'
GUICHET_BOARD=$dir go test -count=1 -timeout 12m -v ./internal/board </dev/null
