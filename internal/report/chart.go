package report

import (
	"strconv"
	"time"

	"vakt/internal/directory"
)

// chart is a row of columns. Heights are in percent of the highest.
type chart struct {
	Title, Words string
	Columns      []column
	Unknown      int
	// Empty is true where there is nothing to draw.
	Empty bool
}

type column struct {
	Label  string
	N      int
	Height float64
}

// ages is how old the accounts are that can be signed in to though nobody
// should: resource accounts whose sign-in is enabled.
func (r *Report) ages(v voice) chart {
	return r.histogram(chart{Title: v.Say("chart.ages"), Words: v.Say("chart.ages.words")}, v,
		func(a *directory.Account) directory.Fact[time.Time] { return a.Created })
}

// passwords is how long the same accounts have had their password.
func (r *Report) passwords(v voice) chart {
	return r.histogram(chart{Title: v.Say("chart.passwords"), Words: v.Say("chart.passwords.words")}, v,
		func(a *directory.Account) directory.Fact[time.Time] { return a.PasswordChanged })
}

// yearBounds are the upper bounds of the columns, in years; the last has none.
var yearBounds = []int{1, 2, 3, 5, 10}

func (r *Report) histogram(c chart, v voice, at func(*directory.Account) directory.Fact[time.Time]) chart {
	counts := make([]int, len(yearBounds)+1)
	for i := range r.Snapshot.Accounts {
		a := &r.Snapshot.Accounts[i]
		if !a.Kind.Known || !a.Kind.Value.Resource() || !directory.Is(a.Enabled, true) {
			continue
		}
		if t := at(a); !t.Known || t.Value.IsZero() {
			c.Unknown++
		} else {
			counts[r.bucket(t.Value)]++
		}
	}
	high := 0
	for _, n := range counts {
		high = max(high, n)
	}
	c.Empty = high == 0
	for i, n := range counts {
		c.Columns = append(c.Columns, column{Label: bucketName(v, i), N: n, Height: share(n, high)})
	}
	return c
}

// bucket is the column of a moment: how many years it is before the report.
func (r *Report) bucket(t time.Time) int {
	for i, years := range yearBounds {
		if t.After(r.Made.AddDate(-years, 0, 0)) {
			return i
		}
	}
	return len(yearBounds)
}

func bucketName(v voice, i int) string {
	switch {
	case i == 0:
		return v.Say("chart.under", "N", yearBounds[0])
	case i == len(yearBounds):
		return v.Say("chart.over", "N", yearBounds[i-1])
	}
	return strconv.Itoa(yearBounds[i-1]) + "–" + strconv.Itoa(yearBounds[i])
}
