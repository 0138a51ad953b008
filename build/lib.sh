# shellcheck shell=bash
# Sourced by the other scripts. Leaves the shell in the repository's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p .cache

say() { printf '== %s\n' "$*"; }

# die WHAT [HINT]
die() {
	printf 'guichet: %s\n' "$1" >&2
	[ $# -lt 2 ] || printf 'guichet: hint: %s\n' "$2" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# as_root_unless DIR COMMAND… needs no rights when DIR is given.
as_root_unless() {
	local dir=$1
	shift
	if [ -n "$dir" ]; then "$@"; else as_root "$@"; fi
}

# The oldest Go that reads go.mod's toolchain line and can fetch what it names.
readonly oldest_go=1.21

# wanted_go prints the oldest Go that compiles this without fetching another.
wanted_go() { awk '$1 == "go" { print $2 }' go.mod; }

# older A B: is version A older than B?
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

# go_version PROGRAM prints 1.24.4, whatever go.mod or the environment ask for.
go_version() { (cd / && GOTOOLCHAIN=local GOFLAGS="" "$1" env GOVERSION 2>/dev/null) | sed 's/^go//; s/ .*//'; }

# find_go prints a Go that is new enough to fetch the right one by itself.
find_go() {
	local program version
	for program in "$(command -v go || true)" /usr/local/go/bin/go \
		$(ls -d /usr/lib/go-1.*/bin/go 2>/dev/null | sort -rV); do
		[ -x "$program" ] || continue
		version=$(go_version "$program") || continue
		[ -n "$version" ] || continue
		if ! older "$version" "$oldest_go"; then
			printf '%s\n' "$program"
			return
		fi
	done
	return 1
}

# use_go puts the Go found first on PATH. Where that is older than go.mod asks
# for, it is to fetch the right one, also if its distribution says local.
use_go() {
	local program version toolchain cache
	program=$(find_go) || die 'there is no Go that is new enough' 'run: build/need.sh build'
	PATH=$(dirname "$program"):$PATH
	version=$(go_version "$program")
	older "$version" "$(wanted_go)" || return 0
	[ -n "${GOTOOLCHAIN:-}" ] || export GOTOOLCHAIN=auto
	toolchain=$(awk '$1 == "toolchain" { print $2 }' go.mod)
	cache=$(cd / && GOTOOLCHAIN=local go env GOMODCACHE)
	compgen -G "$cache/golang.org/toolchain@*$toolchain.*" >/dev/null ||
		say "Go $version fetches $toolchain, which go.mod names, once"
}

# webkit COMMAND… runs a command for the code with the tag webkit: the alias
# answers webview_go's question for webkit2gtk-4.0 with 4.1.
webkit() { PKG_CONFIG_PATH="$PWD/internal/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" "$@"; }
