package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Encodings of text, as UTF8 names them.
const (
	EncodingUTF8    = "utf-8"
	EncodingUTF16LE = "utf-16le"
	EncodingUTF16BE = "utf-16be"
)

// UTF8 makes UTF-8 of an input: it takes a UTF-8 byte order mark off and
// converts UTF-16, told by its byte order mark or by a NUL in every other of
// the first four bytes. It returns the encoding that it found.
//
// Half a surrogate pair and half a code unit become bytes that are not UTF-8,
// so that a record that holds them is refused and not changed in silence.
func UTF8(r io.Reader) (io.Reader, string, error) {
	h, err := peekHead(r, 4)
	if err != nil {
		return nil, "", fmt.Errorf("read: %w", err)
	}
	switch b := h.head; {
	case MarkSize(b) > 0:
		h.head = b[MarkSize(b):]
		return h, EncodingUTF8, nil
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		h.head = b[2:]
		return &utf16Reader{r: h, order: binary.LittleEndian}, EncodingUTF16LE, nil
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		h.head = b[2:]
		return &utf16Reader{r: h, order: binary.BigEndian}, EncodingUTF16BE, nil
	case len(b) == 4 && b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return &utf16Reader{r: h, order: binary.LittleEndian}, EncodingUTF16LE, nil
	case len(b) == 4 && b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		return &utf16Reader{r: h, order: binary.BigEndian}, EncodingUTF16BE, nil
	}
	return h, EncodingUTF8, nil
}

// MarkSize is how many bytes of an input that begins so are a byte order mark
// of UTF-8, which UTF8 takes off.
func MarkSize(head []byte) int {
	const mark = "\xef\xbb\xbf"
	if bytes.HasPrefix(head, []byte(mark)) {
		return len(mark)
	}
	return 0
}

// utf16Reader converts UTF-16 to UTF-8.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [32 << 10]byte
	have  int    // bytes in in
	out   []byte // converted and not yet read
	buf   []byte
	err   error
}

// Read converts.
func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.have:])
		u.have += n
		u.err = err
		u.convert()
		if n == 0 && err == nil {
			return 0, nil
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// convert turns what has been read into UTF-8, save a last half that may
// become whole.
func (u *utf16Reader) convert() {
	u.buf = u.buf[:0]
	i := 0
	for i+2 <= u.have {
		unit := rune(u.order.Uint16(u.in[i:]))
		switch {
		case !utf16.IsSurrogate(unit):
			u.buf = utf8.AppendRune(u.buf, unit)
		case i+4 > u.have && u.err == nil && unit < 0xdc00:
			u.keep(i)
			return
		default:
			if i+4 <= u.have {
				if r := utf16.DecodeRune(unit, rune(u.order.Uint16(u.in[i+2:]))); r != utf8.RuneError {
					u.buf = utf8.AppendRune(u.buf, r)
					i += 4
					continue
				}
			}
			u.buf = append(u.buf, 0xe0|byte(unit>>12), 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
		}
		i += 2
	}
	if u.err != nil && i < u.have {
		u.buf = append(u.buf, 0xff)
		i = u.have
	}
	u.keep(i)
}

// keep hands out what was converted and moves the rest to the front.
func (u *utf16Reader) keep(from int) {
	u.have = copy(u.in[:], u.in[from:u.have])
	u.out = u.buf
}
