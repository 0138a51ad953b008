package picc

// Commands of MIFARE DESFire that work on keys, applications and the card.
const (
	cmdGetVersion        = 0x60
	cmdAdditionalFrame   = 0xAF
	cmdGetCardUID        = 0x51
	cmdFormatPICC        = 0xFC
	cmdSetConfiguration  = 0x5C
	cmdSelectApplication = 0x5A
	cmdCreateApplication = 0xCA
	cmdDeleteApplication = 0xDA
	cmdGetApplicationIDs = 0x6A
	cmdGetKeySettings    = 0x45
	cmdChangeKeySettings = 0x54
	cmdGetKeyVersion     = 0x64
	cmdChangeKey         = 0xC4
	cmdFreeMem           = 0x6E
	cmdGetFileIDs        = 0x6F
	cmdGetFileSettings   = 0xF5
	cmdCreateStdDataFile = 0xCD
	cmdDeleteFile        = 0xDF
	cmdReadData          = 0xBD
	cmdReadDataISO       = 0xAD
	cmdWriteData         = 0x3D
	cmdWriteDataISO      = 0x8D
)

// order is a command understood: what it does once its data are opened.
type order struct {
	header int  // bytes before the data
	mode   Comm // of an EV2 session; EV1 has Plain for MACed, which it means
	length int  // of data sent in full
	after  int
	data   bool // it carries data that its mode protects in EV1 too
	ends   bool // the session is over with it
	run    func(header, data []byte) ([]byte, Status)
}

// command runs one command, or goes on with the last.
func (d *DESFire) command(ins byte, data []byte) ([]byte, Status) {
	if pending := d.pending; pending != nil {
		d.pending = nil
		if ins != cmdAdditionalFrame {
			d.session = nil
			return nil, CommandAborted
		}
		return d.judged(pending(data))
	}
	switch {
	case ins == cmdAuthenticateAES, ins == cmdAuthenticateEV2First && d.content.Generation == EV2:
		return d.authenticate(ins, data)
	case ins == cmdSelectApplication:
		return d.selectApplication(data)
	case ins == cmdWriteData || ins == cmdWriteDataISO:
		return d.judged(d.collect(ins, data))
	}
	return d.judged(d.execute(ins, data))
}

// judged ends the session with any error.
func (d *DESFire) judged(out []byte, s Status) ([]byte, Status) {
	if s != OperationOK && s != AdditionalFrame {
		d.session = nil
	}
	return out, s
}

// execute opens a whole command, runs it and seals the answer.
func (d *DESFire) execute(ins byte, data []byte) ([]byte, Status) {
	o, s := d.order(ins, data)
	if s != OperationOK {
		return nil, s
	}
	if len(data) < o.header {
		return nil, LengthError
	}
	header, body := data[:o.header], data[o.header:]
	if d.session == nil {
		out, s := o.run(header, body)
		return d.send(ins, out, s)
	}
	d.took += d.content.Delays.Messaging
	r := request{ins: ins, header: header, body: body, mode: o.mode, length: o.length, after: o.after}
	if _, old := d.session.(*ev1); old && !o.data {
		r.mode = Plain
	}
	body, s = d.session.open(r)
	if s != OperationOK {
		return nil, s
	}
	out, s := o.run(header, body)
	if s != OperationOK || o.ends {
		d.session = nil
		return out, s
	}
	return d.send(ins, d.session.seal(s, out, o.mode), s)
}

// send gives an answer frame by frame where it is too long for one.
func (d *DESFire) send(ins byte, out []byte, s Status) ([]byte, Status) {
	switch ins {
	case cmdGetVersion:
		return d.frames(out, s, 7, 7, len(out))
	case cmdReadDataISO:
		return out, s // ISO/IEC 14443-4 chains
	default:
		return d.frames(out, s, frameData)
	}
}

// frames cuts an answer into frames of those sizes, the last one repeated.
func (d *DESFire) frames(out []byte, s Status, sizes ...int) ([]byte, Status) {
	n := sizes[0]
	if s != OperationOK || len(out) <= n {
		return out, s
	}
	if len(sizes) > 1 {
		sizes = sizes[1:]
	}
	d.pending = func(more []byte) ([]byte, Status) {
		if len(more) != 0 {
			return nil, LengthError
		}
		return d.frames(out[n:], s, sizes...)
	}
	return out[:n], AdditionalFrame
}

