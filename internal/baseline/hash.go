package baseline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Hash is the SHA-256, in hexadecimal, over the effective values as RFC 8785
// canonical JSON: declared values, defaults and what the directory gave. Two
// baselines with equal hashes answer every rule alike. Notes, comments, the
// order of a list and the spelling of a value do not count.
func (b *Baseline) Hash() string {
	effective := make(map[string]any, len(table))
	for _, p := range table {
		effective[p.Name] = b.content(p)
	}
	sum := sha256.Sum256(canonical(nil, effective))
	return hex.EncodeToString(sum[:])
}

// content is a parameter's effective value as maps, lists, texts and numbers.
func (b *Baseline) content(p Param) any {
	v := b.values[p.Name]
	switch form := shapes[p.Kind].form; {
	case form == dict, form == pair:
		m := make(map[string]any, len(v.rows))
		for _, r := range v.rows {
			m[r.key] = texts(r.texts)
		}
		return m
	case form == list, p.Live != NotLive:
		return b.expanded(p)
	}
	if n, ok := b.Number(p.Name); ok {
		return n
	}
	return v.scalar
}

// expanded is a list as it answers a rule: each item with its end (0: never)
// in the order of the items, the latest end of an item that is in twice.
func (b *Baseline) expanded(p Param) map[string]any {
	x, _ := b.Expand(p.Name)
	ends := make(map[string]int64, len(x.Items))
	for _, it := range x.Items {
		end, again := ends[it.Value]
		if !again || it.Until == 0 || end != 0 && it.Until > end {
			ends[it.Value] = it.Until
		}
	}
	items := make([]any, 0, len(ends))
	for _, name := range slices.Sorted(maps.Keys(ends)) {
		items = append(items, []any{name, float64(ends[name])})
	}
	return map[string]any{"items": items, "unread": x.Unread, "field": x.FromField}
}

func texts(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

// canonical appends v as RFC 8785 JSON. The standard asks for keys in the
// order of their UTF-16 units, which for our keys, all ASCII, is that of their
// bytes, and for numbers as ECMAScript writes them, which for ours, from 0.001
// to 1e12, is without exponent.
func canonical(b []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = canonical(append(canonicalText(b, k), ':'), v[k])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = canonical(b, e)
		}
		return append(b, ']')
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case string:
		return canonicalText(b, v)
	}
	panic(fmt.Sprintf("baseline: %T has no place in a hash", v))
}

// canonicalText writes a JSON text with only the escapes that JSON demands.
func canonicalText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		default:
			b = appendControl(b, c)
		}
	}
	return append(b, '"')
}

func appendControl(b []byte, c byte) []byte {
	if i := strings.IndexByte("\b\f\n\r\t", c); i >= 0 {
		return append(b, '\\', "bfnrt"[i])
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}
