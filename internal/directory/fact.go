package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Fact is something that was looked at, or was not. The zero Fact is unknown.
type Fact[T any] struct {
	// Value is what was read. Where Known is false it is the zero value, or
	// for lists a lower bound: what was seen before the reading broke off.
	Value T
	// Known is true where the whole of the fact was read.
	Known bool
	// Why tells why the fact is unknown, in words for people; empty where it
	// is known.
	Why string
}

// Known is a fact that was read.
func Known[T any](value T) Fact[T] { return Fact[T]{Value: value, Known: true} }

// Unknown is a fact that was not read, and why.
func Unknown[T any](why string) Fact[T] { return Fact[T]{Why: why} }

// Is is true where the fact is known and its value is the given one.
func Is[T comparable](f Fact[T], value T) bool { return f.Known && f.Value == value }

// MarshalJSON writes {"value":…} for a known fact, {"why":…} for an unknown
// one, and both where an unknown one has a lower bound.
func (f Fact[T]) MarshalJSON() ([]byte, error) {
	value, err := json.Marshal(f.Value)
	if err != nil {
		return nil, fmt.Errorf("encode a fact: %w", err)
	}
	var w factJSON
	if f.Known || !emptyJSON(value) {
		w.Value = value
	}
	if !f.Known {
		w.Why = &f.Why
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fact[T]) UnmarshalJSON(data []byte) error {
	var w factJSON
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*f = Fact[T]{Known: w.Why == nil && w.Value != nil}
	if w.Why != nil {
		f.Why = *w.Why
	}
	if w.Value == nil {
		return nil
	}
	return json.Unmarshal(w.Value, &f.Value)
}

// factJSON is a fact as it is stored: with "why" it is unknown.
type factJSON struct {
	Value json.RawMessage `json:"value,omitempty"`
	Why   *string         `json:"why,omitempty"`
}

// emptyJSON is true for what zero values look like, so that unknown facts
// stay short. Losing such a value loses nothing: it says what Why says.
func emptyJSON(value []byte) bool {
	switch string(bytes.TrimSpace(value)) {
	case "null", "false", `""`, "0", "[]", "{}", `"0001-01-01T00:00:00Z"`:
		return true
	}
	return false
}
