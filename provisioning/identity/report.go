package identity

import (
	"bytes"
	"errors"
	"fmt"

	"filippo.io/age"
	"filippo.io/age/armor"

	"guichet.example/provisioning"
	"guichet.example/provisioning/report"
)

// SealReport proves that the text is this kiosk's, and seals it to the
// organisation's age recipient, with age's armour: its last line shows that a
// file is whole.
func (i *Identity) SealReport(text []byte, recipient string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, errors.New("seal report: not a recipient of age")
	}
	public, err := provisioning.RecipientKey(recipient)
	if err != nil {
		return nil, fmt.Errorf("seal report: %w", err)
	}
	private, err := provisioning.IdentityKey(i.key.String())
	if err != nil {
		return nil, fmt.Errorf("seal report: %w", err)
	}
	proved, err := report.Prove(text, private, public)
	if err != nil {
		return nil, fmt.Errorf("seal report: %w", err)
	}
	var sealed bytes.Buffer
	armoured := armor.NewWriter(&sealed)
	w, err := age.Encrypt(armoured, to)
	if err == nil {
		_, err = w.Write(proved)
	}
	if err == nil {
		err = errors.Join(w.Close(), armoured.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("seal report: %w", err)
	}
	if sealed.Len() > provisioning.MaxReport {
		return nil, fmt.Errorf("seal report: %d bytes, more than %d", sealed.Len(), provisioning.MaxReport)
	}
	return sealed.Bytes(), nil
}
