package event

import (
	"bytes"
	"encoding/binary"
	"iter"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"vakt/internal/extract"
)

// decode turns a raw value into the values of its kind. A value that is not
// of its kind is kept as text: it can still be shown and compared.
func (r *Record) decode(k kind, raw []byte) Values {
	start := len(r.list)
	switch {
	case k == asJSON:
		return r.one(raw, JSON)
	case extract.Kind(raw) != '[':
		r.appendScalar(k, raw)
	default:
		for e := range extract.Elements(raw) {
			if !extract.IsNull(e) {
				r.appendScalar(k, e)
			}
		}
	}
	return r.collected(start)
}

// appendScalar adds the forms of one value to the record's list.
func (r *Record) appendScalar(k kind, raw []byte) {
	v, ok := r.scalar(k, raw)
	if ok {
		r.list = append(r.list, v)
	}
	if k != asOperation && k != asRecordType {
		return
	}
	if other := r.otherForm(k, raw, v); other.Text != nil {
		r.list = append(r.list, other)
	}
}

// otherForm is the second form of a value that has two: an operation as
// recorded, the name of a record type; without a text where there is none.
func (r *Record) otherForm(k kind, raw []byte, v Value) Value {
	switch k {
	case asOperation:
		if recorded := r.textOf(raw); !bytes.Equal(recorded, v.Text) {
			return Value{Text: recorded}
		}
	case asRecordType:
		if number, name := recordType(r.textOf(raw)); number != nil {
			return Value{Text: name}
		}
	}
	return Value{}
}

// leaves yields the value itself, or the scalars of an array.
func leaves(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if extract.Kind(raw) != '[' {
			yield(raw)
			return
		}
		for e := range extract.Elements(raw) {
			if !extract.IsNull(e) && !yield(e) {
				return
			}
		}
	}
}

// scalar decodes one value; ok is false when it counts as absent.
func (r *Record) scalar(k kind, raw []byte) (v Value, ok bool) {
	return r.typed(k, Value{Text: r.textOf(raw), Type: typeOf(raw)})
}

// typed brings a text to the form of its kind; ok is false when it counts as
// absent.
func (r *Record) typed(k kind, v Value) (_ Value, ok bool) {
	switch k {
	case asID:
		if v.Text = r.lower(v.Text); noID(v.Text) {
			return v, false
		}
	case asNumber:
		v.Type = Number
	case asFlag:
		v.Text, v.Type = flagOf(r.lower(v.Text)), Bool
	case asAddress:
		v.Text = r.address(v.Text)
	case asActivity, asOperation:
		v.Text = r.activity(v.Text)
	case asLower:
		v.Text = r.lower(v.Text)
	case asProgress:
		v.Text = progressOf(v.Text)
	case asOutcomeDetail:
		v.Text = afterDot(v.Text)
	case asOutcome:
		v.Text = outcomeOf(v.Text)
	case asRecordType:
		if number, _ := recordType(v.Text); number != nil {
			v.Text, v.Type = number, Number
		}
	}
	return v, true
}

func typeOf(raw []byte) Type {
	switch extract.Kind(raw) {
	case '"':
		return String
	case 't', 'f':
		return Bool
	case '{', '[':
		return JSON
	}
	return Number
}

// noID says whether an id stands for "none": empty or all zero.
func noID(text []byte) bool {
	for _, c := range text {
		if c != '0' && c != '-' {
			return false
		}
	}
	return true
}

// lower folds a text to lower case, copying only where it must.
func (r *Record) lower(text []byte) []byte {
	if isLower(text) {
		return text
	}
	start := len(r.arena)
	if !isASCII(text) {
		if bytes.IndexFunc(text, unicode.IsUpper) < 0 {
			return text
		}
		r.arena = append(r.arena, bytes.ToLower(text)...)
		return r.arena[start:len(r.arena):len(r.arena)]
	}
	r.arena = append(r.arena, text...)
	low := r.arena[start:len(r.arena):len(r.arena)]
	lowerASCII(low)
	return low
}

// Eight bytes at once: one in each, and the highest bit of each.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// capitals has the highest bit of each byte that is a capital, where all are
// ASCII.
func capitals(w uint64) uint64 {
	return (w + (0x80-'A')*ones) &^ (w + (0x80-'Z'-1)*ones) & highs
}

