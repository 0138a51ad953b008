package fat

import (
	"encoding/binary"
	"maps"
	"slices"
)

// link writes values of clusters into every table, sector by sector, and waits
// until they are there.
func (w *writing) link(changes map[uint32]uint32) error {
	order := slices.Sorted(maps.Keys(changes))
	for table := range w.fats {
		at := w.fat + int64(table)*w.fatSize
		sectors := map[int64][]byte{} // by their place in the table
		for _, c := range order {
			if err := w.change(at, sectors, c, changes[c]); err != nil {
				return err
			}
		}
		for _, s := range slices.Sorted(maps.Keys(sectors)) {
			if err := w.put(sectors[s], at+s); err != nil {
				return err
			}
		}
		if err := w.sync(); err != nil {
			return err
		}
	}
	return nil
}

// change writes one value into the sectors at hand. One of FAT12 may stand in two.
func (w *writing) change(table int64, sectors map[int64][]byte, cluster, value uint32) error {
	place := int64(cluster) * int64(w.bits) / 8
	for i := range int64(w.bits+7) / 8 {
		s := (place + i) / block * block
		if sectors[s] == nil {
			sectors[s] = make([]byte, block)
			if err := w.read(sectors[s], table+s); err != nil {
				return err
			}
		}
		b := &sectors[s][(place+i)%block]
		switch {
		case w.bits == 12 && cluster%2 == 0 && i == 1:
			*b = *b&0xf0 | byte(value>>8)&0x0f
		case w.bits == 12 && cluster%2 == 1 && i == 0:
			*b = *b&0x0f | byte(value<<4)
		case w.bits == 12 && cluster%2 == 1:
			*b = byte(value >> 4)
		case w.bits == 32 && i == 3:
			*b = *b&0xf0 | byte(value>>24)&0x0f // the upper four bits are not ours
		default:
			*b = byte(value >> (8 * i))
		}
	}
	return nil
}

// account corrects FAT32's count of free clusters. It is a hint, so it comes
// last, and one that cannot be right stays as it is.
func (w *writing) account() error {
	if w.info == 0 || w.taken == 0 {
		return nil
	}
	s := make([]byte, block)
	if err := w.read(s, w.info); err != nil {
		return err
	}
	if string(s[:4]) != "RRaA" || string(s[484:488]) != "rrAa" {
		return nil
	}
	count := int64(binary.LittleEndian.Uint32(s[488:])) - int64(w.taken)
	if count < 0 || count > int64(w.last)-1 {
		return nil
	}
	binary.LittleEndian.PutUint32(s[488:], uint32(count))
	if err := w.put(s, w.info); err != nil {
		return err
	}
	return w.sync()
}
