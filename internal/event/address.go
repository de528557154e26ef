package event

import (
	"bytes"
	"iter"
)

// addresses yields the mail addresses in a text as mail servers log them, in
// lower case: one or several, parted by semicolons, commas or line ends, each
// bare, with a prefix ("smtp:a@b.com") or behind a display name
// ("Ann" <a@b.com>, "Ann" [SMTP:a@b.com]). A directory name ([EX:/o=…]), an
// alias and anything else without a domain is no address.
func addresses(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for item := range recipients(text) {
			for inner := range bracketed(item) {
				if a := address(inner); a != nil && !yield(a) {
					return
				}
			}
		}
	}
}

// recipients cuts a list into its items. Inside quotes nothing is cut, unless
// the quotes do not come in pairs: then they mean nothing.
func recipients(text []byte) iter.Seq[[]byte] {
	paired := bytes.Count(text, []byte{'"'})%2 == 0
	return func(yield func([]byte) bool) {
		start, quoted := 0, false
		for i, c := range text {
			switch {
			case c == '"':
				quoted = !quoted && paired
			case quoted || bytes.IndexByte([]byte(";,\r\n"), c) < 0:
			case !yield(text[start:i]):
				return
			default:
				start = i + 1
			}
		}
		yield(text[start:])
	}
}

// bracketed yields what stands in the brackets of an item, or the item itself
// where it has none. What stands beside brackets is a name.
func bracketed(item []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		found := false
		for rest := item; ; {
			open := bytes.IndexAny(rest, "<[")
			if open < 0 {
				break
			}
			rest = rest[open+1:]
			end := bytes.IndexAny(rest, ">]")
			if end < 0 {
				end = len(rest)
			}
			found = true
			if !yield(rest[:end]) {
				return
			}
			rest = rest[end:]
		}
		if !found {
			yield(item)
		}
	}
}

// address is the one address in a text, in lower case, or nil.
func address(text []byte) []byte {
	text = bytes.ToLower(bytes.ToValidUTF8(text, nil))
	for _, word := range bytes.Fields(text) {
		if kind, rest, ok := bytes.Cut(word, []byte(":")); ok && isMailPrefix(bytes.Trim(kind, `"'`)) {
			word = rest
		}
		word = bytes.Trim(word, `"'.<>[]`)
		at := bytes.LastIndexByte(word, '@')
		if at > 0 && at < len(word)-1 && !bytes.ContainsAny(word, `/:;,"<>[]`) {
			return word
		}
	}
	return nil
}

func isMailPrefix(kind []byte) bool {
	return string(kind) == "smtp" || string(kind) == "mailto"
}
