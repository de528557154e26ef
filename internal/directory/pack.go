package directory

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// packer turns values into compressed JSON and back. Directory objects repeat
// each other's names and shrink to about a tenth.
type packer struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// mostUnpacked bounds what one packed value may grow to: a page of a service
// is at most 16 MiB.
const mostUnpacked = 64 << 20

func newPacker() packer {
	// Without a stream both run in the caller's goroutine and fail on options
	// only, which are constants.
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(err)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpacked))
	if err != nil {
		panic(err)
	}
	return packer{encoder, decoder}
}

func (p packer) pack(value any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // the bytes of an answer stay as they came
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return p.encoder.EncodeAll(text.Bytes(), nil), nil
}

func (p packer) unpack(packed []byte, to any) error {
	text, err := p.decoder.DecodeAll(packed, nil)
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	return json.Unmarshal(text, to)
}

type packedItem struct {
	Owner string          `json:"o,omitempty"`
	Raw   json.RawMessage `json:"r"`
}

func packItems(items []Item) []packedItem {
	out := make([]packedItem, len(items))
	for i, item := range items {
		out[i] = packedItem(item)
	}
	return out
}

// sharer keeps one copy of what many accounts have in common.
type sharer struct {
	protocols map[Protocols]*Protocols
	words     map[string]string
}

func newSharer() sharer { return sharer{map[Protocols]*Protocols{}, map[string]string{}} }

func (s sharer) account(a Account) Account {
	a.KindFrom, a.UserType, a.Department.Value = s.word(a.KindFrom), s.word(a.UserType), s.word(a.Department.Value)
	if m := a.Mailbox.Value; m != nil && m.Protocols.Value != nil {
		if s.protocols[*m.Protocols.Value] == nil {
			s.protocols[*m.Protocols.Value] = m.Protocols.Value
		}
		m.Protocols.Value = s.protocols[*m.Protocols.Value]
	}
	return a
}

func (s sharer) word(text string) string {
	if kept, ok := s.words[text]; ok {
		return kept
	}
	s.words[text] = text
	return text
}