// isLower is true of ASCII without capitals.
func isLower(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if w := binary.LittleEndian.Uint64(text); (w|capitals(w))&highs != 0 {
			return false
		}
	}
	for _, c := range text {
		if c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// isPlainLower is true of ASCII without capitals, opening brackets and
// backslashes, which are neighbours: of most ids.
func isPlainLower(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		w := binary.LittleEndian.Uint64(text)
		if (w|(w+(0x80-'A')*ones)&^(w+(0x80-'\\'-1)*ones))&highs != 0 {
			return false
		}
	}
	for _, c := range text {
		if c >= utf8.RuneSelf || 'A' <= c && c <= '\\' {
			return false
		}
	}
	return true
}

// isASCII is true of ASCII.
func isASCII(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&highs != 0 {
			return false
		}
	}
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lowerASCII folds ASCII to lower case in its place.
func lowerASCII(text []byte) {
	for ; len(text) >= 8; text = text[8:] {
		w := binary.LittleEndian.Uint64(text)
		binary.LittleEndian.PutUint64(text, w|capitals(w)>>2)
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
}

// address brings an IP address to one form: no port, no brackets, no zone,
// IPv4 instead of IPv4-mapped IPv6. What is no address (a host name, a
// placeholder) stays as recorded.
func (r *Record) address(text []byte) []byte {
	if isIPv4(text) || isIPv6(text) {
		return text
	}
	a, ok := ParseAddress(text)
	if !ok {
		return text
	}
	start := len(r.arena)
	r.arena = a.AppendTo(r.arena)
	if bytes.Equal(r.arena[start:], text) {
		r.arena = r.arena[:start]
		return text
	}
	return r.arena[start:len(r.arena):len(r.arena)]
}

// ParseAddress reads an IP address as logs write it: "192.0.2.7",
// "192.0.2.7:443", "[2001:db8::1]:443", "[2001:db8::1]", "::ffff:192.0.2.7".
func ParseAddress(text []byte) (netip.Addr, bool) {
	s := string(bytes.TrimSpace(text))
	if inside, after, bracketed := strings.Cut(strings.TrimPrefix(s, "["), "]"); bracketed && s[0] == '[' {
		if after != "" && !isPort(after) {
			return netip.Addr{}, false
		}
		s = inside
	} else if host, port, found := strings.Cut(s, ":"); found && isPort(":"+port) && strings.Contains(host, ".") {
		s = host
	}
	a, err := netip.ParseAddr(s)
	return a.Unmap().WithZone(""), err == nil
}

// isPort says whether a text is a colon and a number.
func isPort(s string) bool {
	digits, ok := strings.CutPrefix(s, ":")
	return ok && digits != "" && len(digits) <= 5 && strings.Trim(digits, "0123456789") == ""
}

// dash is the en dash that stands in some operation names, where other logs
// have a hyphen.
const dash = "–"

// activity brings an operation name to Graph's form.
func (r *Record) activity(text []byte) []byte {
	text = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(text), []byte(".")))
	if !bytes.Contains(text, []byte(dash)) {
		return text
	}
	return r.keep(string(bytes.ReplaceAll(text, []byte(dash), []byte("-"))))
}

// outcomes are the names that logs give to how an operation ended.
var outcomes = map[string]string{
	"success": "success", "succeeded": "success", "true": "success",
	"failure": "failure", "failed": "failure", "fail": "failure", "false": "failure",
	"partiallysucceeded": "failure", "timeout": "timeout",
}

// flagOf reads the words that spreadsheets and portals have for a flag.
func flagOf(text []byte) []byte {
	switch string(text) {
	case "yes":
		return []byte("true")
	case "no":
		return []byte("false")
	}
	return text
}

func outcomeOf(text []byte) []byte {
	if o, ok := outcomes[string(bytes.ToLower(text))]; ok {
		return []byte(o)
	}
	return text
}

// equalText compares a raw string with a name, without case.
func equalText(raw []byte, name string) bool {
	if extract.Kind(raw) != '"' {
		return false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return bytes.EqualFold(raw[1:len(raw)-1], []byte(name))
	}
	return bytes.EqualFold(extract.AppendText(nil, raw), []byte(name))
}
