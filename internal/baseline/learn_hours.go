package baseline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// hoursShares is how working hours are found: an hour of the week belongs to
// them where it holds at least such a share of what the busiest hours hold. The
// first share counts with which hoursCover of all sign-ins fall into the hours:
// a rule about the others would alert all day long if more fell outside. Hours
// of more than hoursMost a week say nothing.
var hoursShares = []float64{0.2, 0.1, 0.05, 0.02, 0.01}

const (
	hoursCover    = 0.99
	hoursMost     = 7 * 12
	hoursBusiest  = 10 // so many of the hours of the week are the busiest
	hoursAccounts = 20
	hoursSignIns  = 1000
	hoursLook     = 100 // from how many sign-ins on they are shown
	hoursInWeek   = 7 * 24
)

// A holiday holds less than a quarter of what its day of the week usually
// does, and that is known after three weeks.
const (
	holidayShare = 0.25
	holidayWeeks = 3
	holidayUsual = 20 // sign-ins on such a day; with fewer, nobody can tell
)

// zoneOf is the clock of a country: what the baseline says, else the only one
// that the country has; nil where it has several.
func (c *class) zoneOf(country string) *time.Location {
	for _, r := range c.l.base.values["country_timezones"].rows {
		if r.key == country {
			return location(r.texts[0])
		}
	}
	return location(onlyZone(country))
}

