// Package firmware is what turns a stock Debian or Raspberry Pi OS machine
// into a kiosk: systemd units, users, rules and settings, which make install
// copies to where files.txt says. Its tests hold them against systemd's own
// tools.
//
// It has no code to import.
package firmware
