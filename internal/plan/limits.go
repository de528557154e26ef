package plan

import (
	"fmt"
	"slices"
)

// Bounds of a run. They hold without anybody having asked for them.
const (
	leastRun   = 5
	mostRun    = 100
	shareOfRun = 10 // a run may touch one enabled account in so many
	// DayLimit is how many writes Vakt tries in one tenant within 24 hours,
	// whatever becomes of them.
	DayLimit = 500
)

// Limits bound how much one run may touch.
type Limits struct {
	// Enabled is the number of enabled accounts in the tenant.
	Enabled int `json:"enabled"`
	// Run is how many accounts a run may touch by itself: a tenth of Enabled,
	// at least 5 and at most 100.
	Run int `json:"run"`
	// Raised is the number that was asked for in its place, for this one run;
	// 0 for none. Whoever approves types it.
	Raised int `json:"raised"`
	// Day is how many writes may be tried in the tenant within 24 hours.
	Day int `json:"day"`
	// Waves are the numbers of accounts in the first waves; the last one takes
	// the rest. A wave is verified before the next one begins.
	Waves []int `json:"waves"`
}

func newLimits(enabled, raised int) Limits {
	return Limits{Enabled: enabled, Run: max(leastRun, min(mostRun, enabled/shareOfRun)), Raised: raised, Day: DayLimit, Waves: []int{1, 5, 25}}
}

// check refuses limits that a file cannot have got from here.
func (l Limits) check() error {
	if !slices.Equal(l.Waves, []int{1, 5, 25}) || l.Day != DayLimit || l.Enabled < 0 || l.Raised < 0 ||
		l.Run != newLimits(l.Enabled, 0).Run {
		return fmt.Errorf("its limits are not those that Vakt sets: make the plan again with `vakt plan`")
	}
	return nil
}

// Allowed is how many accounts a run may touch.
func (l Limits) Allowed() int {
	if l.Raised > 0 {
		return l.Raised
	}
	return l.Run
}

// LimitError says that a plan goes beyond a limit.
type LimitError struct {
	What    string // such as "accounts in one run"
	Planned int
	Limit   int
	Next    string // what to do
}

// Error names both numbers and the way out.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%d %s, at most %d are allowed: %s", e.Planned, e.What, e.Limit, e.Next)
}

// Within refuses a plan that touches more accounts than its limits allow.
func (p *Plan) Within() error {
	if n := p.Accounts(); n > p.Limits.Allowed() {
		return &LimitError{"accounts in one run", n, p.Limits.Allowed(),
			fmt.Sprintf("name fewer accounts, or raise the limit for this plan with `vakt plan --limit %d`", n)}
	}
	return nil
}

// WithinDay refuses writes that would go beyond the day's limit, with attempts
// of the last 24 hours before them.
func (l Limits) WithinDay(attempts, writes int) error {
	if attempts+writes > l.Day {
		return &LimitError{"writes within 24 hours", attempts + writes, l.Day, fmt.Sprintf("%d were tried already: wait, or name fewer accounts", attempts)}
	}
	return nil
}

// Accounts is the number of accounts that the plan touches.
func (p *Plan) Accounts() int {
	ids := map[string]bool{}
	for i := range p.Changes {
		ids[p.Changes[i].Subject.ID] = true
	}
	return len(ids)
}

// Waves are the changes, wave by wave. All changes of an account are in the
// same wave, in their order.
func (p *Plan) Waves() [][]Change {
	var waves [][]Change
	place := map[string]int{} // account → wave
	for i := range p.Changes {
		c := &p.Changes[i]
		wave, known := place[c.Subject.ID]
		if !known {
			wave = p.Limits.wave(len(place))
			place[c.Subject.ID] = wave
		}
		for len(waves) <= wave {
			waves = append(waves, nil)
		}
		waves[wave] = append(waves[wave], *c)
	}
	return waves
}

// wave is the wave of the n-th account, from 0.
func (l Limits) wave(n int) int {
	for i, size := range l.Waves {
		if n < size {
			return i
		}
		n -= size
	}
	return len(l.Waves)
}
