package extract

// Expansion is a *Bomb where out bytes are too many to have come from in
// compressed bytes, and nil otherwise.
func (l Limits) Expansion(in, out int64) error {
	l = l.withDefaults()
	if out > l.RatioFrom && out/l.Ratio > in {
		return &Bomb{In: in, Out: out, Ratio: l.Ratio}
	}
	return nil
}
