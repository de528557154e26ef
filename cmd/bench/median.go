//go:build unix

package main

import "slices"

// median of figures, of which there is one at least.
func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// least of figures, of which there is one at least.
func least(list []float64) float64 { return slices.Min(list) }

// times is how many times the cost of another way one has: the median over
// rounds, in each of which both met the same noise.
func times(one, other []float64) float64 {
	ratios := make([]float64, len(one))
	for i := range one {
		ratios[i] = one[i] / other[i]
	}
	return median(ratios)
}
