package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"vakt/internal/extract"
)

// genesis is the PrevHash of the first row.
var genesis = strings.Repeat("0", 64)

// journalTime is how the journal writes a time: all of one length, so that
// their order is that of the text.
const journalTime = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(journalTime) }

// chain puts a row behind another: it gives it its place, and its hash.
func (r *Row) chain(seq int64, prev string) error {
	r.Seq, r.PrevHash, r.Tenant = seq, prev, strings.ToLower(r.Tenant)
	r.Time = r.Time.UTC().Truncate(time.Millisecond)
	for _, value := range []*json.RawMessage{&r.Before, &r.After} {
		kept, err := exact(*value)
		if err != nil {
			return err
		}
		*value = kept
	}
	sum, err := r.sum()
	if err != nil {
		return err
	}
	r.Hash = sum
	return nil
}

// sum is the hash that the row must have.
func (r *Row) sum() (string, error) {
	values, err := r.values()
	if err != nil {
		return "", err
	}
	return extract.Hash(values), nil
}

// values is the row without its hash, for its canonical form.
func (r *Row) values() (map[string]any, error) {
	before, err := decodeExact(r.Before)
	if err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	after, err := decodeExact(r.After)
	if err != nil {
		return nil, fmt.Errorf("after: %w", err)
	}
	return map[string]any{
		"seq": float64(r.Seq), "time": formatTime(r.Time), "tenant": r.Tenant, "plan": r.Plan, "run": r.Run, "change": r.Change,
		"subject": r.Subject, "action": r.Action, "field": r.Field, "actor": r.Actor, "phase": string(r.Phase),
		"before": before, "after": after, "note": r.Note, "request_id": r.RequestID, "prev_hash": r.PrevHash,
	}, nil
}

// MarshalJSON writes the row as RFC 8785 canonical JSON, as an export has it.
func (r Row) MarshalJSON() ([]byte, error) {
	values, err := r.values()
	if err != nil {
		return nil, fmt.Errorf("journal row %d: %w", r.Seq, err)
	}
	values["hash"] = r.Hash
	return extract.AppendCanonical(nil, values), nil
}

// texts are the parts of a row that are free text.
func (r *Row) texts() []string {
	return []string{r.Tenant, r.Plan, r.Run, r.Change, r.Subject, r.Action, r.Field, r.Actor, string(r.Phase), r.Note, r.RequestID}
}

// usable refuses a row that would say too little, or something else when it
// is read again.
func (r *Row) usable() error {
	switch {
	case r.Time.IsZero():
		return errors.New("it has no time")
	case r.Time.Year() < 1 || r.Time.Year() > 9999:
		return errors.New("its time cannot be written")
	case r.Phase == "" || r.Actor == "" || r.Tenant == "":
		return errors.New("it must name tenant, actor and phase")
	}
	for _, s := range r.texts() {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%q is not UTF-8", s)
		}
	}
	return nil
}

// exact is a value in canonical JSON. A value that would be another one in that
// form, such as a number of 17 digits, is refused: what the journal gives back
// is what was handed to it. No value is null.
func exact(raw json.RawMessage) (json.RawMessage, error) {
	v, err := decodeExact(raw)
	if err != nil {
		return nil, err
	}
	return extract.AppendCanonical(nil, v), nil
}

var errNotExact = errors.New("it would not be the same in canonical JSON")

func decodeExact(raw json.RawMessage) (any, error) {
	switch string(raw) { // what most rows hold
	case "", "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the value")
	}
	if err := once(raw); err != nil {
		return nil, err
	}
	if hasLoneSurrogate(raw) {
		return nil, fmt.Errorf("half a character: %w", errNotExact)
	}
	return floats(v)
}

// floats makes numbers of the texts of numbers.
func floats(v any) (_ any, err error) {
	switch v := v.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil || string(extract.AppendCanonical(nil, f)) != v.String() {
			return nil, fmt.Errorf("number %s: %w", v, errNotExact)
		}
		return f, nil
	case []any:
		for i := range v {
			if v[i], err = floats(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = floats(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// hasLoneSurrogate finds an escape of half a character in valid JSON, which
// Go reads as U+FFFD.
func hasLoneSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		unit, escaped := unitAt(raw, i)
		switch {
		case !escaped:
			i++ // the escaped character
		case !utf16.IsSurrogate(unit):
			i += 5
		default:
			low, paired := unitAt(raw, i+6)
			if !paired || utf16.DecodeRune(unit, low) == utf8.RuneError {
				return true
			}
			i += 11
		}
	}
	return false
}

// unitAt reads a \uXXXX at a place.
func unitAt(raw []byte, i int) (rune, bool) {
	if i+6 > len(raw) || raw[i] != '\\' || raw[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16)
	return rune(n), err == nil
}

// once refuses a key that stands twice in an object: two readers could take
// different ones.
func once(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return onceIn(d)
}

func onceIn(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name := fmt.Sprint(key)
			if seen[name] {
				return fmt.Errorf("the key %q stands there twice", name)
			}
			seen[name] = true
		}
		if err := onceIn(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
