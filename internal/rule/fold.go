package rule

import (
	"unicode"
	"unicode/utf8"
)

// foldText maps a text to the form in which two texts are equal exactly when
// they are equal under Unicode's simple case folding.
func foldText(s string) string {
	if isFolded(s) {
		return s
	}
	return string(appendFolded(nil, []byte(s)))
}

// appendFolded appends the folded form of s. Bytes that are no UTF-8 stay as
// they are.
func appendFolded(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[i])
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += n
	}
	return dst
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// foldRune picks one rune for all that fold to each other: the lower-case
// letter where ASCII has one (the Kelvin sign is a k), else the smallest.
func foldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least < utf8.RuneSelf {
		return rune(lower(byte(least)))
	}
	return least
}

// isFolded reports whether s is ASCII without capitals: its own folded form.
func isFolded[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}
