package badge

import "fmt"

// Status is the byte with which a DESFire card ends an answer.
type Status byte

// Statuses this package looks at (DESFire functional specification).
const (
	StatusOK                  Status = 0x00
	StatusMore                Status = 0xAF // additional frame
	StatusIllegalCommand      Status = 0x1C
	StatusIntegrity           Status = 0x1E
	StatusNoSuchKey           Status = 0x40
	StatusLength              Status = 0x7E
	StatusPermissionDenied    Status = 0x9D
	StatusParameter           Status = 0x9E
	StatusApplicationNotFound Status = 0xA0
	StatusAuthentication      Status = 0xAE
	StatusBoundary            Status = 0xBE
	StatusDuplicate           Status = 0xDE
	StatusFileNotFound        Status = 0xF0
)

// Error says what the card said; it never is a person's or a key's.
func (s Status) Error() string {
	switch s {
	case StatusIllegalCommand:
		return "card does not know the command"
	case StatusIntegrity:
		return "card finds a wrong checksum"
	case StatusNoSuchKey:
		return "card has no such key"
	case StatusLength:
		return "card finds a wrong length"
	case StatusPermissionDenied:
		return "card does not permit it"
	case StatusParameter:
		return "card finds a wrong parameter"
	case StatusApplicationNotFound:
		return "card has no such application"
	case StatusAuthentication:
		return "card refuses the key"
	case StatusBoundary:
		return "card finds no such place in the file"
	case StatusDuplicate:
		return "card has it already"
	case StatusFileNotFound:
		return "card has no such file"
	default:
		return fmt.Sprintf("card answers with status %02x", byte(s))
	}
}

// Is makes every status a refusal: the card understood, and said no.
func (s Status) Is(target error) bool { return target == ErrRefused }
