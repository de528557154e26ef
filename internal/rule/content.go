package rule

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"

	"vakt/internal/extract"
)

// canonical writes alias-free YAML nodes as RFC 8785 canonical JSON. It is
// extract.AppendCanonical without the maps, as every start asks for the hash
// of all rules.
type canonical struct {
	out   []byte
	order []int // of the keys of the maps that are being written
}

func (c *canonical) write(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		c.mapping(n.Content)
	case yaml.SequenceNode:
		c.out = append(c.out, '[')
		for i, kid := range n.Content {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			c.write(kid)
		}
		c.out = append(c.out, ']')
	default:
		c.scalar(n)
	}
}

// scalar writes what extract.AppendCanonical would write. Most texts and whole
// numbers stand in JSON as they stand in the rule.
func (c *canonical) scalar(n *yaml.Node) {
	switch {
	case n.Tag == "!!int" && isWhole(n.Value):
		c.out = append(c.out, n.Value...)
	case n.Tag == "!!str":
		c.text(n.Value)
	default:
		c.out = extract.AppendCanonical(c.out, scalar(n))
	}
}

func (c *canonical) text(s string) {
	if needsEscape(s) {
		c.out = extract.AppendCanonical(c.out, s)
		return
	}
	c.out = append(append(append(c.out, '"'), s...), '"')
}

// needsEscape tells whether a text holds what JSON cannot.
func needsEscape(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if x := octets(s); octetsBelow(x, ' ')|octetsLike(x, '"')|octetsLike(x, '\\') != 0 {
			return true
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return true
		}
	}
	return false
}

// isWhole tells whether a text is a whole number as JSON writes it, and not too
// long for a float64 to carry.
func isWhole(s string) bool {
	if s == "" || len(s) > 15 || s[0] == '0' && len(s) > 1 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// mapping writes keys and values, which take turns in the list. No key stands
// twice.
func (c *canonical) mapping(list []*yaml.Node) {
	first := len(c.order)
	for i := 0; i+1 < len(list); i += 2 {
		c.order = append(c.order, i)
	}
	last := len(c.order)
	slices.SortFunc(c.order[first:last], func(i, j int) int { return compareKeys(list[i].Value, list[j].Value) })
	c.out = append(c.out, '{')
	for at := first; at < last; at++ {
		if at > first {
			c.out = append(c.out, ',')
		}
		i := c.order[at]
		c.text(list[i].Value)
		c.out = append(c.out, ':')
		c.write(list[i+1])
	}
	c.out = append(c.out, '}')
	c.order = c.order[:first]
}

// scalar gives a text, number, boolean or nil. A number that a float64 cannot
// carry exactly stays text, so that two different rules never look alike.
func scalar(n *yaml.Node) any {
	switch tag := n.ShortTag(); {
	case tag == "!!null":
		return nil
	case isBoolean(n):
		return strings.EqualFold(n.Value, "true")
	case tag == "!!int" || tag == "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && len(n.Value) <= 15 && numberForm.MatchString(n.Value) {
			return f
		}
	}
	return n.Value
}

// compareKeys compares by UTF-16 units, as RFC 8785 wants. That is the order of
// the bytes, save among characters of which one is above U+FFFF.
func compareKeys(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		switch {
		case a[i] == b[i]:
		case a[i] >= firstHigh && b[i] >= firstHigh:
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		default:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// firstHigh is the first byte of the characters from U+E000 on, and the least:
// all others come before them in both orders.
const firstHigh = 0xee

// hashOf is the SHA-256, in hexadecimal, over the canonical JSON of a map of
// contents, each of which is canonical JSON.
func hashOf(contents map[string][]byte) string {
	sum := sha256.New() // its Write returns no error
	between := []byte{'{'}
	for _, key := range slices.SortedFunc(maps.Keys(contents), compareKeys) {
		sum.Write(append(extract.AppendCanonical(between, key), ':'))
		sum.Write(contents[key])
		between = append(between[:0], ',')
	}
	if len(contents) == 0 {
		sum.Write(between)
	}
	sum.Write([]byte{'}'})
	return hex.EncodeToString(sum.Sum(nil))
}
