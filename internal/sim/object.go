package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object with its members in order. Values are compact JSON,
// so that whatever a record holds passes through a rendering unchanged.
type object []member

type member struct {
	key string
	raw []byte
}

// parseObject reads one JSON object in UTF-8. Duplicate keys are kept as they
// stand.
func parseObject(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not JSON: it is not UTF-8")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	b := compact.Bytes()
	if len(b) == 0 || b[0] != '{' {
		return nil, fmt.Errorf("not a JSON object: %.40q", b)
	}
	return objectOf(b), nil
}

// objectOf splits valid compact JSON; of anything but an object it is nil.
func objectOf(b []byte) object {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	var o object
	for i := 1; b[i] != '}'; {
		colon := valueEnd(b, i)
		end := valueEnd(b, colon+1)
		o = append(o, member{textOf(b[i:colon]), b[colon+1 : end]})
		i = end
		if b[i] == ',' {
			i++
		}
	}
	return o
}

// elementsOf splits a valid compact JSON array; of anything else it is nil.
func elementsOf(b []byte) [][]byte {
	if len(b) == 0 || b[0] != '[' {
		return nil
	}
	var all [][]byte
	for i := 1; b[i] != ']'; {
		end := valueEnd(b, i)
		all = append(all, b[i:end])
		i = end
		if b[i] == ',' {
			i++
		}
	}
	return all
}

// valueEnd returns the index after the value that begins at i in valid
// compact JSON.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// textOf returns the text of a JSON string, "" for null and nothing, and
// other values as written.
func textOf(raw []byte) string {
	switch {
	case len(raw) == 0 || isNull(raw):
		return ""
	case raw[0] != '"':
		return string(raw)
	case bytes.IndexByte(raw, '\\') < 0:
		return string(raw[1 : len(raw)-1])
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return string(raw)
	}
	return text
}

func isNull(raw []byte) bool { return string(raw) == "null" }

// get returns the raw value of a member, nil where there is none or null.
func (o object) get(path ...string) []byte {
	for _, m := range o {
		if m.key != path[0] {
			continue
		}
		if len(path) > 1 {
			return objectOf(m.raw).get(path[1:]...)
		}
		if isNull(m.raw) {
			return nil
		}
		return m.raw
	}
	return nil
}

// text returns the text of a member, "" where there is none.
func (o object) text(path ...string) string { return textOf(o.get(path...)) }

// add appends a member.
func (o *object) add(key string, raw []byte) { *o = append(*o, member{key, raw}) }

// addText appends a member that is a text.
func (o *object) addText(key, text string) { o.add(key, appendQuoted(nil, text)) }

// addKnown appends a member that is a text, unless the text is empty.
func (o *object) addKnown(key, text string) {
	if text != "" {
		o.addText(key, text)
	}
}

// addNumber appends a member that is a number, if it is known.
func (o *object) addNumber(key string, n int, known bool) {
	if known {
		o.add(key, strconv.AppendInt(nil, int64(n), 10))
	}
}

// bytes returns the object as compact JSON.
func (o object) bytes() []byte {
	size := 2
	for _, m := range o {
		size += len(m.key) + len(m.raw) + 4
	}
	w := writer{b: make([]byte, 0, size)}
	w.item(func() {
		for _, m := range o {
			w.key(m.key)
			w.b = append(w.b, m.raw...)
		}
	})
	return w.b
}

// mapObjects returns a value with every object in it changed by f, innermost
// first.
func mapObjects(raw []byte, f func(object) object) []byte {
	switch {
	case len(raw) > 0 && raw[0] == '{':
		o := objectOf(raw)
		for i := range o {
			o[i].raw = mapObjects(o[i].raw, f)
		}
		return f(o).bytes()
	case len(raw) > 0 && raw[0] == '[':
		w := writer{b: make([]byte, 0, len(raw))}
		w.open('[')
		for _, e := range elementsOf(raw) {
			w.sep()
			w.b = append(w.b, mapObjects(e, f)...)
		}
		w.close(']')
		return w.b
	}
	return raw
}

// moment reads a time as the APIs write it; without a zone it is UTC.
func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ParseRecord makes a Record of a hand-written JSON object in Graph's beta
// form, of an AuditData object or of an event of the Azure activity log. The log
// is told by the members: Operation is the unified audit log's, eventTimestamp
// the Azure activity log's, riskEventType a risk detection's,
// activityDisplayName or initiatedBy an audit's, all else is a sign-in. A
// time that is absent or unreadable is the zero time.
func ParseRecord(text []byte) (Record, error) {
	o, err := parseObject(text)
	if err != nil {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	rec := Record{Log: SignIn, JSON: o.bytes()}
	when := "createdDateTime"
	for _, sign := range []struct{ key, log, when string }{
		{"Operation", Unified, "CreationTime"},
		{"eventTimestamp", Activity, "eventTimestamp"},
		{"riskEventType", Risk, "activityDateTime"},
		{"activityDisplayName", Audit, "activityDateTime"},
		{"initiatedBy", Audit, "activityDateTime"},
	} {
		if o.get(sign.key) != nil {
			rec.Log, when = sign.log, sign.when
			break
		}
	}
	at := o.text(when)
	if at == "" && rec.Log == Risk {
		at = o.text("detectedDateTime")
	}
	rec.Time, _ = moment(strings.TrimSpace(at))
	return rec, nil
}
