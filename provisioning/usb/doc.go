// Package usb says when something is plugged in and whether it is a stick and
// nothing else.
//
// The kernel announces devices over netlink (uevents); nothing is polled.
// Listen hands them on. Check looks at what sysfs says of a device: a USB
// device all of whose interfaces, in every configuration and alternate setting
// of its descriptors, are mass storage (08:06:50 or UAS, 08:06:62), with one
// medium, which is a disk of blocks of 512 bytes and of a size that sticks
// have, plugged in alone and directly. A stick that is a keyboard too, that
// shows a second medium or a disc, or that sits in a hub that came with it, is
// refused with a Refusal, which has a sentence for the technician.
//
// Check reads an fs.FS, sysfs in a kiosk, and opens no device. What it reads
// of a device is what the device says of itself: it keeps other kinds of
// devices away from the kernel's drivers of ours, it does not make a stick
// trustworthy. That is what provisioning/stick and provisioning/trust are for.
package usb
