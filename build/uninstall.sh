#!/usr/bin/env bash
# Takes away what install.sh copied. Configuration, counts and users stay.
. "$(dirname "$0")/lib.sh"
root=${DESTDIR:-}

if [ -z "$root" ]; then
	if [ -d /run/systemd/system ]; then
		as_root systemctl disable --now kioskd.service guichet-screen.service 2>/dev/null || true
	else
		as_root systemctl disable kioskd.service guichet-screen.service 2>/dev/null || true
	fi
fi
grep -v '^#' firmware/files.txt | while read -r _ _ to; do
	as_root_unless "$root" rm -f "$root$to"
	(cd "$root/" && as_root_unless "$root" rmdir --ignore-fail-on-non-empty -p ".$(dirname "$to")" 2>/dev/null) || true
done
say "removed $(grep -vc '^#' firmware/files.txt) files from ${root:-/}"
if [ -n "$root" ]; then exit; fi
if [ -d /run/systemd/system ]; then
	as_root systemctl daemon-reload
	as_root udevadm control --reload
fi
say 'left as they are: /etc/guichet, /var/lib/guichet, the users guichet-view and guichet-screen, and the Debian packages'
say 'next: reboot, for the console and the kernel settings to be as before'
