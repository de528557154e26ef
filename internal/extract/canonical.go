package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Hash is the SHA-256 over the RFC 8785 canonical JSON of v, in hexadecimal.
// See AppendCanonical for what v is made of.
func Hash(v any) string {
	sum := sha256.Sum256(AppendCanonical(nil, v))
	return hex.EncodeToString(sum[:])
}

// AppendCanonical appends v as RFC 8785 canonical JSON: keys in the order of
// their UTF-16 units, the shortest numbers, the fewest escapes. v is made of
// map[string]any, []any, string, float64 (finite), bool and nil; any other type
// panics, as its hash would mean nothing.
func AppendCanonical(b []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.SortedFunc(maps.Keys(v), compareUTF16)
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(canonicalText(b, k), ':')
			b = AppendCanonical(b, v[k])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendCanonical(b, e)
		}
		return append(b, ']')
	case string:
		return canonicalText(b, v)
	case float64:
		return canonicalNumber(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case nil:
		return append(b, "null"...)
	}
	panic(fmt.Sprintf("extract: %T has no canonical JSON", v))
}

// compareUTF16 compares by UTF-16 units. Below U+E000 their order is that of
// the bytes of UTF-8.
func compareUTF16(a, b string) int {
	if isBelowSurrogates(a) && isBelowSurrogates(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// isBelowSurrogates is true of UTF-8 without a character from U+D000 on.
func isBelowSurrogates(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0xed {
			return false
		}
	}
	return true
}

// canonicalText writes a JSON text with only the escapes that JSON demands.
func canonicalText(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	plain := 0 // where the bytes begin that have not been written
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		plain = i + 1
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			b = append(b, '\\', `"\bfnrt`[short])
			continue
		}
		b = append(b, `\u00`...)
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}

// canonicalNumber writes a number as ECMAScript does: encoding/json follows it
// save that the negative zero keeps its sign.
func canonicalNumber(b []byte, f float64) []byte {
	if f == 0 {
		return append(b, '0')
	}
	text, err := json.Marshal(f)
	if err != nil {
		return append(b, "null"...) // content holds no infinity
	}
	return append(b, text...)
}
