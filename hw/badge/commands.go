package badge

import (
	"context"
	"errors"
	"fmt"
)

// Commands of DESFire (functional specification; NXP AN12343 for most).
const (
	cmdSelectApplication = 0x5A
	cmdCreateApplication = 0xCA
	cmdDeleteApplication = 0xDA
	cmdCreateStdDataFile = 0xCD
	cmdChangeKey         = 0xC4
	cmdGetVersion        = 0x60
	cmdGetCardUID        = 0x51
	cmdReadData          = 0xBD
	cmdWriteData         = 0x3D
)

// CommMode says how a command or a file is protected.
type CommMode byte

// The values of a file's settings.
const (
	CommPlain CommMode = 0
	CommMAC   CommMode = 1
	CommFull  CommMode = 3 // encrypted, and with a MAC or CRC
)

// AID names an application on a card, as it is sent: least significant byte
// first. 000000 is the card itself.
type AID [3]byte

// SelectApplication makes an application the one that all further commands
// are about. Authentication ends.
func (c *Card) SelectApplication(ctx context.Context, aid AID) error {
	c.Forget()
	if _, err := c.expect(ctx, cmdSelectApplication, aid[:], StatusOK, 0); err != nil {
		return fmt.Errorf("select application: %w", err)
	}
	return nil
}

// CreateApplication makes an application with keys AES keys (1 to 14), all
// zero. The card, AID 000000, has to be selected. settings says who may do
// what: SettingsOwner.
func (c *Card) CreateApplication(ctx context.Context, aid AID, settings byte, keys int) error {
	if keys < 1 || keys > 14 {
		return errors.New("create application: not 1 to 14 keys")
	}
	data := append(aid[:], settings, 0x80|byte(keys)) // 80: AES
	if _, err := c.do(ctx, cmdCreateApplication, data, nil, CommMAC); err != nil {
		return fmt.Errorf("create application: %w", err)
	}
	return nil
}

// SettingsOwner are key settings with which nothing goes without key 0, and
// key 0 can be changed by its owner.
const SettingsOwner = 0x09

// DeleteApplication removes an application; after an authentication with its
// key 0 it may be the selected one. Authentication ends: with the application
// its keys are gone, so that a MAC in the answer is not looked at.
func (c *Card) DeleteApplication(ctx context.Context, aid AID) error {
	defer c.Forget()
	sent, err := aid[:], error(nil)
	if c.session != nil {
		sent, err = c.session.protect(cmdDeleteApplication, aid[:], nil, CommMAC)
	}
	if err == nil {
		_, err = c.collect(ctx, cmdDeleteApplication, sent)
	}
	if err != nil {
		return fmt.Errorf("delete application: %w", err)
	}
	return nil
}

// Access says which key (0 to 13) may do what with a file; 14 is everybody,
// 15 nobody.
type Access struct{ Read, Write, ReadWrite, Change byte }

// CreateStdDataFile makes a file of size bytes, all zero, in the selected
// application.
func (c *Card) CreateStdDataFile(ctx context.Context, file byte, mode CommMode, access Access, size int) error {
	if size < 1 || size >= 1<<24 {
		return errors.New("create file: not 1 to 16777215 bytes")
	}
	data := []byte{
		file, byte(mode), access.ReadWrite<<4 | access.Change&0x0F, access.Read<<4 | access.Write&0x0F,
		byte(size), byte(size >> 8), byte(size >> 16),
	}
	if _, err := c.do(ctx, cmdCreateStdDataFile, data, nil, CommMAC); err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	return nil
}

// place is file, offset and length as ReadData and WriteData want them.
func place(file byte, offset, length int) ([]byte, error) {
	if offset < 0 || length < 1 || offset >= 1<<24 || length >= 1<<24 {
		return nil, errors.New("no such place in a file")
	}
	return []byte{
		file, byte(offset), byte(offset >> 8), byte(offset >> 16),
		byte(length), byte(length >> 8), byte(length >> 16),
	}, nil
}

// ReadData reads length bytes of a file in full mode, at most 512.
func (c *Card) ReadData(ctx context.Context, file byte, offset, length int) ([]byte, error) {
	header, err := place(file, offset, length)
	if err == nil && length > maxData/2 {
		err = errors.New("more than 512 bytes at once")
	}
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	data, err := c.do(ctx, cmdReadData, header, nil, CommFull, length)
	if err == nil && len(data) != length {
		err = fmt.Errorf("%d bytes instead of %d: %w", len(data), length, errMalformed)
	}
	if err != nil {
		c.Forget()
		return nil, fmt.Errorf("read file: %w", err)
	}
	return data, nil
}

// writePiece is written by one command: with padding, MAC and header it fits
// one frame of 64 bytes, under EV1's messaging as under EV2's.
const writePiece = 24

// WriteData writes a file in full mode. A card taken away in between keeps
// what came until then.
func (c *Card) WriteData(ctx context.Context, file byte, offset int, data []byte) error {
	for len(data) > 0 {
		piece := data[:min(writePiece, len(data))]
		header, err := place(file, offset, len(piece))
		if err == nil {
			_, err = c.do(ctx, cmdWriteData, header, piece, CommFull)
		}
		if err != nil {
			return fmt.Errorf("write file: %w", err)
		}
		data, offset = data[len(piece):], offset+len(piece)
	}
	return nil
}

// GetCardUID returns the UID the card was made with, also where the field
// sees a random one. It wants an authentication.
func (c *Card) GetCardUID(ctx context.Context) ([]byte, error) {
	if c.session == nil {
		return nil, errors.New("get UID: not authenticated")
	}
	data, err := c.do(ctx, cmdGetCardUID, nil, nil, CommFull, 7, 4, 10, 6, 12)
	if err == nil {
		data, err = parseUID(data)
	}
	if err != nil {
		c.Forget()
		return nil, fmt.Errorf("get UID: %w", err)
	}
	return data, nil
}

// parseUID takes 4, 7 or 10 bytes, as they are or, where they are not 7, behind
// 00 and their number.
func parseUID(data []byte) ([]byte, error) {
	if (len(data) == 6 || len(data) == 12) && data[0] == 0 && int(data[1]) == len(data)-2 {
		data = data[2:]
	}
	if len(data) != 4 && len(data) != 7 && len(data) != 10 {
		return nil, fmt.Errorf("UID has %d bytes: %w", len(data), errMalformed)
	}
	return data, nil
}

// Version is what a card says about its make.
type Version struct {
	Major, Minor byte // of the chip: 1 is EV1, 12 (hexadecimal) EV2, 33 EV3
	Storage      int  // bytes, rounded down to a power of two
	UID          []byte
}

// GetVersion asks for it. A card with random UID hides UID (zeros).
func (c *Card) GetVersion(ctx context.Context) (Version, error) {
	data, err := c.do(ctx, cmdGetVersion, nil, nil, CommMAC)
	if err == nil {
		var v Version
		if v, err = parseVersion(data); err == nil {
			return v, nil
		}
	}
	c.Forget()
	return Version{}, fmt.Errorf("get version: %w", err)
}

// parseVersion reads seven bytes of hardware, seven of software and fourteen
// of production data; the last may be one longer (EV3).
func parseVersion(data []byte) (Version, error) {
	if len(data) != 28 && len(data) != 29 {
		return Version{}, fmt.Errorf("version has %d bytes: %w", len(data), errMalformed)
	}
	if data[5] > 0x30 {
		return Version{}, fmt.Errorf("version tells an impossible storage: %w", errMalformed)
	}
	return Version{data[3], data[4], 1 << (data[5] >> 1), data[14:21]}, nil
}
