package badge

import (
	"context"
	"errors"
	"fmt"
)

// ChangeKey replaces key number keyNo of the selected application. own is the
// number of the key of the authentication; old is the key that keyNo was,
// needed where it is another one. Changing the own key ends the
// authentication.
func (c *Card) ChangeKey(ctx context.Context, own, keyNo byte, old, fresh *Key, version byte) error {
	if err := c.changeKey(ctx, own == keyNo, keyNo, old, fresh, version); err != nil {
		c.Forget()
		return fmt.Errorf("change key: %w", err)
	}
	return nil
}

func (c *Card) changeKey(ctx context.Context, own bool, keyNo byte, old, fresh *Key, version byte) error {
	if c.session == nil {
		return errors.New("not authenticated")
	}
	sent, err := c.session.changeKey(keyNo, own, old, fresh, version)
	if err != nil {
		return err
	}
	answer, err := c.collect(ctx, cmdChangeKey, sent)
	if err != nil {
		return err
	}
	if own { // the keys of the session are void, and with them a MAC
		c.Forget()
		return nil
	}
	_, err = c.session.open(answer, CommFull)
	return err
}

// keyData is the key that is to be, masked with the old one where the card
// cannot know that the sender knows it.
func keyData(own bool, old, fresh *Key, version byte) []byte {
	data := append([]byte{}, fresh[:]...)
	if !own {
		xor(data, old[:])
	}
	return append(data, version)
}

// changeKey follows NXP AN12196, ChangeKey.
func (s *ev2) changeKey(keyNo byte, own bool, old, fresh *Key, version byte) ([]byte, error) {
	data := keyData(own, old, fresh, version)
	if !own {
		data = append(data, crc(fresh[:])...)
	}
	defer clear(data)
	return s.protect(cmdChangeKey, []byte{keyNo}, data, CommFull)
}

// changeKey sends a CRC over everything and, for another key, one over the
// new key.
func (s *ev1) changeKey(keyNo byte, own bool, old, fresh *Key, version byte) ([]byte, error) {
	data := keyData(own, old, fresh, version)
	data = append(data, crc(append([]byte{cmdChangeKey, keyNo}, data...))...)
	if !own {
		data = append(data, crc(fresh[:])...)
	}
	defer clear(data)
	return s.encryptAfter([]byte{keyNo}, data), nil
}
