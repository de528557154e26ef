package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"vakt/internal/text"
)

// widestCell is how much of a cell a table shows that no terminal bounds. The
// other forms of output never cut.
const widestCell = 72

// table writes rows under a head. On a terminal the widest columns give way
// until the rows fit.
func (a *app) table(w io.Writer, head []string, rows [][]string) error {
	widths := make([]int, len(head))
	upper := make([]string, len(head))
	for i, h := range head {
		upper[i] = strings.ToUpper(h)
		widths[i] = text.Width(h)
	}
	for _, row := range rows {
		for i := range row {
			row[i] = text.Terminal(row[i])
			widths[i] = max(widths[i], text.Width(row[i]))
		}
	}
	if terminal(a.out) {
		fit(widths, a.width())
	} else {
		for i := range widths {
			widths[i] = min(widths[i], widestCell)
		}
	}
	var b strings.Builder
	b.WriteString(a.paint("1", rowLine(upper, widths)) + "\n")
	for _, row := range rows {
		b.WriteString(rowLine(row, widths) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fit takes from the widest columns until the row fits. Where twelve
// characters for each are too many, all give way alike.
func fit(widths []int, width int) {
	shrink(widths, width, 12, width)
	shrink(widths, width, 4, 1)
}

// shrink takes from the widest column, at most so much at a time, and makes
// none narrower than a number of characters.
func shrink(widths []int, width, narrowest, most int) {
	for {
		sum := 2 * (len(widths) - 1)
		widest := 0
		for i, n := range widths {
			sum += n
			if n > widths[widest] {
				widest = i
			}
		}
		if sum <= width || widths[widest] <= narrowest {
			return
		}
		widths[widest] = max(narrowest, widths[widest]-min(most, sum-width))
	}
}

func rowLine(row []string, widths []int) string {
	var b strings.Builder
	for i, c := range row {
		c = text.Cut(c, widths[i])
		b.WriteString(c)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-text.Width(c)+2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func rowsOf[T any](items []T, row func(T) []string) [][]string {
	rows := make([][]string, len(items))
	for i := range items {
		rows[i] = row(items[i])
	}
	return rows
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
