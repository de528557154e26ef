// Package text holds what is done to words for people: finding the word that
// somebody meant, making words from logs safe to show on a terminal, and
// saying messages in several languages. It knows no word of the domain: the
// messages are those of the room that asks.
package text

import "strings"

// Nearest returns the candidate that is most like word, without case, or ""
// when none is near: at most a third of its letters (and two at least) may
// differ. The first of equally near ones wins.
func Nearest(word string, candidates []string) string {
	if len(word) > maxWord {
		return ""
	}
	best, limit := "", max(2, len(word)/3)+1
	lower := strings.ToLower(word)
	for _, c := range candidates {
		if d := distance(lower, strings.ToLower(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// maxWord is the longest word, in bytes, that anybody could have meant.
const maxWord = 64

// distance is the Levenshtein distance in bytes.
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
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
