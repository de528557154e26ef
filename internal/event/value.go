package event

// Type says how the text of a value is to be compared.
type Type uint8

// The types of a value.
const (
	String Type = iota // text, compared without case unless a rule says `cased`
	Number             // a JSON number, or text that holds one
	Bool               // "true" or "false"
	JSON               // an object or array as compact JSON text
)

// Value is one scalar that a record holds for a field.
type Value struct {
	// Text is the decoded text: a string without quotes and escapes, a
	// number or boolean as written. It is valid until the record is reset.
	Text []byte
	Type Type
}

// Values is what a record says about one field. The zero Values is a field
// that the record could carry and leaves empty.
type Values struct {
	// Unknown is true when the record's shape cannot carry the field, or
	// when it was not read. List is then empty. Unknown is not "empty": a
	// condition on it is neither true nor false.
	Unknown bool
	// List holds the values, more than one for a field inside an array. It
	// is empty when the field is absent or null; a present empty text is
	// one Value with an empty Text.
	List []Value
}

// First returns the first value's text, or nil.
func (v Values) First() []byte {
	if len(v.List) == 0 {
		return nil
	}
	return v.List[0].Text
}
