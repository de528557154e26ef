package text

import (
	"strings"
	"unicode"
)

// Terminal makes a text from a log safe to print on a terminal, on one line:
// control characters, escape sequences, invalid UTF-8 and everything that is
// invisible or turns the direction of writing are shown as escapes such as
// \x1b or \u202e. Letters of any script stay as they are.
func Terminal(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == unicode.ReplacementChar && s[i] != "\uFFFD"[0]:
			escape(&b, 'x', uint32(s[i]), 2)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < 0x20 || c == 0x7f:
			escape(&b, 'x', uint32(c), 2)
		case !shown(c) && c <= 0xffff:
			escape(&b, 'u', uint32(c), 4)
		case !shown(c):
			escape(&b, 'U', uint32(c), 8)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// shown says whether a character is visible where it stands: a graphic
// character that is no format control (category Cf holds the direction marks,
// zero-width joiners and tag letters) and no other kind of blank.
func shown(c rune) bool {
	return unicode.IsGraphic(c) && !unicode.Is(unicode.Cf, c) && (c == ' ' || !unicode.IsSpace(c)) &&
		!unicode.Is(unicode.Variation_Selector, c) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c)
}

func escape(b *strings.Builder, kind byte, code uint32, digits int) {
	const hex = "0123456789abcdef"
	b.WriteByte('\\')
	b.WriteByte(kind)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b.WriteByte(hex[code>>shift&15])
	}
}

// Width is how many terminal cells a text takes that went through Terminal:
// wide East Asian characters and emoji take two, combining marks none.
func Width(s string) int {
	n := 0
	for _, c := range s {
		switch {
		case unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Me, c):
		case wide(c):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide covers the blocks that terminals draw two cells wide (Unicode Annex
// 11, the W and F ranges, by block).
func wide(c rune) bool {
	return c >= 0x1100 && (c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf || c >= 0xac00 && c <= 0xd7a3 || c >= 0xf900 && c <= 0xfaff ||
		c >= 0xfe30 && c <= 0xfe6f || c >= 0xff00 && c <= 0xff60 || c >= 0xffe0 && c <= 0xffe6 || c >= 0x1f300 && c <= 0x1faff || c >= 0x20000 && c <= 0x3fffd)
}

// Cut shortens a text to a width, with an ellipsis where something is lost.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	used := 0
	for i, c := range s {
		w := Width(string(c))
		if used+w > width-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}
