// Package stick reads what an administrator put on a USB stick, and writes a
// kiosk's file to it. Nothing is ever mounted.
//
// All that comes from a stick is taken apart by provisioning/stick/fat in a
// child: this program once more, without a name it could open, a network it
// could reach, a process it could start, or a privilege; with 20 s and 64 MiB.
// It has the device, opened for reading, and a pipe. What it says on the pipe
// is an attacker's word too, and is checked here once more. Files are copied
// before anybody looks into them: what a stick answers the second time does
// not matter.
//
// main calls Child first of all, see there. The kiosk's loop and the bench use
// a Reader; an image of a disk goes the same way as a device. Only on Linux.
package stick
