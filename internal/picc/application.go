package picc

// createApplication takes AID, key settings, and number and kind of keys. Only
// AES is known, and neither ISO names nor EV2's key sets.
func (d *DESFire) createApplication(header, data []byte) ([]byte, Status) {
	aid, settings, keys := AID(header[:3]), header[3], header[4]
	switch {
	case len(data) != 0:
		return nil, LengthError
	case !d.atCard():
		return nil, PermissionDenied
	case !d.master(0x04):
		return nil, AuthenticationError
	case keys&0xF0 != 0x80 || keys&0x0F < 1 || keys&0x0F > maxKeys:
		return nil, ParameterError
	case aid == (AID{}) || d.find(aid) != nil:
		return nil, DuplicateError
	case len(d.apps) >= maxApplications:
		return nil, CountError
	case d.free() < 32:
		return nil, OutOfEEPROM
	}
	d.apps = append(d.apps, &Application{AID: aid, Settings: settings, Keys: make([]Key, keys&0x0F)})
	return nil, OperationOK
}

// deleteApplication is for the card's master key, or that of the application.
func (d *DESFire) deleteApplication(header, data []byte) ([]byte, Status) {
	aid := AID(header)
	switch own := !d.atCard() && d.selected.AID == aid; {
	case len(data) != 0:
		return nil, LengthError
	case !d.atCard() && !own:
		return nil, PermissionDenied
	case !d.authenticatedAs(0):
		return nil, AuthenticationError
	}
	for i, a := range d.apps {
		if a.AID == aid {
			d.apps = append(d.apps[:i:i], d.apps[i+1:]...)
			if d.selected == a {
				d.selected = &d.picc
			}
			return nil, OperationOK
		}
	}
	return nil, ApplicationNotFound
}

func (d *DESFire) getApplicationIDs(_, data []byte) ([]byte, Status) {
	switch {
	case len(data) != 0:
		return nil, LengthError
	case !d.atCard():
		return nil, PermissionDenied
	case !d.master(0x02):
		return nil, AuthenticationError
	}
	var out []byte
	for _, a := range d.apps {
		out = append(out, a.AID[:]...)
	}
	return out, OperationOK
}

func (d *DESFire) getKeySettings(_, data []byte) ([]byte, Status) {
	switch {
	case len(data) != 0:
		return nil, LengthError
	case !d.master(0x02):
		return nil, AuthenticationError
	case len(d.selected.Keys) == 0:
		return []byte{d.selected.Settings, 0x01}, OperationOK // one key of DES
	}
	return []byte{d.selected.Settings, 0x80 | byte(len(d.selected.Keys))}, OperationOK
}

func (d *DESFire) changeKeySettings(_, data []byte) ([]byte, Status) {
	switch {
	case d.session == nil:
		return nil, AuthenticationError
	case len(data) != 1:
		return nil, LengthError
	case d.selected.Settings&0x08 == 0:
		return nil, PermissionDenied
	case !d.authenticatedAs(0):
		return nil, AuthenticationError
	}
	d.selected.Settings = data[0]
	return nil, OperationOK
}

func (d *DESFire) getKeyVersion(header, data []byte) ([]byte, Status) {
	no := header[0]
	switch {
	case len(data) != 0:
		return nil, LengthError
	case d.atCard() && len(d.picc.Keys) == 0 && no == 0:
		return []byte{0x00}, OperationOK
	case int(no) >= len(d.selected.Keys):
		return nil, NoSuchKey
	}
	return []byte{d.selected.Keys[no].Version}, OperationOK
}

// changeKeyOrder says how ChangeKey's data look: the new key and its version;
// for a key other than that of the session the new one is combined with the
// old, and its own checksum follows.
func (d *DESFire) changeKeyOrder(data []byte) (order, Status) {
	if len(data) < 1 {
		return order{}, LengthError
	}
	no := data[0] & 0x3F
	if !d.atCard() {
		no = data[0]
	}
	own := d.authenticatedAs(no)
	after := 4
	if own {
		after = 0
	}
	return order{header: 1, mode: Full, length: 17, after: after, data: true, ends: own,
		run: func(_, plain []byte) ([]byte, Status) { return d.changeKey(no, own, plain) }}, OperationOK
}

func (d *DESFire) changeKey(no byte, own bool, plain []byte) ([]byte, Status) {
	switch {
	case d.session == nil:
		return nil, AuthenticationError
	case int(no) >= len(d.selected.Keys):
		return nil, NoSuchKey
	case !d.mayChange(no):
		return nil, PermissionDenied
	case own && len(plain) != 17, !own && len(plain) != 21:
		return nil, LengthError
	}
	key := Key{Value: [16]byte(plain), Version: plain[16]}
	if !own {
		for i, b := range d.selected.Keys[no].Value {
			key.Value[i] ^= b
		}
		if string(crc32D(key.Value[:])) != string(plain[17:]) {
			return nil, IntegrityError
		}
	}
	d.selected.Keys[no] = key
	return nil, OperationOK
}

// mayChange reads the key settings: the master key changes itself where bit 0
// allows it; others by the key in the high half, by themselves for 0E, never
// for 0F.
func (d *DESFire) mayChange(no byte) bool {
	if no == 0 {
		return d.authenticatedAs(0) && d.selected.Settings&0x01 != 0
	}
	switch by := d.selected.Settings >> 4; by {
	case 0x0E:
		return d.authenticatedAs(no)
	case 0x0F:
		return false
	default:
		return d.authenticatedAs(by)
	}
}
