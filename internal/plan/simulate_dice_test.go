package plan_test

// dice is the SplitMix64 generator (Steele, Lea, Flood 2014): what happens in
// a story is a function of its seed.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// chance is true in so many of a hundred cases.
func (d *dice) chance(percent int) bool { return d.below(100) < percent }

// some gives n elements of a list in another order; all where it has fewer.
func (d *dice) some(list []string, n int) []string {
	out := append([]string(nil), list...)
	for i := range out {
		j := i + d.below(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	return out[:min(n, len(out))]
}

func one[T any](d *dice, list ...T) T { return list[d.below(len(list))] }
