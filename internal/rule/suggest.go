package rule

import (
	"fmt"

	"vakt/internal/text"
)

// hint returns `: did you mean "x"?` for the candidate nearest to word, or an
// empty string when none is near.
func hint(word string, candidates []string) string {
	near := text.Nearest(word, candidates)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", near)
}