// order looks a command up.
func (d *DESFire) order(ins byte, data []byte) (order, Status) {
	switch ins {
	case cmdGetVersion:
		return order{mode: MACed, run: d.getVersion}, OperationOK
	case cmdGetCardUID:
		return order{mode: Full, run: d.getCardUID}, OperationOK
	case cmdFormatPICC:
		return order{mode: MACed, run: d.formatPICC}, OperationOK
	case cmdSetConfiguration:
		return order{header: 1, mode: Full, length: 1, data: true, run: d.setConfiguration}, OperationOK
	case cmdCreateApplication:
		return order{header: 5, mode: MACed, run: d.createApplication}, OperationOK
	case cmdDeleteApplication:
		return order{header: 3, mode: MACed, ends: !d.atCard(), run: d.deleteApplication}, OperationOK
	case cmdGetApplicationIDs:
		return order{mode: MACed, run: d.getApplicationIDs}, OperationOK
	case cmdGetKeySettings:
		return order{mode: MACed, run: d.getKeySettings}, OperationOK
	case cmdChangeKeySettings:
		return order{mode: Full, length: 1, data: true, run: d.changeKeySettings}, OperationOK
	case cmdGetKeyVersion:
		return order{header: 1, mode: MACed, run: d.getKeyVersion}, OperationOK
	case cmdChangeKey:
		return d.changeKeyOrder(data)
	case cmdFreeMem:
		return order{mode: MACed, run: d.freeMem}, OperationOK
	case cmdGetFileIDs:
		return order{mode: MACed, run: d.getFileIDs}, OperationOK
	case cmdGetFileSettings:
		return order{header: 1, mode: MACed, run: d.getFileSettings}, OperationOK
	case cmdCreateStdDataFile:
		return order{header: 7, mode: MACed, run: d.createStdDataFile}, OperationOK
	case cmdDeleteFile:
		return order{header: 1, mode: MACed, run: d.deleteFile}, OperationOK
	case cmdReadData, cmdReadDataISO, cmdWriteData, cmdWriteDataISO:
		return d.dataOrder(ins, data)
	}
	return order{}, IllegalCommand
}

// authenticatedAs says whether the session is of that key.
func (d *DESFire) authenticatedAs(no byte) bool { return d.session != nil && d.session.key() == no }

func (d *DESFire) atCard() bool { return d.selected == &d.picc }

// master says whether a command that the settings may leave to everybody is
// allowed.
func (d *DESFire) master(free byte) bool {
	return d.selected.Settings&free != 0 || d.authenticatedAs(0)
}

func (d *DESFire) selectApplication(data []byte) ([]byte, Status) {
	d.session = nil
	if len(data) != 3 {
		return nil, LengthError
	}
	aid := AID(data)
	if aid == (AID{}) {
		d.selected = &d.picc
		return nil, OperationOK
	}
	if a := d.find(aid); a != nil {
		d.selected = a
		return nil, OperationOK
	}
	return nil, ApplicationNotFound
}

// getVersion answers in three frames: hardware, software, production. The
// numbers are those that EV1 and EV2 cards of 8 kB show.
func (d *DESFire) getVersion(_, data []byte) ([]byte, Status) {
	if len(data) != 0 {
		return nil, LengthError
	}
	out := []byte{0x04, 0x01, 0x01, 0x12, 0x00, 0x1A, 0x05, 0x04, 0x01, 0x01, 0x02, 0x01, 0x1A, 0x05}
	if d.content.Generation == EV1 {
		out = []byte{0x04, 0x01, 0x01, 0x01, 0x00, 0x1A, 0x05, 0x04, 0x01, 0x01, 0x01, 0x04, 0x1A, 0x05}
	}
	uid := make([]byte, 7)
	if !d.randomUID {
		copy(uid, d.content.UID)
	}
	return append(append(out, uid...), 0xBA, 0x65, 0x43, 0x21, 0x50, 0x12, 0x24), OperationOK
}

func (d *DESFire) getCardUID(_, data []byte) ([]byte, Status) {
	switch {
	case d.session == nil:
		return nil, AuthenticationError
	case len(data) != 0:
		return nil, LengthError
	}
	return append([]byte(nil), d.content.UID...), OperationOK
}

func (d *DESFire) formatPICC(_, data []byte) ([]byte, Status) {
	switch {
	case len(data) != 0:
		return nil, LengthError
	case !d.atCard():
		return nil, PermissionDenied
	case !d.authenticatedAs(0):
		return nil, AuthenticationError
	}
	d.apps = nil
	return nil, OperationOK
}

// setConfiguration knows option 0: bit 1 is random UID, which stays for good.
func (d *DESFire) setConfiguration(header, data []byte) ([]byte, Status) {
	switch {
	case !d.atCard():
		return nil, PermissionDenied
	case !d.authenticatedAs(0):
		return nil, AuthenticationError
	case header[0] != 0 || len(data) != 1 || data[0]&^0x02 != 0:
		return nil, ParameterError
	}
	d.randomUID = d.randomUID || data[0]&0x02 != 0
	return nil, OperationOK
}

func (d *DESFire) freeMem(_, data []byte) ([]byte, Status) {
	if len(data) != 0 {
		return nil, LengthError
	}
	n := d.free()
	return []byte{byte(n), byte(n >> 8), byte(n >> 16)}, OperationOK
}
