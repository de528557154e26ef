package rule

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxForms bounds how many texts one value of a rule may stand for.
const maxForms = 4096

// The characters that windash takes for each other, as the specification 2.1
// lists them: hyphen, slash, en dash, em dash, horizontal bar.
var dashes = []string{"-", "/", "\u2013", "\u2014", "\u2015"}

// wildDash is the wildcard that stands for any of the dashes.
const wildDash = '-'

// forms gives the patterns that a text stands for after windash, the encoding
// and base64, in this order. fault says why there are none.
func (m *modifiers) forms(p pattern) (list []pattern, fault string) {
	if m.encoding == "" && m.base64 == "" {
		if m.windash {
			p = p.windash()
		}
		return []pattern{p}, ""
	}
	text, plain := p.plain()
	if !plain && m.base64 != "" {
		return nil, fmt.Sprintf("the modifier %q cannot encode a wildcard: write \\* or \\? for the characters themselves", m.base64)
	}
	if m.base64 == "" {
		return m.encoded(p)
	}
	texts := []string{text}
	if m.windash {
		if texts, fault = dashed(text); fault != "" {
			return nil, fault
		}
	}
	for _, t := range texts {
		encoded, fault := m.encode(t)
		if fault != "" {
			return nil, fault
		}
		for _, e := range encoded {
			list = append(list, plainPattern(e))
		}
	}
	return list, ""
}

// encoded applies the encoding to the plain parts of a pattern. It works only
// where the bytes are a text again.
func (m *modifiers) encoded(p pattern) (list []pattern, fault string) {
	if m.windash {
		p = p.windash()
	}
	out := pattern{}
	for _, part := range p {
		if part.wild == wildDash {
			return nil, fmt.Sprintf("the modifiers \"windash\" and %q work together only with base64 or base64offset", m.encoding)
		}
		if part.wild == 0 {
			part.text = string(encodeUTF16(part.text, m.encoding))
		}
		if !utf8.ValidString(part.text) {
			return nil, fmt.Sprintf("%q in %s holds bytes that no text has: add base64 or base64offset", p.String(), m.encoding)
		}
		out = append(out, part)
	}
	return []pattern{out}, ""
}

// encode gives the base64 texts of one text.
func (m *modifiers) encode(text string) (list []string, fault string) {
	data := []byte(text)
	if m.encoding != "" {
		data = encodeUTF16(text, m.encoding)
	}
	if m.base64 == "base64" {
		return []string{base64.StdEncoding.EncodeToString(data)}, ""
	}
	if len(data) < 2 {
		return nil, fmt.Sprintf("%q is too short for base64offset: one byte leaves no trace at some offsets", text)
	}
	for offset := range 3 {
		list = append(list, base64At(data, offset))
	}
	return list, ""
}

// base64At gives the characters that depend on data alone when it stands
// offset bytes after a multiple of three within a longer text.
func base64At(data []byte, offset int) string {
	all := base64.StdEncoding.EncodeToString(append(make([]byte, offset), data...))
	from := (8*offset + 5) / 6
	to := 8 * (offset + len(data)) / 6
	return all[from:to]
}

// encodeUTF16 encodes as utf16le (wide), utf16be, or utf16, which is
// little-endian after a byte order mark.
func encodeUTF16(text, encoding string) []byte {
	order := binary.ByteOrder(binary.LittleEndian)
	var out []byte
	switch encoding {
	case "utf16be":
		order = binary.BigEndian
	case "utf16":
		out = []byte{0xff, 0xfe}
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		at := len(out)
		out = append(out, 0, 0)
		order.PutUint16(out[at:], unit)
	}
	return out
}

// windash puts the dash wildcard in place of every dash that begins a word:
// before it no letter, digit or _, after it one.
func (p pattern) windash() pattern {
	var out pattern
	for _, piece := range p {
		if piece.wild != 0 {
			out = append(out, piece)
			continue
		}
		from := 0
		for _, at := range dashesIn(piece.text) {
			if at.from > from {
				out = append(out, part{text: piece.text[from:at.from]})
			}
			out = append(out, part{wild: wildDash})
			from = at.to
		}
		if from < len(piece.text) {
			out = append(out, part{text: piece.text[from:]})
		}
	}
	return out
}

// span is a piece of a text, in bytes.
type span struct{ from, to int }

// dashesIn finds the dashes that windash exchanges.
func dashesIn(text string) []span {
	var list []span
	before := ' '
	for i, r := range text {
		to := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, n := utf8.DecodeRuneInString(text[i:])
			to = i + n
		}
		after, _ := utf8.DecodeRuneInString(text[to:])
		if isDash(r) && !isWord(before) && to < len(text) && isWord(after) {
			list = append(list, span{i, to})
		}
		before = r
	}
	return list
}

func isDash(r rune) bool {
	return r == '-' || r == '/' || '\u2013' <= r && r <= '\u2015'
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// dashed lists a text with each of its dashes in every form.
func dashed(text string) (list []string, fault string) {
	list, from := []string{""}, 0
	for _, at := range append(dashesIn(text), span{len(text), len(text)}) {
		for i := range list {
			list[i] += text[from:at.from]
		}
		from = at.to
		if at.from == len(text) {
			break
		}
		if len(list)*len(dashes) > maxForms {
			return nil, fmt.Sprintf("windash makes more than %d texts of %q: write a search for each part", maxForms, text)
		}
		var next []string
		for _, head := range list {
			for _, d := range dashes {
				next = append(next, head+d)
			}
		}
		list = next
	}
	return list, ""
}

// plain is the text of a pattern without wildcards.
func (p pattern) plain() (text string, ok bool) {
	var b strings.Builder
	for _, part := range p {
		if part.wild != 0 {
			return "", false
		}
		b.WriteString(part.text)
	}
	return b.String(), true
}

// String writes the pattern for messages.
func (p pattern) String() string {
	var b strings.Builder
	for _, part := range p {
		if part.wild != 0 {
			b.WriteByte(part.wild)
		}
		b.WriteString(part.text)
	}
	return b.String()
}
