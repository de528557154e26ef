package baseline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How a threshold is proposed: the number that 99.5 % of all accounts, days or
// addresses stay at or below in their worst window, and that at least two of
// them reach, times a margin. It is never below the default, as a quiet month
// says little about the next, and never above five times the default, as then
// the month was not quiet.
const (
	thresholdPerMille = 995
	thresholdMargin   = 1.5
	thresholdMost     = 5
)

// population is what is counted for: accounts, days or addresses.
type population struct {
	noun  string // in the plural
	total int    // those with nothing included
	worst []worst
}

// worst is the largest number in any window.
type worst struct {
	name string
	n    int
}

// usual is the number that a threshold rests on.
func (p *population) usual() (percentile, second int) {
	slices.SortFunc(p.worst, func(a, b worst) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.name, b.name)) })
	if above := p.total - int(math.Ceil(float64(p.total)*thresholdPerMille/1000)); above < len(p.worst) {
		percentile = p.worst[above].n
	}
	if len(p.worst) > 1 {
		second = p.worst[1].n
	}
	return percentile, second
}

// threshold proposes a number for a parameter.
func (p *population) threshold(param, key, window string, standard float64) Line {
	line := Line{Parameter: param, Key: key, Count: len(p.worst)}
	if p.total == 0 {
		line.Value, line.Evidence, line.Why = plainNumber(standard), "no "+p.noun+" in the logs", "nothing was seen: the default stands"
		return line
	}
	percentile, second := p.usual()
	line.Evidence = fmt.Sprintf("99.5 %% of %s %s stayed at or below %d%s", thousands(p.total), p.noun, percentile, window)
	for i, w := range p.worst[:min(3, len(p.worst))] {
		if w.n > 1 {
			line.Evidence += [...]string{"; most: ", ", ", ", "}[i] + strconv.Itoa(w.n) + " (" + w.name + ")"
		}
	}
	value := math.Ceil(float64(min(percentile, second)) * thresholdMargin)
	switch {
	case value <= standard:
		line.Value, line.Why = plainNumber(standard), "the default stands: what is usual here is below it"
	case value > thresholdMost*standard:
		value = thresholdMost * standard
		line.Value, line.Why = plainNumber(value), "more than "+strconv.Itoa(thresholdMost)+" times the default is usual here: look into it first"
	default:
		line.Value, line.Active = plainNumber(value), true
	}
	for _, w := range p.worst {
		if float64(w.n) >= max(value, standard) && len(line.Names) < mostNames {
			line.Names = append(line.Names, w.name)
		}
	}
	return line
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// seenFailure is a failure with the account that it is of.
type seenFailure struct {
	time  int64
	who   *learnedOf
	place uint32
}

// failures are those of a kind, of accounts that are not left out, by time.
func (c *class) failures(kind failureKind) []seenFailure {
	var list []seenFailure
	for i := range c.l.accounts {
		s := &c.l.accounts[i]
		for _, f := range s.failures {
			if who := s.list[f.who()]; f.kind() == kind && !c.excluded[who.id] {
				list = append(list, seenFailure{int64(f.time), who, f.place})
			}
		}
	}
	slices.SortFunc(list, func(a, b seenFailure) int {
		return cmp.Or(cmp.Compare(a.time, b.time), strings.Compare(a.who.id, b.who.id), cmp.Compare(a.place, b.place))
	})
	return list
}

// grouped puts failures together by a key, each group in the order of time.
func grouped[K comparable](list []seenFailure, key func(seenFailure) K) map[K][]seenFailure {
	groups := map[K][]seenFailure{}
	for _, f := range list {
		groups[key(f)] = append(groups[key(f)], f)
	}
	return groups
}

// most is the largest number of failures in any window (t-W, t]; with a value
// function, of different values.
func most[V comparable](list []seenFailure, window time.Duration, value func(seenFailure) V) int {
	counts, from, best := map[V]int{}, 0, 0
	width := int64(window.Seconds())
	for _, f := range list {
		counts[value(f)]++
		for list[from].time <= f.time-width {
			v := value(list[from])
			if counts[v]--; counts[v] == 0 {
				delete(counts, v)
			}
			from++
		}
		best = max(best, len(counts))
	}
	return best
}

// mostAll is the same of failures, each for itself.
func mostAll(list []seenFailure, window time.Duration) int {
	from, best := 0, 0
	for i, f := range list {
		for list[from].time <= f.time-int64(window.Seconds()) {
			from++
		}
		best = max(best, i+1-from)
	}
	return best
}

// perAccount is the worst window of each account of a class.
func (c *class) perAccount(noun string, list []seenFailure, which func(*class, *learnedOf) bool, count func([]seenFailure) int) *population {
	p := &population{noun: noun, total: c.count(which)}
	for who, of := range grouped(list, func(f seenFailure) *learnedOf { return f.who }) {
		if who.successes > 0 && which(c, who) {
			p.worst = append(p.worst, worst{who.label(), count(of)})
		}
	}
	return p
}

// thresholds are the numbers that failures have to reach, people and
// privileged accounts apart.
func (c *class) thresholds() []Line {
	passwords := c.failures(badPassword)
	return slices.Concat(
		c.apart("failed_signin_threshold_user", "failed_signin_threshold_admin", "failed_signin_window", passwords),
		c.apart("interrupt_threshold_user", "interrupt_threshold_admin", "interrupt_window", c.failures(interrupted)),
		c.mfa(), c.lockouts(), c.spray(passwords), c.addresses(passwords), c.passwordChanges(),
	)
}

// standard is the present number of a parameter, and within a window's words.
func (c *class) standard(param string) float64 {
	n, _ := c.l.base.Number(param)
	return n
}

func (c *class) window(param string) (time.Duration, string) {
	d, _ := c.l.base.Duration(param)
	return d, " in " + formatDuration(d)
}

func (c *class) apart(user, admin, window string, list []seenFailure) []Line {
	d, words := c.window(window)
	count := func(of []seenFailure) int { return mostAll(of, d) }
	lines := []Line{c.perAccount("people", list, isPerson, count).threshold(user, "", words, c.standard(user))}
	if c.told {
		lines = append(lines, c.perAccount("privileged accounts", list, isPrivileged, count).threshold(admin, "", words, c.standard(admin)))
	}
	return lines
}

// mfa is the number of refused requests, which has one parameter for both.
func (c *class) mfa() []Line {
	const param, window = "mfa_attempt_threshold", 10 * time.Minute
	list := c.failures(mfaRefused)
	count := func(of []seenFailure) int { return mostAll(of, window) }
	return []Line{
		c.perAccount("people", list, isPerson, count).threshold(param, "user", " in 10m", c.standard(param)),
		c.perAccount("privileged accounts", list, isPrivileged, count).threshold(param, "admin", " in 10m", c.standard(param+".admin")),
	}
}

// lockouts is how many accounts are locked at once, day by day.
func (c *class) lockouts() []Line {
	d, words := c.window("lockout_window")
	p := &population{noun: "days", total: len(c.l.volume.days())}
	for day, of := range grouped(c.failures(lockedOut), func(f seenFailure) int64 { return f.time / secondsOfDay }) {
		p.worst = append(p.worst, worst{date(day * secondsOfDay), most(of, d, func(f seenFailure) *learnedOf { return f.who })})
	}
	return []Line{p.threshold("lockout_threshold", "", words, c.standard("lockout_threshold"))}
}

// spray is how many accounts fail at one address. Addresses from which nobody
// succeeds are not people's.
func (c *class) spray(passwords []seenFailure) []Line {
	d, words := c.window("spray_window")
	p := &population{noun: "shared addresses"}
	shared := map[string]bool{}
	for i := range c.l.places {
		for addr := range c.l.places[i].shared {
			shared[addr.String()] = true
		}
	}
	p.total = len(shared)
	for place, of := range grouped(passwords, func(f seenFailure) uint32 { return f.place }) {
		if place != 0 && shared[c.l.textOf(place)] {
			p.worst = append(p.worst, worst{c.l.textOf(place), most(of, d, func(f seenFailure) *learnedOf { return f.who })})
		}
	}
	return []Line{p.threshold("spray_distinct_users", "", words, c.standard("spray_distinct_users"))}
}

// addresses is from how many addresses an account fails within an hour.
func (c *class) addresses(passwords []seenFailure) []Line {
	p := c.perAccount("accounts", passwords, everybody, func(of []seenFailure) int {
		return most(of, time.Hour, func(f seenFailure) uint32 { return f.place })
	})
	return []Line{p.threshold("ip_change_threshold", "", " in 1h", c.standard("ip_change_threshold"))}
}

func (c *class) passwordChanges() []Line {
	p := c.perAccount("accounts", c.failures(passwordChanged), everybody, func(of []seenFailure) int { return mostAll(of, 24*time.Hour) })
	return []Line{p.threshold("password_change_threshold", "", " in 24h", c.standard("password_change_threshold"))}
}

// growth is how much sign-ins grow against the same day of the week before.
func (c *class) growth(zone *time.Location) []Line {
	v := &c.l.volume
	least := c.standard("volume_min_count")
	success, failed := &population{noun: "days"}, &population{noun: "days"}
	days := v.byDay(zone)
	for day, now := range days {
		before, ok := days[day.AddDate(0, 0, -7)]
		if !ok {
			continue
		}
		for _, of := range []struct {
			p         *population
			now, then uint32
		}{{success, now.success, before.success}, {failed, now.failed, before.failed}} {
			if of.p.total++; float64(of.now) >= least && of.now > of.then && of.then > 0 {
				of.p.worst = append(of.p.worst, worst{day.Format(time.DateOnly), int((of.now - of.then) * 100 / of.then)})
			}
		}
	}
	const words = " percent above the same day of the week before"
	return []Line{
		failed.threshold("volume_increase_pct_failed", "", words, c.standard("volume_increase_pct_failed")),
		success.threshold("volume_increase_pct_success", "", words, c.standard("volume_increase_pct_success")),
	}
}
