package control

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"image"
	"image/draw"
	"image/png"
	"sync"
)

// picture turns the screen into PNG, and encodes again only when the pixels
// have changed: comparing is some hundred times cheaper than encoding.
type picture struct {
	seed maphash.Seed

	mu   sync.Mutex // also keeps several clients from capturing at once
	tag  string
	data []byte
}

// take captures the screen and returns it with an entity tag.
func (p *picture) take(ctx context.Context, box Box) (data []byte, tag string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	img, err := box.Screen(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("capture screen: %w", err)
	}
	pixels := rgba(img)
	if tag = p.hash(pixels); tag == p.tag {
		return p.data, tag, nil
	}
	var out bytes.Buffer
	// Loopback has bandwidth to spare; the time of a frame is what counts.
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, pixels); err != nil {
		return nil, "", fmt.Errorf("encode screen: %w", err)
	}
	p.tag, p.data = tag, out.Bytes()
	return p.data, p.tag, nil
}

func (p *picture) hash(m *image.RGBA) string {
	var h maphash.Hash
	h.SetSeed(p.seed)
	var size [16]byte
	binary.LittleEndian.PutUint64(size[:8], uint64(m.Rect.Dx()))
	binary.LittleEndian.PutUint64(size[8:], uint64(m.Rect.Dy()))
	_, _ = h.Write(size[:]) // a hash's Write never fails
	_, _ = h.Write(m.Pix)
	return fmt.Sprintf(`"%016x"`, h.Sum64())
}

// rgba returns the image itself where it can be hashed as it is.
func rgba(img image.Image) *image.RGBA {
	if m, ok := img.(*image.RGBA); ok && m.Stride == 4*m.Rect.Dx() {
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(m, m.Rect, img, img.Bounds().Min, draw.Src)
	return m
}