func location(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// mainZone is the clock of the country with the most accounts, else UTC.
func (c *class) mainZone() *time.Location {
	if countries := byWeight(c.shown(useCountry, everybody)); len(countries) > 0 {
		if zone := c.zoneOf(countries[0]); zone != nil {
			return zone
		}
	}
	return time.UTC
}

// volumeZone proposes in which zone days begin.
func (c *class) volumeZone(zone *time.Location) []Line {
	if zone == time.UTC {
		return nil
	}
	return []Line{{Parameter: "volume_timezone", Value: zone.String(), Active: true, Evidence: "the clock of the country with the most accounts"}}
}

// calendar proposes clocks, working hours and holidays for the countries that
// people work in.
func (c *class) calendar() []Line {
	var zones, hours, holidays []Line
	all := c.shown(useCountry, everybody)
	for _, country := range byWeight(all) {
		t, zone := all[country], c.zoneOf(country)
		if _, err := checkCountry(country); err != nil || t.accounts < 2 {
			continue
		}
		if zone == nil {
			zones = append(zones, Line{Parameter: "country_timezones", Key: country, Value: "Region/City", Accounts: t.accounts, Evidence: plural(t.accounts, "account", "accounts"),
				Why: "the country has several clocks: write the one of your offices"})
			continue
		}
		zones = append(zones, Line{Parameter: "country_timezones", Key: country, Value: zone.String(), Accounts: t.accounts, Active: true, Evidence: plural(t.accounts, "account", "accounts")})
		w := c.weekOf(country, zone)
		hours = append(hours, w.lines(country, t.accounts)...)
		holidays = append(holidays, w.holidays(country)...)
	}
	return slices.Concat(zones, hours, holidays)
}

// localWeek is the sign-ins of a country by local time.
type localWeek struct {
	slots [hoursInWeek]int // from Monday, 00:00
	days  map[time.Time]int
	total int
}

func (c *class) weekOf(country string, zone *time.Location) *localWeek {
	w := &localWeek{days: map[time.Time]int{}}
	for hour, n := range c.l.volume.countries[c.l.texts.put([]byte(country))] {
		t := time.Unix(int64(hour)*3600, 0).In(zone)
		w.slots[slotOf(t)] += int(n)
		w.days[dayOf(t)] += int(n)
		w.total += int(n)
	}
	for _, day := range c.l.volume.days() { // those on which nobody signed in count too
		w.days[dayOf(time.Unix(day*secondsOfDay+secondsOfDay/2, 0).In(zone))] += 0
	}
	return w
}

func slotOf(t time.Time) int { return weekday(t)*24 + t.Hour() }

// weekday counts from Monday.
func weekday(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }

// dayOf is a local date, as midnight in UTC.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// span is the working hours of a day: [from, until).
type span struct{ from, until int }

// busy are the working hours of the days of the week; none where from is until.
func (w *localWeek) busy() (days [7]span) {
	for _, share := range hoursShares {
		if days = w.above(share); hoursOf(days) > hoursMost {
			break
		}
		if w.inside(days) >= hoursCover {
			return days
		}
	}
	return w.above(hoursShares[0])
}

// hoursOf is how many hours of the week are in some.
func hoursOf(days [7]span) int {
	n := 0
	for _, s := range days {
		n += s.until - s.from
	}
	return n
}

// inside is the share of the sign-ins that fall into some hours.
func (w *localWeek) inside(days [7]span) float64 {
	n := 0
	for d, s := range days {
		for h := s.from; h < s.until; h++ {
			n += w.slots[d*24+h]
		}
	}
	return float64(n) / float64(max(1, w.total))
}

// above are the hours that hold at least a share of what the busiest do.
func (w *localWeek) above(share float64) (days [7]span) {
	sorted := slices.Sorted(slices.Values(w.slots[:]))
	sum := 0
	for _, n := range sorted[hoursInWeek-hoursBusiest:] {
		sum += n
	}
	least := float64(sum) / hoursBusiest * share
	for slot, n := range w.slots {
		if float64(n) < least || n == 0 {
			continue
		}
		d := &days[slot/24]
		if d.from == d.until {
			d.from = slot % 24
		}
		d.until = slot%24 + 1
	}
	return alike(days)
}

// alike gives working days that hardly differ the same hours.
func alike(week [7]span) [7]span {
	const apart = 2 // hours
	all := span{24, 0}
	for _, d := range week[:5] {
		if d.from < d.until {
			all = span{min(all.from, d.from), max(all.until, d.until)}
		}
	}
	for i, d := range week[:5] {
		if d.from < d.until && d.from-all.from <= apart && all.until-d.until <= apart {
			week[i] = all
		}
	}
	return week
}

// lines is the hours as a baseline writes them, one for each run of days.
func (w *localWeek) lines(country string, accounts int) []Line {
	week := w.busy()
	var parts []string
	for i := 0; i < 7; {
		j := i + 1
		for j < 7 && week[j] == week[i] {
			j++
		}
		if s := week[i]; s.from < s.until {
			name := days[i]
			if j-i > 1 {
				name += "-" + days[j-1]
			}
			parts = append(parts, fmt.Sprintf("%s %02d:00-%02d:00", name, s.from, s.until))
		}
		i = j
	}
	if len(parts) == 0 || w.total < hoursLook {
		return nil
	}
	value := parts[0]
	if len(parts) > 1 {
		value = "[" + strings.Join(parts, ", ") + "]"
	}
	line := Line{Parameter: "business_hours", Key: country, Value: value, Accounts: accounts, Count: w.total, Share: w.inside(week)}
	line.Evidence = fmt.Sprintf("%s of %s of %s fall into them", percent(line.Share), plural(w.total, "sign-in", "sign-ins"), plural(accounts, "account", "accounts"))
	switch {
	case len(w.days) < 7:
		line.Why = "the logs hold no whole week"
	case accounts < hoursAccounts:
		line.Why = fmt.Sprintf("fewer than %d accounts", hoursAccounts)
	case w.total < hoursSignIns:
		line.Why = fmt.Sprintf("fewer than %d sign-ins", hoursSignIns)
	case hoursOf(week) > hoursMost:
		line.Why = "hardly any hour of the week is free"
	case line.Share < hoursCover:
		line.Why = "so many fall outside that rules about it would alert every day"
	}
	line.Active = line.Why == ""
	return []Line{line}
}

// holidays are working days that were nearly empty. Why they were is for a
// person to say.
func (w *localWeek) holidays(country string) []Line {
	byWeekday := [7][]int{}
	for day, n := range w.days {
		byWeekday[weekday(day)] = append(byWeekday[weekday(day)], n)
	}
	week := w.busy()
	var lines []Line
	dates := slices.SortedFunc(maps.Keys(w.days), time.Time.Compare)
	for _, day := range dates[1 : len(dates)-1] { // the first and the last may be parts of days
		all := byWeekday[weekday(day)]
		usual := median(all)
		if s := week[weekday(day)]; s.from == s.until || len(all) < holidayWeeks || usual < holidayUsual || float64(w.days[day]) >= holidayShare*float64(usual) {
			continue
		}
		lines = append(lines, Line{Parameter: "holidays", Key: country, Value: day.Format(time.DateOnly), Count: w.days[day],
			Evidence: fmt.Sprintf("%s, against %s on such a day", plural(w.days[day], "sign-in", "sign-ins"), thousands(usual)), Why: "quiet; whether it was a holiday is yours to say"})
	}
	return lines
}

func median(all []int) int {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// byDay adds up the hours of each local day.
func (v *volumeTally) byDay(zone *time.Location) map[time.Time]hourVolume {
	all := map[time.Time]hourVolume{}
	for hour, n := range v.hours {
		day := dayOf(time.Unix(int64(hour)*3600, 0).In(zone))
		sum := all[day]
		all[day] = hourVolume{sum.success + n.success, sum.failed + n.failed}
	}
	return all
}

// week is what the days of an ordinary week hold.
func (v *volumeTally) week(zone *time.Location) []WeekDay {
	var success, failed [7][]int
	for day, n := range v.byDay(zone) {
		success[weekday(day)] = append(success[weekday(day)], int(n.success))
		failed[weekday(day)] = append(failed[weekday(day)], int(n.failed))
	}
	var hours [7][24]int
	for hour, n := range v.hours {
		t := time.Unix(int64(hour)*3600, 0).In(zone)
		hours[weekday(t)][t.Hour()] += int(n.success + n.failed)
	}
	var week []WeekDay
	for i, name := range days {
		if len(success[i]) == 0 {
			continue
		}
		busiest := 0
		for h, n := range hours[i] {
			if cmp.Compare(n, hours[i][busiest]) > 0 {
				busiest = h
			}
		}
		week = append(week, WeekDay{name, median(success[i]), median(failed[i]), busiest})
	}
	return week
}
