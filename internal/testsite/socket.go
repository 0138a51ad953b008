package testsite

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
)

// WebSocket takes the connection of a request over and answers it as RFC 6455
// wants it. The caller closes it; what the browser sends comes by the reader.
func WebSocket(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.Reader, error) {
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("open WebSocket: %w", err)
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + magic))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	return conn, buffered.Reader, nil
}
