// Package mfrc522 drives NXP's MFRC522, the reader chip of the badge reader,
// on an SPI port of periph.io: it sends and receives the frames of ISO/IEC
// 14443 type A at 106 kbit/s and knows nothing of what is in them. It is a
// badge.PCD. Sections named in comments are those of the chip's data sheet,
// rev. 3.9 of 27 April 2016.
//
// It may be imported by the package that opens the board and by tests.
//
// # Caveats
//
// An absent chip, one with a loose wire and one that was reset by a dip of its
// supply all look like an empty field, and a bit that flips on the bus may
// leave a chip deaf. So every exchange reads all settings back, in the same
// transaction as the answer; when one is not what was written, the answer is
// hw.ErrGone, and the next Field sets the chip up anew.
//
// The chip puts no time stamp on an answer and Linux is not punctual: an
// answer that begins within the frame's waiting time is told from a late one
// by the chip's own timer, never by the clock of this computer.
package mfrc522
