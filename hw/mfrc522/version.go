package mfrc522

import "fmt"

// Version is the content of VersionReg, section 9.3.4.8. The chip's makers
// give no other name to tell their parts apart.
type Version byte

// Versions that are known. Those of other makers are what such chips were seen
// to answer; no data sheet names them.
const (
	Version1         Version = 0x91 // NXP MFRC522 version 1.0
	Version2         Version = 0x92 // NXP MFRC522 version 2.0
	VersionPhilips   Version = 0x90 // Philips MFRC522 version 0.0, of 2005
	VersionFM17522   Version = 0x88 // Fudan FM17522, made to be a replacement
	VersionFM17522E  Version = 0x89
	VersionFM17522v1 Version = 0xB2
	VersionUnmarked  Version = 0x12 // sold as MFRC522; a poor receiver
)

// NXP says whether the chip is one that the data sheet describes.
func (v Version) NXP() bool { return v == Version1 || v == Version2 }

// String names the chip as a technician would look for it.
func (v Version) String() string {
	name := "unknown chip"
	switch v {
	case Version1:
		name = "NXP MFRC522 version 1.0"
	case Version2:
		name = "NXP MFRC522 version 2.0"
	case VersionPhilips:
		name = "Philips MFRC522 version 0.0"
	case VersionFM17522, VersionFM17522v1:
		name = "Fudan FM17522"
	case VersionFM17522E:
		name = "Fudan FM17522E"
	case VersionUnmarked:
		name = "imitation of an MFRC522"
	}
	return fmt.Sprintf("%s (0x%02X)", name, byte(v))
}
