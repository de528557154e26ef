package rule

// Truth is a value of Kleene's three-valued logic. Its order makes "and" the
// smaller and "or" the larger of two.
type Truth uint8

// The three values.
const (
	False   Truth = iota
	Unknown       // what is asked for was not read, or the shape cannot carry it
	True
)

// String is false, unknown or true.
func (t Truth) String() string {
	return [...]string{"false", "unknown", "true"}[t]
}

func (t Truth) not() Truth { return True - t }

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}
