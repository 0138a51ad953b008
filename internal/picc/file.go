package picc

// le24 reads a length of three bytes.
func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (d *DESFire) getFileIDs(_, data []byte) ([]byte, Status) {
	switch {
	case len(data) != 0:
		return nil, LengthError
	case d.atCard():
		return nil, PermissionDenied
	case !d.master(0x02):
		return nil, AuthenticationError
	}
	var out []byte
	for _, f := range d.selected.Files {
		out = append(out, f.No)
	}
	return out, OperationOK
}

func (d *DESFire) getFileSettings(header, data []byte) ([]byte, Status) {
	switch f := d.selected.file(header[0]); {
	case len(data) != 0:
		return nil, LengthError
	case d.atCard():
		return nil, PermissionDenied
	case !d.master(0x02):
		return nil, AuthenticationError
	case f == nil:
		return nil, FileNotFound
	default:
		n, r := len(f.Data), f.Rights
		return []byte{0x00, byte(f.Comm), r.ReadWrite<<4 | r.Change, r.Read<<4 | r.Write,
			byte(n), byte(n >> 8), byte(n >> 16)}, OperationOK
	}
}

// createStdDataFile takes number, communication mode, rights and size.
func (d *DESFire) createStdDataFile(header, data []byte) ([]byte, Status) {
	f := File{No: header[0], Comm: Comm(header[1]), Rights: Rights{
		ReadWrite: header[2] >> 4, Change: header[2] & 0x0F, Read: header[3] >> 4, Write: header[3] & 0x0F}}
	size := le24(header[4:])
	switch {
	case len(data) != 0:
		return nil, LengthError
	case d.atCard():
		return nil, PermissionDenied
	case !d.master(0x04):
		return nil, AuthenticationError
	case f.No > maxFileNo || size == 0 || f.Comm != Plain && f.Comm != MACed && f.Comm != Full || !d.keysExist(f.Rights):
		return nil, ParameterError
	case d.selected.file(f.No) != nil:
		return nil, DuplicateError
	case (size+31)/32*32 > d.free():
		return nil, OutOfEEPROM
	}
	f.Data = make([]byte, size)
	d.selected.Files = append(d.selected.Files, f)
	return nil, OperationOK
}

func (d *DESFire) keysExist(r Rights) bool {
	for _, no := range []byte{r.Read, r.Write, r.ReadWrite, r.Change} {
		if no < 0x0E && int(no) >= len(d.selected.Keys) {
			return false
		}
	}
	return true
}

func (d *DESFire) deleteFile(header, data []byte) ([]byte, Status) {
	switch {
	case len(data) != 0:
		return nil, LengthError
	case d.atCard():
		return nil, PermissionDenied
	case !d.master(0x04):
		return nil, AuthenticationError
	}
	for i, f := range d.selected.Files {
		if f.No == header[0] {
			d.selected.Files = append(d.selected.Files[:i:i], d.selected.Files[i+1:]...)
			return nil, OperationOK
		}
	}
	return nil, FileNotFound
}

// dataOrder checks file, rights and bounds of ReadData and WriteData, and says
// in which mode the data travel.
func (d *DESFire) dataOrder(ins byte, data []byte) (order, Status) {
	if len(data) < 7 {
		return order{}, LengthError
	}
	if d.atCard() {
		return order{}, PermissionDenied
	}
	f := d.selected.file(data[0])
	if f == nil {
		return order{}, FileNotFound
	}
	writes := ins == cmdWriteData || ins == cmdWriteDataISO
	mode, s := d.access(f, writes)
	if s != OperationOK {
		return order{}, s
	}
	offset, length := le24(data[1:]), le24(data[4:])
	if length == 0 {
		if writes {
			return order{}, ParameterError
		}
		length = len(f.Data) - offset
	}
	if length <= 0 || offset+length > len(f.Data) {
		return order{}, BoundaryError
	}
	o := order{header: 7, mode: mode, length: length, data: writes}
	o.run = func(_, body []byte) ([]byte, Status) {
		switch part := f.Data[offset : offset+length]; {
		case writes && len(body) != length, !writes && len(body) != 0:
			return nil, LengthError
		case writes:
			copy(part, body)
			return nil, OperationOK
		default:
			return append([]byte(nil), part...), OperationOK
		}
	}
	return o, OperationOK
}

// access says in which mode a file may be used: its own for who holds the key,
// plain for everybody where the right is free.
func (d *DESFire) access(f *File, writes bool) (Comm, Status) {
	right := f.Rights.Read
	if writes {
		right = f.Rights.Write
	}
	switch both := f.Rights.ReadWrite; {
	case d.session != nil && (d.session.key() == right || d.session.key() == both):
		return f.Comm, OperationOK
	case right == 0x0E || both == 0x0E:
		return Plain, OperationOK
	case right == 0x0F && both == 0x0F:
		return 0, PermissionDenied
	default:
		return 0, AuthenticationError
	}
}

// collect waits for all frames of WriteData: more data than a frame holds
// follow under AF.
func (d *DESFire) collect(ins byte, data []byte) ([]byte, Status) {
	o, s := d.order(ins, data)
	if s != OperationOK {
		return nil, s
	}
	want := o.header + o.length
	switch _, old := d.session.(*ev1); {
	case d.session == nil || o.mode == Plain:
	case o.mode == MACed:
		want += 8
	case old:
		want = o.header + (o.length+4+15)/16*16
	default:
		want = o.header + o.length/16*16 + 16 + 8
	}
	switch {
	case len(data) > want:
		return nil, LengthError
	case len(data) == want:
		return d.execute(ins, data)
	}
	d.pending = func(more []byte) ([]byte, Status) {
		if len(more) == 0 {
			return nil, LengthError
		}
		return d.collect(ins, append(append([]byte(nil), data...), more...))
	}
	return nil, AdditionalFrame
}
