package baseline

import "slices"

// nearest is the candidate closest to word, or "" where none is close enough
// to have been meant.
func nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, found := 1+min(3, len(word)/3), ""
	for _, c := range candidates {
		if d := distance(word, c); d < best {
			best, found = d, c
		}
	}
	return found
}

// distance counts the single-byte insertions, deletions and replacements that
// turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], slices.Min([]int{row[j] + 1, row[j+1] + 1, diagonal + cost})
		}
	}
	return row[len(b)]
}
