package mfrc522sim_test

import (
	"context"
	"fmt"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// A personalised card on a simulated reader, and the real driver before it.
func Example() {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	defer func() { _ = chip.Close() }()
	card, err := picc.NewCard(picc.Content{
		UID: []byte{0x04, 0x78, 0x2E, 0x21, 0x80, 0x1D, 0x80},
		Applications: []picc.Application{{
			AID: picc.AID{0xF5, 0x42, 0x31}, Settings: 0x0B,
			Keys: []picc.Key{{}, {Value: [16]byte{1}}},
			Files: []picc.File{{No: 1, Comm: picc.Full, Data: []byte("bonjour"),
				Rights: picc.Rights{Read: 1, Write: 0, ReadWrite: 0x0F, Change: 0}}},
		}},
		Delays: picc.Delays{Command: 2 * time.Millisecond, Authenticate: 5 * time.Millisecond},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	chip.Place(card)

	driver, err := mfrc522.Open(context.Background(), chip.Port(), mfrc522.Config{Reset: chip.NRSTPD(), Interrupt: chip.IRQ()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = driver.Close() }()
	if err := driver.Field(context.Background(), true); err != nil {
		fmt.Println(err)
		return
	}
	p, err := badge.Activate(context.Background(), driver)
	fmt.Printf("UID of %d bytes, ISO/IEC 14443-4 %v, %v\n", len(p.UID), p.Speaks4(), err)
	// Output: UID of 7 bytes, ISO/IEC 14443-4 true, <nil>
}
