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
	if flat := flatDetails(steps); flat.ok {
		for _, at := range flat.places {
			if at > 0 && !visit(stringAt(steps, at)) {
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

// flatSteps are the places of the details of a few steps; 0 is no place.
type flatSteps struct {
	places [8]int
	ok     bool // they are where they seem to be
}

// flatDetails finds the details of a few steps, where they are not empty, by
// searching for the key. That is safe, and ok is true, where there is no
// escape, so that quotes and a colon are a key; where no list is within, and
// every curly bracket that opens is the first or follows another step, so that
// none is within a step; and where there are as many keys as steps.
func flatDetails(steps []byte) (flat flatSteps) {
	if extract.Kind(steps) != '[' || bytes.IndexByte(steps, '\\') >= 0 || bytes.IndexByte(steps[1:], '[') >= 0 {
		return flat
	}
	n, from := 0, 0
	for ; n < len(flat.places); n++ {
		at := bytes.Index(steps[from:], []byte(stepKeyEnd))
		if at < 0 {
			break
		}
		from += at + len(stepKeyEnd)
		if !bytes.HasSuffix(steps[:from], []byte(stepKey)) {
			return flat
		}
		for from < len(steps) && steps[from] == ' ' {
			from++
		}
		if rest := steps[from:]; len(rest) > 1 && rest[0] == '"' && rest[1] != '"' {
			flat.places[n] = from
		}
	}
	objects := bytes.Count(steps, []byte("{"))
	flat.ok = n < len(flat.places) && objects == n && objects == bytes.Count(steps, []byte("},{"))+1
	return flat
}

// stringAt is the string, without escapes, that begins at a place.
func stringAt(b []byte, at int) []byte { return b[at : at+2+bytes.IndexByte(b[at+1:], '"')] }

// stepForm remembers where the details stand in values of one form.
type stepForm struct {
	form uint64 // 0: nothing is remembered
	flat flatSteps
}

// peekStepDetails is what stepDetails follows from: the text beside the error
// code, and the details of the steps, as they stand.
func peekStepDetails(r *Record, f *field) ([]byte, Standing) {
	from := len(r.arena)
	known := false
	for _, column := range f.from[0] {
		raw, is := r.Peek(column)
		if is == Mixed || is == Alone && mayBeNothing(r.layout.fields[column].kind, raw) {
			return nil, Mixed
		}
		known = known || is != Unseen
		if is == Alone {
			r.arena = append(r.arena, raw...)
			break
		}
	}
	steps, is := r.Peek(f.from[1][0])
	known = known || is != Unseen
	if is == Alone {
		flat := r.flatSteps(f.from[1][0], steps)
		if !flat.ok {
			return nil, Mixed
		}
		for _, at := range flat.places {
			if at > 0 {
				r.arena = append(r.arena, stringAt(steps, at)...)
			}
		}
	}
	switch {
	case len(r.arena) > from:
		return r.arena[from:len(r.arena):len(r.arena)], Alone
	case known:
		return nil, Empty
	}
	return nil, Unseen
}

// flatSteps finds the details in the value of a column, or remembers where
// they stood in one of the same form.
func (r *Record) flatSteps(column Field, steps []byte) *flatSteps {
	var form uint64
	if p := r.layout.plain[r.shape][column]; p.log&r.logs != 0 {
		form = r.row.Form(int(p.slot))
	}
	known := &r.stepForms[form%uint64(len(r.stepForms))]
	if form == 0 || known.form != form {
		*known = stepForm{form, flatDetails(steps)}
	}
	return &known.flat
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
