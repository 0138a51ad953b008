package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// CheckMetadata refuses TUF metadata that holds null, of which it has none.
// go-tuf 2.4.2 follows the nil pointer that it makes of one among the targets,
// while it decodes: whoever hands foreign metadata to it asks here first.
func CheckMetadata(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		switch token, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("metadata is not JSON: %w", err)
		case token == nil:
			return fmt.Errorf("metadata has a null at byte %d", d.InputOffset())
		}
	}
}
