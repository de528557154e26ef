package event

import (
	"bytes"
	"iter"

	"vakt/internal/extract"
)

// primaryStep reads authenticationDetails: whether a step of the primary
// authentication succeeded, and whether there was any such step.
func primaryStep(steps []byte) (accepted, any bool) {
	for step := range extract.Elements(steps) {
		requirement := extract.Member(step, "authenticationStepRequirement")
		if extract.Kind(requirement) != '"' || !bytes.Contains(bytes.ToLower(requirement), []byte("primary")) {
			continue
		}
		any = true
		if isTrue(extract.Member(step, "succeeded")) {
			accepted = true
		}
	}
	return accepted, any
}

// isTrue accepts the boolean and its spelling as text.
func isTrue(raw []byte) bool {
	return string(raw) == "true" || equalText(raw, "true")
}

// stepMembers yields one member of every step, where it is a text.
func stepMembers(steps []byte, key string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for step := range extract.Elements(steps) {
			raw := extract.Member(step, key)
			if extract.Kind(raw) == '"' && len(raw) > 2 && !yield(raw) {
				return
			}
		}
	}
}

// scalars yields every scalar value inside a raw document, keys left out. It
// reads with tolerance: parts that nobody else reads need not be valid.
func scalars(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(raw); {
			if raw[i] != '"' {
				end := i + bareLength(raw[i:])
				if end > i && !yield(raw[i:end]) {
					return
				}
				i = max(end, i+1)
				continue
			}
			end := i + stringLength(raw[i:])
			if !isKey(raw[end:]) && !yield(raw[i:end]) {
				return
			}
			i = end
		}
	}
}

// bareLength is how many bytes of a number, true, false or null begin here.
func bareLength(raw []byte) int {
	for i, c := range raw {
		if bytes.IndexByte([]byte(" \t\r\n,:{}[]\""), c) >= 0 {
			return i
		}
	}
	return len(raw)
}

// stringLength is the length of the string that begins here, quotes included.
func stringLength(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// isKey says whether a colon follows.
func isKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}
