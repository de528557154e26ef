package baseline

import (
	"slices"
	"strings"
	"time"

	"vakt/internal/geo"
	"vakt/internal/rule"
)

var _ rule.Calendars = (*Baseline)(nil)

// everywhere is the key of a mapping by country that stands for every country
// without a key of its own.
const everywhere = "*"

// Zone gives the time zone behind a parameter that is one, such as
// volume_timezone. It answers false for every other parameter.
func (b *Baseline) Zone(name string) (*time.Location, bool) {
	p, ok := lookup(name)
	if !ok || p.Kind != Zone {
		return nil, false
	}
	zone, err := time.LoadLocation(b.values[name].scalar)
	return zone, err == nil
}

// Holiday tells whether a date is in the mapping of that name for a country:
// in the country's own line, else in that of every other country ("*"). Without
// a country any line will do. The case of the country does not matter. It is
// false for a name that is no mapping of country to dates.
func (b *Baseline) Holiday(name, country string, year int, month time.Month, day int) bool {
	if p, ok := lookup(name); !ok || p.Kind != Holidays {
		return false
	}
	rows := b.values[name].rows
	if country == "" {
		return slices.ContainsFunc(rows, func(r row) bool { return holds(r.texts, year, month, day) })
	}
	dates, _ := ofCountry(rows, strings.ToUpper(country))
	return holds(dates, year, month, day)
}

// holds looks a date up among those of a mapping, which are of one year or of
// every year.
func holds(dates []string, year int, month time.Month, day int) bool {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	return slices.Contains(dates, date) || slices.Contains(dates, date[len("2006-"):])
}

// ofCountry are the texts of a country in upper case, else those of every
// other; ok is false where there are neither.
func ofCountry(rows []row, country string) (texts []string, ok bool) {
	for _, key := range []string{country, everywhere} {
		if i := slices.IndexFunc(rows, func(r row) bool { return r.key == key }); i >= 0 {
			return rows[i].texts, true
		}
	}
	return nil, false
}

// WorkHours answers for three parameters together: working hours, holidays and
// time zones by country. Holidays and zones may be left out as "". ok is false
// when one of the names is no parameter of its kind.
func (b *Baseline) WorkHours(hours, holidays, zones string) (w rule.WorkHours, ok bool) {
	for _, want := range []struct {
		name string
		kind Kind
	}{{hours, Hours}, {holidays, Holidays}, {zones, Zones}} {
		p, known := lookup(want.name)
		if want.name == "" && want.kind != Hours {
			continue
		}
		if !known || p.Kind != want.kind {
			return nil, false
		}
	}
	return newWeek(b.values[hours].rows, b.values[holidays].rows, b.values[zones].rows), true
}

// week is when people work, by country. It does not change and may be shared.
type week struct {
	rows      []row // as declared, for Words
	countries map[string]*shifts
}

// shifts are the working hours of one country, or of every other.
type shifts struct {
	zone     *time.Location // nil: nobody has said by which clock
	hours    [7][]shift     // by time.Weekday
	holidays []string
}

// shift is a part of a day by the clock on the wall: minutes from midnight,
// the last one not included.
type shift struct{ from, until int }

func newWeek(hours, holidays, zones []row) *week {
	w := &week{rows: hours, countries: map[string]*shifts{}}
	for _, r := range slices.Concat(hours, holidays, zones) { // a country of its own wherever it is named
		if w.countries[r.key] == nil {
			w.countries[r.key] = newShifts(r.key, hours, holidays, zones)
		}
	}
	if _, all := ofCountry(hours, everywhere); all {
		for _, c := range geo.Countries() {
			if w.countries[c] == nil {
				w.countries[c] = newShifts(c, hours, holidays, zones)
			}
		}
	}
	return w
}

// newShifts is nil for a country whose hours nobody has declared.
func newShifts(country string, hours, holidays, zones []row) *shifts {
	texts, ok := ofCountry(hours, country)
	if !ok {
		return nil
	}
	s := &shifts{zone: zoneOf(country, zones)}
	s.holidays, _ = ofCountry(holidays, country)
	for _, text := range texts {
		s.add(text)
	}
	return s
}

// zoneOf is the clock that a country works by: as declared, else the one that
// all of the country shares; nil where it has several.
func zoneOf(country string, zones []row) *time.Location {
	name := geo.Zone(country)
	if declared, ok := ofCountry(zones, country); ok {
		name = declared[0]
	}
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// add takes in one text that checkHours has let through.
func (s *shifts) add(text string) {
	m := hours().FindStringSubmatch(text)
	first, last := slices.Index(days, m[1]), slices.Index(days, m[2])
	if m[2] == "" {
		last = first
	}
	for d := first; d <= last; d++ {
		day := (d + 1) % len(days) // the week of package time begins on Sunday
		s.hours[day] = append(s.hours[day], shift{minutes(m[3]), minutes(m[4])})
	}
}

// Outside tells whether a moment lies outside the working hours of a country.
func (w *week) Outside(at int64, country string) rule.Truth {
	s := w.of(country)
	if s == nil {
		return rule.Unknown
	}
	local := time.Unix(at, 0).In(s.zone)
	minute := local.Hour()*60 + local.Minute()
	works := slices.ContainsFunc(s.hours[local.Weekday()], func(x shift) bool { return x.from <= minute && minute < x.until })
	if works && (len(s.holidays) == 0 || !holds(s.holidays, local.Year(), local.Month(), local.Day())) {
		return rule.False
	}
	return rule.True
}

// Known tells whether Outside has an answer for a country.
func (w *week) Known(country string) bool { return w.of(country) != nil }

// of are the shifts of a country, or nil where they or their clock are not
// known.
func (w *week) of(country string) *shifts {
	s, named := w.countries[strings.ToUpper(country)]
	if !named {
		s = w.countries[everywhere]
	}
	if s == nil || s.zone == nil {
		return nil
	}
	return s
}

// Words are the working hours, a line for each country.
func (w *week) Words() []string {
	lines := make([]string, 0, len(w.rows))
	for _, r := range w.rows {
		clock := "by the clock of each country"
		switch s := w.countries[r.key]; {
		case s.zone != nil:
			clock = s.zone.String()
		case r.key != everywhere:
			clock = "clock not known"
		}
		lines = append(lines, r.key+" "+strings.Join(r.texts, ", ")+" ("+clock+")")
	}
	return lines
}
