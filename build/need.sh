#!/usr/bin/env bash
# need.sh build|run|test|install|peers|board: installs the Debian packages that a target
# needs and this machine lacks. Says what in one sentence, and nothing when
# there is nothing to do. Works as root or with sudo.
. "$(dirname "$0")/lib.sh"

readonly for_build='gcc g++ libc6-dev pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev ca-certificates'
readonly for_run='bubblewrap xdg-dbus-proxy dbus at-spi2-core librsvg2-common fonts-inter xvfb cage xwayland'
readonly for_test='systemd udev alsa-utils libpcsclite-dev xserver-xorg-core xserver-xorg-video-dummy dosfstools mtools fdisk exfatprogs ntfs-3g'
readonly for_peers='chromium cog surf e2fsprogs ca-certificates fonts-dejavu-core'
readonly for_board='ca-certificates qemu-system-arm debian-archive-keyring dosfstools mtools cpio kmod'
readonly for_install='bubblewrap xdg-dbus-proxy dbus librsvg2-common fonts-inter cage xwayland seatd alsa-utils udev'

packages() {
	case $1 in
	build) echo "$for_build" ;;
	run) echo "$for_build $for_run" ;;
	test) echo "$for_build $for_run $for_test" ;;
	install) echo "$for_build $for_install" ;;
	board) echo "$for_board" ;;
	peers) echo "$for_build $for_run $for_peers" ;;
	*) die "there is no target \"$1\"" 'build, run, test, install, peers or board' ;;
	esac
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

# stale: are the package lists absent, or older than a day?
stale() { [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit 2>/dev/null)" ]; }

refresh() {
	say 'fetching the package lists'
	apt update >.cache/apt.log 2>&1 || { tail -n 5 .cache/apt.log >&2; return 1; }
}

# progress prints every tenth package of those that apt sets up.
progress() {
	awk '/^Setting up / { if (++n % 10 == 1) { printf "   %d set up, now %s\n", n, $3; fflush() } }
		/^Need to get / { print "   " $0; fflush() }
		/^[EW]: / { print; fflush() }'
}

get() {
	apt install --no-install-recommends "$@" 2>&1 | tee .cache/apt.log | progress
}

install_packages() {
	command -v apt-get >/dev/null || die "these packages are missing and this is not Debian: $*"
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
		die "these packages are missing: $*" "as root: apt-get install $*"
	local package
	! stale || refresh || true
	for package; do
		[ -n "$(candidate "$package")" ] || { refresh || true; break; }
	done
	say "installing what is missing of Debian ($#): $*"
	get "$@" && return
	# Lists that are older than the mirror name files that are gone.
	if ! refresh || ! get "$@"; then
		die "apt could not install: $*" 'its words are in .cache/apt.log'
	fi
}

# backports adds Debian 12's, whose own Go is older than go.mod's format.
backports() {
	local mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' 2>/dev/null | head -n1)
	say 'adding /etc/apt/sources.list.d/guichet-backports.sources for a newer Go: Debian 12 has 1.19'
	as_root tee /etc/apt/sources.list.d/guichet-backports.sources >/dev/null <<-END
		Types: deb
		URIs: ${mirror:-http://deb.debian.org/debian}
		Suites: bookworm-backports
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	refresh || true
}

go_candidate() { candidate golang-go | sed 's/^[0-9]*://; s/[-~+].*//'; }

# new_go installs Debian's Go, from backports on Debian 12.
new_go() {
	local newest
	! stale || refresh || true
	newest=$(go_candidate)
	if [ -n "$newest" ] && ! older "$newest" "$oldest_go"; then
		install_packages golang-go
		return
	fi
	. /etc/os-release
	[ "${VERSION_CODENAME:-}" = bookworm ] && [ "${ID:-}" = debian ] ||
		die "this machine has no Go that is new enough ($oldest_go or later)" 'https://go.dev/doc/install'
	apt-cache policy | grep -q bookworm-backports || backports
	say "installing Go from bookworm-backports"
	apt install --no-install-recommends -t bookworm-backports golang-go 2>&1 | tee .cache/apt.log | progress ||
		die 'apt could not install golang-go from bookworm-backports' 'its words are in .cache/apt.log'
}

missing=()
for package in $(packages "${1:-build}"); do
	installed "$package" || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
find_go >/dev/null || new_go
find_go >/dev/null || die "there is still no Go that is new enough ($oldest_go or later)" 'https://go.dev/doc/install'
