package badge

import "fmt"

// Protocol control bytes (ISO/IEC 14443-4, 7.1.1), without CID and NAD, which
// a reader of one badge does not use.
const (
	pcbI        = 0x02
	pcbChaining = 0x10
	pcbAck      = 0xA2
	pcbNak      = 0xB2
	pcbDeselect = 0xC2
	pcbWTX      = 0xF2
	numberBit   = 0x01
)

// maxWTXM is the largest multiplier a PICC may ask for (ISO/IEC 14443-4, 7.3).
const maxWTXM = 59

type blockKind int

const (
	blockI blockKind = iota
	blockAck
	blockWTX
	blockDeselect
)

// block is one block from a PICC.
type block struct {
	kind   blockKind
	number byte   // of I- and R-blocks
	more   bool   // an I-block that chains
	wtxm   int    // of S(WTX)
	inf    []byte // of an I-block
}

// parseBlock reads a block from a PICC. R(NAK) is none: only a PCD sends it.
func parseBlock(data []byte) (block, error) {
	if len(data) == 0 {
		return block{}, fmt.Errorf("empty block: %w", ErrProtocol)
	}
	pcb, inf := data[0], data[1:]
	switch {
	case pcb&0xEE == pcbI:
		return block{kind: blockI, number: pcb & numberBit, more: pcb&pcbChaining != 0, inf: inf}, nil
	case pcb&^numberBit == pcbAck && len(inf) == 0:
		return block{kind: blockAck, number: pcb & numberBit}, nil
	case pcb == pcbDeselect && len(inf) == 0:
		return block{kind: blockDeselect}, nil
	case pcb == pcbWTX && len(inf) == 1:
		wtxm := int(inf[0] & 0x3F) // above it stands the power level
		if wtxm < 1 || wtxm > maxWTXM {
			return block{}, fmt.Errorf("waiting time extension outside 1 to 59: %w", ErrProtocol)
		}
		return block{kind: blockWTX, wtxm: wtxm}, nil
	default:
		return block{}, fmt.Errorf("unknown block: %w", ErrProtocol)
	}
}
