// Package fat reads and writes what stands on a USB stick, as bytes: which
// partitions there are (MBR, GPT or none), what each is formatted as, and of
// FAT12, FAT16 and FAT32 the files below the folder guichet.
//
// It is pure and every byte of a stick is an attacker's. So nothing that a
// stick says about itself decides how much memory is taken: a table of
// clusters is read through a window of 64 KiB, a folder is at most 2 MiB, a
// file is handed on by the cluster, and chains are bounded by the sizes they
// serve. A read that fails is an error, never zeros. Names, counts and depths
// have Limits. What is refused is refused with a Refusal, which has a sentence
// for the technician.
//
// github.com/diskfs/go-diskfs was to do this and is the judge in the tests
// instead. Its version 1.9.4 holds a table of clusters three times in memory,
// so a large stick alone passes 64 MiB; takes no error from the device, so a
// stick that is pulled reads as zeros; reads a folder anew for each file of
// it; refuses sticks with one table of clusters or with the first folder
// elsewhere than in cluster 2; and when writing a file, writes both tables and
// the folder anew, so that a power cut can take the files of others with it.
//
// provisioning/stick runs it in a confined child; kioskctl may use it as it is.
package fat
