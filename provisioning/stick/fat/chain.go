package fat

import "encoding/binary"

// windowSize is how much of a table of clusters is in memory.
const windowSize = 64 << 10

// entry returns what the active table says of a cluster.
func (v *Volume) entry(cluster uint32) (uint32, error) {
	at := int64(cluster) * int64(v.bits) / 8
	b, err := v.tableBytes(at)
	if err != nil {
		return 0, err
	}
	switch v.bits {
	case 12:
		word := uint32(binary.LittleEndian.Uint16(b))
		if cluster%2 == 1 {
			return word >> 4, nil
		}
		return word & 0xfff, nil
	case 16:
		return uint32(binary.LittleEndian.Uint16(b)), nil
	}
	return binary.LittleEndian.Uint32(b) & 0x0fffffff, nil
}

// tableBytes returns at least what one entry is long of the table at an
// offset: four bytes, or two where the table ends.
func (v *Volume) tableBytes(at int64) ([]byte, error) {
	size := int64(2)
	if v.bits == 32 {
		size = 4
	}
	if v.windowAt < 0 || at < v.windowAt || at+size > v.windowAt+int64(len(v.window)) {
		begin := at - at%v.sector
		n := min(windowSize, v.fatSize-begin)
		if at+size > begin+n {
			return nil, refuse(Damaged, "a cluster past its table's end")
		}
		if v.window == nil {
			v.window = make([]byte, windowSize)
		}
		v.window, v.windowAt = v.window[:n], -1
		if err := v.read(v.window, v.fat+int64(v.active)*v.fatSize+begin); err != nil {
			return nil, err
		}
		v.windowAt = begin
	}
	return v.window[at-v.windowAt:], nil
}

// forget has the table read anew, after a write to it.
func (v *Volume) forget() { v.windowAt = -1 }

// ends is the lowest value that says that a chain ends.
func (v *Volume) ends() uint32 { return map[int]uint32{12: 0xff8, 16: 0xfff8, 32: 0x0ffffff8}[v.bits] }

// next returns the cluster after one, 0 at the end of the chain.
func (v *Volume) next(cluster uint32) (uint32, error) {
	n, err := v.entry(cluster)
	switch {
	case err != nil:
		return 0, err
	case n >= v.ends():
		return 0, nil
	case n < 2 || n > v.last:
		return 0, refuse(Damaged, "cluster %d leads to %d", cluster, n)
	}
	return n, nil
}

// chain is a way along the table. A chain that leads back into itself is found
// by Brent's algorithm: with a mark that is moved after 1, 2, 4, 8… steps.
type chain struct {
	v           *Volume
	at          uint32 // 0 = past the end
	mark        uint32
	steps, turn int
}

func (v *Volume) chainFrom(cluster uint32) (chain, error) {
	if cluster < 2 || cluster > v.last {
		return chain{}, refuse(Damaged, "a chain begins at cluster %d", cluster)
	}
	return chain{v: v, at: cluster, mark: cluster, turn: 1}, nil
}

func (c *chain) advance() error {
	n, err := c.v.next(c.at)
	if err != nil {
		return err
	}
	if n == c.mark {
		return refuse(Damaged, "the chain at cluster %d leads back into itself", c.at)
	}
	c.at = n
	if c.steps++; c.steps == c.turn {
		c.mark, c.turn, c.steps = n, 2*c.turn, 0
	}
	return nil
}

// offset is where a cluster begins in the volume.
func (v *Volume) offset(cluster uint32) int64 { return v.data + int64(cluster-2)*v.cluster }
