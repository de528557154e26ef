package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"
)

// units writes code units as bytes.
func units(order binary.AppendByteOrder, text string, more ...uint16) string {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(text)), more...) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestUTF8(t *testing.T) {
	text := strings.Repeat("{\"a\":\"å€😀\"}\n", 9000)
	le, be := binary.LittleEndian, binary.BigEndian
	tests := []struct{ name, in, want, how string }{
		{"UTF-8", text, text, "utf-8"},
		{"nothing", "", "", "utf-8"},
		{"one byte", "5", "5", "utf-8"},
		{"UTF-8 with a mark", "\ufeff" + text, text, "utf-8"},
		{"a mark alone", "\ufeff", "", "utf-8"},
		{"UTF-16LE with a mark", units(le, "\ufeff"+text), text, "utf-16le"},
		{"UTF-16BE with a mark", units(be, "\ufeff"+text), text, "utf-16be"},
		{"UTF-16LE", units(le, text), text, "utf-16le"},
		{"UTF-16BE", units(be, text), text, "utf-16be"},
		{"UTF-16 mark alone", "\xff\xfe", "", "utf-16le"},
		{"NUL bytes", "\x00\x00\x00\x00", "\x00\x00\x00\x00", "utf-8"},
		{"first half of a pair", units(le, "\ufeffa", 0xd83d, 'b'), "a\xed\xa0\xbdb", "utf-16le"},
		{"first half at the end", units(be, "\ufeffa", 0xd83d), "a\xed\xa0\xbd", "utf-16be"},
		{"second half of a pair", units(le, "\ufeff", 0xde00), "\xed\xb8\x80", "utf-16le"},
		{"two first halves and a second", units(le, "\ufeff", 0xd83d, 0xd83d, 0xde00), "\xed\xa0\xbd😀", "utf-16le"},
		{"half a unit at the end", units(le, "\ufeffa") + "b", "a\xff", "utf-16le"},
	}
	for _, tt := range tests {
		for _, one := range []bool{false, true} {
			in := io.Reader(strings.NewReader(tt.in))
			if one {
				in = iotest.OneByteReader(in)
			}
			r, how, err := UTF8(in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != tt.want || how != tt.how {
				t.Errorf("%s: %.20q (%d bytes), %s, %v, want %.20q, %s", tt.name, got, len(got), how, err, tt.want, tt.how)
			}
		}
	}
}

func TestUTF8ReadError(t *testing.T) {
	boom := errors.New("boom")
	if _, _, err := UTF8(iotest.ErrReader(boom)); !errors.Is(err, boom) {
		t.Errorf("%v, want %v", err, boom)
	}
	r, _, err := UTF8(io.MultiReader(strings.NewReader(units(binary.LittleEndian, "\ufeffab")), iotest.ErrReader(boom)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "ab" || !errors.Is(err, boom) {
		t.Errorf("%q, %v, want ab and %v", got, err, boom)
	}
}

// FuzzUTF8 converts there and back: valid UTF-16 comes out as the same text,
// and other UTF-16 as something that is not UTF-8.
func FuzzUTF8(f *testing.F) {
	f.Add([]byte(units(binary.LittleEndian, "{\"a\":\"å😀\"}")))
	f.Add([]byte(units(binary.BigEndian, "x", 0xd83d, 0xd83d)))
	f.Add([]byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if r, _, err := UTF8(bytes.NewReader(in)); err != nil {
			t.Fatal(err)
		} else if _, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			mark := make([]byte, 2)
			order.PutUint16(mark, 0xfeff)
			r, _, err := UTF8(iotest.HalfReader(io.MultiReader(bytes.NewReader(mark), bytes.NewReader(in))))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			var want []uint16
			for i := 0; i+1 < len(in); i += 2 {
				want = append(want, order.Uint16(in[i:]))
			}
			runes := utf16.Decode(want)
			back := utf16.Encode(runes)
			valid := len(in)%2 == 0 && string(units(binary.BigEndian, "", back...)) == string(units(binary.BigEndian, "", want...))
			if valid != utf8.Valid(got) || valid && string(got) != string(runes) {
				t.Fatalf("%x became %q, want %q (valid %v)", in, got, string(runes), valid)
			}
		}
	})
}
