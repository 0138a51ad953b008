package mfrc522

import (
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw/badge"
)

// FuzzStatus lets the registers of an exchange say anything: the driver comes
// back in time, with an error or an answer that keeps what badge.PCD promises.
func FuzzStatus(f *testing.F) {
	f.Add(uint16(1), []byte{irqTx | irqRx, 0, 2, 0, 0x20, 4, 0})
	f.Add(uint16(5), []byte{irqTx, errParity, 2, 7, 0x20, irqTx | irqRx | irqErr, errCollision, 64, 3, 0x1F})
	f.Add(uint16(200), []byte{0, 0, 20, 0, 0, irqTx, 0, 0, 0, 0})
	f.Add(uint16(256), []byte{0x7F, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, n uint16, noise []byte) {
		synctest.Test(t, func(t *testing.T) {
			chip := newFake()
			c := opened(t, chip, Config{})
			chip.noise = noise
			begin := time.Now()
			a, err := c.Transceive(t.Context(), badge.Frame{Data: make([]byte, n%257), CRC: true, Wait: 10 * time.Millisecond})
			if d := time.Since(begin); d > 300*time.Millisecond {
				t.Errorf("came back after %v", d)
			}
			switch {
			case err != nil && (a.Data != nil || a.LastBits != 0 || a.Collision != 0):
				t.Errorf("%+v with %v", a, err)
			case err == nil && (len(a.Data) > maxData || a.LastBits < 0 || a.LastBits > 7 || a.Collision < 0 || a.Collision > 32):
				t.Errorf("%+v", a)
			case err == nil && len(a.Data) == 0 && a.Collision == 0:
				t.Error("an empty answer")
			}
		})
	})
}
