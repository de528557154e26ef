package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"
)

// content turns an alias-free YAML node into maps, lists, texts, numbers,
// booleans and nil. A number that a float64 cannot carry exactly stays text,
// so that two different rules never look alike.
func content(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = content(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, kid := range n.Content {
			list[i] = content(kid)
		}
		return list
	}
	return scalar(n)
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && numberForm.MatchString(n.Value) && len(n.Value) <= 15 {
			return f
		}
	}
	return n.Value
}

// hash is the SHA-256 of v as RFC 8785 canonical JSON, in hexadecimal.
func hash(v any) string {
	sum := sha256.Sum256(canonical(nil, v))
	return hex.EncodeToString(sum[:])
}

// canonical appends v as RFC 8785 JSON: keys in the order of their UTF-16
// units, the shortest numbers, the fewest escapes.
func canonical(b []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.SortedFunc(maps.Keys(v), compareUTF16)
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(canonicalText(b, k), ':')
			b = canonical(b, v[k])
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
	case string:
		return canonicalText(b, v)
	case float64:
		return canonicalNumber(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return append(b, "null"...)
}

func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// canonicalText writes a JSON text with only the escapes that JSON demands.
func canonicalText(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			b = append(b, '\\', `"\bfnrt`[short])
		} else if c < 0x20 {
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
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
