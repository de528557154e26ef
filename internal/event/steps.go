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

// stepDetail is the member of a step that says how it went; stepKey is how
// Entra writes it, and stepKeyEnd the part of that which stands nowhere else.
const (
	stepDetail = "authenticationStepResultDetail"
	stepKey    = `"` + stepDetail + `":`
	stepKeyEnd = `ResultDetail":`
)

// eachStepDetail visits the detail of every step, as it stands, where it is a
// text, until visit returns false.
func eachStepDetail(steps []byte, visit func(raw []byte) bool) {
	if places, ok := flatDetails(steps); ok {
		for _, at := range places {
			if at > 0 && !visit(steps[at:at+2+bytes.IndexByte(steps[at+1:], '"')]) {
				return
			}
		}
		return
	}
	for step := range extract.Elements(steps) {
		raw := extract.Member(step, stepDetail)
		if extract.Kind(raw) == '"' && len(raw) > 2 && !visit(raw) {
			return
		}
	}
}

// flatDetails finds the details of a few steps, where they are not empty, by
// searching for the key. That is safe, and ok is true, where there is no
// escape, so that quotes and a colon are a key; where no list is within, and
// every curly bracket that opens is the first or follows another step, so that
// none is within a step; and where there are as many keys as steps.
func flatDetails(steps []byte) (places [8]int, ok bool) {
	if extract.Kind(steps) != '[' || bytes.IndexByte(steps, '\\') >= 0 || bytes.IndexByte(steps[1:], '[') >= 0 {
		return places, false
	}
	n, from := 0, 0
	for ; n < len(places); n++ {
		at := bytes.Index(steps[from:], []byte(stepKeyEnd))
		if at < 0 {
			break
		}
		from += at + len(stepKeyEnd)
		if !bytes.HasSuffix(steps[:from], []byte(stepKey)) {
			return places, false
		}
		for from < len(steps) && steps[from] == ' ' {
			from++
		}
		if rest := steps[from:]; len(rest) > 1 && rest[0] == '"' && rest[1] != '"' {
			places[n] = from
		}
	}
	objects := bytes.Count(steps, []byte("{"))
	return places, n < len(places) && objects == n && objects == bytes.Count(steps, []byte("},{"))+1
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
