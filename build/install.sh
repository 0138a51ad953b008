#!/usr/bin/env bash
# Sets this machine up as a kiosk; with DESTDIR only copies the files there.
# Can be run again at any time: it then brings the machine up to date.
. "$(dirname "$0")/lib.sh"
root=${DESTDIR:-}

if [ -z "$root" ]; then build/need.sh install; fi
build/build.sh

grep -v '^#' firmware/files.txt | while read -r mode source to; do
	as_root_unless "$root" install -D -m "$mode" "$source" "$root$to"
done
say "copied $(grep -vc '^#' firmware/files.txt) files to ${root:-/}"
if [ -n "$root" ]; then exit; fi

as_root systemd-sysusers /usr/lib/sysusers.d/guichet.conf
as_root systemd-tmpfiles --create /usr/lib/tmpfiles.d/guichet.conf
say 'users guichet-view and guichet-screen, directories /etc/guichet and /var/lib/guichet are there'

as_root systemctl enable seatd.service guichet-screen.service kioskd.service 2>/dev/null
say 'guichet-screen and kioskd start with the machine'
if [ -d /run/systemd/system ]; then
	as_root systemctl daemon-reload
	as_root udevadm control --reload
	as_root udevadm trigger --subsystem-match=gpio
	as_root sysctl -q -e -p /usr/lib/sysctl.d/70-guichet.conf
	as_root systemctl try-restart guichet-screen.service kioskd.service
fi

say 'next:'
step=0
next() { step=$((step + 1)); printf '   %d. %s\n' $step "$*"; }
if ! as_root test -e /etc/guichet/site.toml; then
	next 'set the kiosk up with a stick: docs/site.md. /usr/share/guichet/factory.toml says how the reference board is wired'
	next 'or by hand: cp /usr/share/guichet/example-site.toml /etc/guichet/site.toml, and say in it how this one is wired'
	next '/usr/lib/guichet/kioskd hw check tries each of them with you, while kioskd does not run'
fi
if systemctl is-enabled -q display-manager.service 2>/dev/null; then
	next 'systemctl disable display-manager.service, since this machine starts a desktop on its screen'
fi
next 'reboot; afterwards "journalctl -u kioskd" tells how it started'
