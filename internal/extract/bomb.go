package extract

import "fmt"

// Bomb says that compressed input expands so much that it is not read on.
type Bomb struct {
	In, Out int64 // bytes read and bytes they gave, so far
	Ratio   int64 // the limit
}

// Error says which limit was passed.
func (e *Bomb) Error() string {
	return fmt.Sprintf("expands more than %d times its size: not read further", e.Ratio)
}

// Expansion is a *Bomb where out bytes are too many to have come from in
// compressed bytes, and nil otherwise. It is for those who unpack by other
// means than Inflate.
func (l Limits) Expansion(in, out int64) error {
	l = l.withDefaults()
	if out > l.RatioFrom && out/l.Ratio > in {
		return &Bomb{In: in, Out: out, Ratio: l.Ratio}
	}
	return nil
}
