package detect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// dated is a baseline with a zone and some holidays.
type dated struct {
	*baseline.Baseline
	zone     *time.Location
	holidays map[string]string // country and date
}

func (b dated) Zone(name string) (*time.Location, bool) { return b.zone, name == "volume_timezone" }

func (b dated) Holiday(name, country string, year int, month time.Month, day int) bool {
	date := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	for of, on := range b.holidays {
		if name == "holidays" && (country == "" || country == of) && on == date {
			return true
		}
	}
	return false
}

// growLaw is what a growth asks, in plain values.
type growLaw struct {
	dated
	percent float64
	least   int
	days    int
	grouped bool // by country: "a" or "b"
}

func (l growLaw) text() string {
	group, by := "", ""
	if l.grouped {
		group, by = "group-by: [location.countryOrRegion], ", ", by: location.countryOrRegion"
	}
	return failedSignIn + fmt.Sprintf(`---
title: Up
name: up
correlation: {type: event_count, rules: [failed], %stimespan: 1d, condition: {gte: %d}}
level: high
vakt:
  growth: {percent: %v, zone: volume_timezone, holidays: holidays, against: %dd%s}
`, group, l.least, l.percent, l.days, by)
}

func zoneNamed(t fataler, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func growLawOf(t *rapid.T) growLaw {
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Stockholm", "America/St_Johns", "Pacific/Kiritimati"}).Draw(t, "zone")
	l := growLaw{
		dated:   dated{baseline.Default(), zoneNamed(t, zone), map[string]string{}},
		percent: rapid.SampledFrom([]float64{10, 50, 33.3}).Draw(t, "percent"), least: rapid.IntRange(1, 5).Draw(t, "least"),
		days: rapid.SampledFrom([]int{1, 7}).Draw(t, "days"), grouped: rapid.Bool().Draw(t, "grouped"),
	}
	for _, country := range []string{"a", "b"} {
		if rapid.IntRange(0, 4).Draw(t, "holiday") == 0 {
			l.holidays[country] = rapid.SampledFrom([]string{"2026-03-28", "2026-03-29", "2026-03-22"}).Draw(t, "date")
		}
	}
	return l
}

// dateAndClock are what the wall shows.
func (l growLaw) dateAndClock(second int64) (date, clock string) {
	date, clock, _ = strings.Cut(time.Unix(second, 0).In(l.zone).Format("2006-01-02 15:04:05"), " ")
	return date, clock
}

// daysBefore is a date some days before another.
func daysBefore(date string, days int) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, 0, -days).Format(time.DateOnly)
}

// record is what counts: a record in a group, at its earliest time.
type growRecord struct {
	tenant, group string
	id            byte
}

func (l growLaw) earliest(samples []sample) map[growRecord]int64 {
	all := map[growRecord]int64{}
	for _, s := range samples {
		for _, g := range l.groups(&s) {
			k := growRecord{s.tenant, g, s.id}
			if known, ok := all[k]; !ok || s.time < known {
				all[k] = s.time
			}
		}
	}
	return all
}

func (l growLaw) groups(s *sample) []string {
	if l.grouped {
		return s.groups
	}
	return []string{""}
}

// alerts looks at every day of every group, and goes through all records for
// each number.
func (l growLaw) alerts(samples []sample, now int64) (alerts []alertOf, learning int) {
	records := l.earliest(samples)
	today, hour := l.dateAndClock(now)
	type place struct{ tenant, group, date string }
	places := map[place]bool{}
	for r, second := range records {
		date, _ := l.dateAndClock(second)
		places[place{r.tenant, r.group, date}] = true
	}
	for p := range places {
		other := daysBefore(p.date, l.days)
		number, before, begun, there := 0, 0, false, false
		a := alertOf{Tenant: p.tenant, Group: p.group, Severity: rule.High}
		for r, second := range records {
			date, clock := l.dateAndClock(second)
			if r.tenant != p.tenant {
				continue
			}
			begun, there = begun || date < other, there || date == other
			if r.group != p.group {
				continue
			}
			counts := p.date != today || clock <= hour
			if date == p.date {
				if a.First == 0 || second < a.First {
					a.First = second
				}
				a.Last = max(a.Last, second)
				if counts {
					number++
				}
			}
			if date == other && counts {
				before++
			}
		}
		holiday := false
		for country, date := range l.holidays {
			holiday = holiday || (!l.grouped || country == p.group) && (date == p.date || date == other)
		}
		switch {
		case number < l.least || float64(number) <= float64(before)*(1+l.percent/100)+1e-9 || holiday:
		case !begun || !there:
			learning++
		default:
			first, err := time.Parse(time.DateOnly, p.date)
			if err != nil {
				panic(err)
			}
			a.Day, a.Count, a.Value, a.Before = first.Unix()/86400, number, float64(number), before
			l.show(&a, p.date, samples, records)
			alerts = append(alerts, a)
		}
	}
	slices.SortFunc(alerts, compareAlerts)
	return alerts, learning
}

// show fills in the records with the least keys of the day.
func (l growLaw) show(a *alertOf, date string, samples []sample, records map[growRecord]int64) {
	newest := map[byte]sample{}
	matched := map[string]bool{}
	for _, s := range samples {
		on, _ := l.dateAndClock(s.time)
		if s.tenant != a.Tenant || on != date || !slices.Contains(l.groups(&s), a.Group) {
			continue
		}
		if known, ok := newest[s.id]; !ok || cmp.Or(cmp.Compare(known.updated, s.updated), cmp.Compare(known.size, s.size)) < 0 {
			newest[s.id] = s
		}
	}
	var shown []sample
	for id := range 256 {
		if s, ok := newest[byte(id)]; ok && len(shown) < sampleSize {
			shown = append(shown, s)
		}
	}
	slices.SortFunc(shown, func(a, b sample) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
	var ids []string
	apps := map[string]bool{}
	for _, s := range shown {
		if on, _ := l.dateAndClock(records[growRecord{s.tenant, a.Group, s.id}]); on == date {
			ids = append(ids, fmt.Sprintf("r%03d", s.id))
			apps[fmt.Sprint(s.id)], matched[s.matched] = true, true
		}
	}
	a.Records, a.Apps, a.Matched = strings.Join(ids, " "), joined(apps), joined(matched)
}

// growSamples draws records of days around the change of clocks in Europe.
func growSamples(t *rapid.T) []sample {
	sunday := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC).Unix()
	days := rapid.SampledFrom([]int64{-9, -8, -7, -6, -2, -1, 0, 0, 1})
	clocks := rapid.OneOf(rapid.Int64Range(0, 86399), rapid.SampledFrom([]int64{0, 3599, 3600, 7200, 43200, 79200, 82800, 86399}))
	var all []sample
	for i := range rapid.IntRange(1, 80).Draw(t, "records") {
		s := sample{
			id: byte(i), time: sunday + 86400*days.Draw(t, "day") + clocks.Draw(t, "clock"), attempt: byte(i),
			tenant:  rapid.SampledFrom([]string{"t1", "t1", "t1", "t2"}).Draw(t, "tenant"),
			groups:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b"}), 1, 2, rapid.ID).Draw(t, "groups"),
			matched: rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "matched"), values: []string{""}, numbers: []float64{0},
		}
		all = append(all, s)
		for v := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "versions") {
			other := s
			other.size, other.time = v+1, s.time+rapid.SampledFrom([]int64{0, 0, -3600, 3600, 86400}).Draw(t, "moved")
			other.groups = []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "other group")}
			all = append(all, other)
		}
		if rapid.Bool().Draw(t, "copy") {
			all = append(all, s)
		}
	}
	return all
}

// TestGrowthAgreesWithTheNaiveReading: in any order, shared among workers, with
// copies and versions, over changes of clocks and holidays, where it is known
// which records were seen several times and where it is not.
func TestGrowthAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, samples := growLawOf(t), growSamples(t)
		now := samples[0].time
		times := map[byte]int{}
		for _, s := range samples {
			now = max(now, s.time)
			times[s.id]++
		}
		now += rapid.SampledFrom([]int64{0, 0, 3600, 86400}).Draw(t, "later")
		repeated := func(k event.Key) bool { return times[k[1]] > 1 }
		if rapid.Bool().Draw(t, "unknown") {
			repeated = nil
		}
		alone := slices.Clone(samples)
		for i := range samples {
			alone[i].groups = l.groups(&samples[i])
		}
		run := func(name string) (alerts []alertOf, learning int) {
			d := detectorWith(t, l.text(), l)
			d.limit, d.temporary = spilling(t), nameless
			up := slices.IndexFunc(d.targets, func(x target) bool { return x.rule.Growth != nil })
			workers := make([]*Worker, rapid.IntRange(1, 4).Draw(t, name+" workers"))
			for i := range workers {
				workers[i] = d.newWorker()
				workers[i].last = now
			}
			for i, s := range rapid.Permutation(alone).Draw(t, name) {
				w := workers[i%len(workers)]
				w.tenants.add(s.tenant)
				w.tell(up, &s)
			}
			res, err := d.Decide(context.Background(), workers, repeated, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range workers {
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			return flatAll(res.Detections), res.Learning["up"]
		}
		if !severalTenants(samples) {
			for i := range samples {
				samples[i].tenant = ""
			}
		}
		want, wantLearning := l.alerts(samples, now)
		for _, name := range []string{"order", "other order"} {
			got, learning := run(name)
			if !slices.Equal(got, want) || learning != wantLearning {
				t.Fatalf("%s by %s:\ngot  %+v, %d learning\nwant %+v, %d", l.text(), l.zone, got, learning, want, wantLearning)
			}
		}
	})
}

// TestGrowthKeepsLittle: of most records no row is kept.
func TestGrowthKeepsLittle(t *testing.T) {
	l := growLaw{dated: dated{baseline.Default(), time.UTC, nil}, percent: 10, least: 50, days: 7}
	d := detectorWith(t, l.text(), l)
	w := d.NewWorker()
	for i := range 20_000 {
		var r event.Record
		at := time.Date(2026, 3, 2, 0, 0, i, 0, time.UTC).Format("15:04:05")
		if err := d.Layout().Read([]byte(signIn(fmt.Sprint("id", i), at, "192.0.2.1")), &r); err != nil {
			t.Fatal(err)
		}
		w.See(&r)
	}
	rows := 0
	for f := range w.facts[0].each {
		if f.row != 0 {
			rows++
		}
	}
	if n := w.facts[0].len(); n != 20_000 || rows > 500 {
		t.Errorf("%d facts, %d rows", n, rows)
	}
}

// TestGrowth: near-threshold cases from rule text to detection.
func TestGrowth(t *testing.T) {
	const monday = "2026-03-02"
	day := func(date string, clock string, n int) []string {
		var all []string
		for i := range n {
			record := signIn(fmt.Sprint(date, clock, i), clock, "192.0.2.1", "location", `{"countryOrRegion":"SE"}`)
			all = append(all, strings.Replace(record, monday, date, 1))
		}
		return all
	}
	for _, tt := range []struct {
		name     string
		holidays map[string]string
		records  [][]string
		want     string // number and number before of each day
		learning int
	}{
		{"more than half above", nil, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 7)}, "7 4", 0},
		{"half above", nil, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 6)}, "", 0},
		{"too few", nil, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 1), day("2026-03-09", "10:00:00", 4)}, "", 0},
		{"the log begins that day", nil, [][]string{day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 7)}, "", 1},
		{"nothing that day", nil, [][]string{day("2026-03-01", "10:00:00", 1), day("2026-03-09", "10:00:00", 7)}, "", 1},
		{"up to the same time", nil, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day(monday, "10:00:01", 4), day("2026-03-09", "10:00:00", 7)}, "7 4", 1},
		{"the whole day is over", nil, [][]string{
			day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day(monday, "10:00:01", 4), day("2026-03-09", "10:00:00", 7), day("2026-03-10", "00:00:00", 1),
		}, "", 1},
		{"a holiday", map[string]string{"se": "2026-03-09"}, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 7)}, "", 0},
		{"against a holiday", map[string]string{"se": monday}, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 7)}, "", 0},
		{"a holiday elsewhere", map[string]string{"no": monday}, [][]string{day("2026-03-01", "10:00:00", 1), day(monday, "10:00:00", 4), day("2026-03-09", "10:00:00", 7)}, "7 4", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := growLaw{dated: dated{baseline.Default(), time.UTC, tt.holidays}, percent: 50, least: 5, days: 7, grouped: true}
			res := see(t, detectorWith(t, l.text(), l), slices.Concat(tt.records...)...)
			var got []string
			for _, d := range res.Detections {
				got = append(got, fmt.Sprint(d.Value, d.Before))
				if d.Group[0] != "se" || d.Count != int(d.Value) || d.First > d.Last {
					t.Errorf("%+v", d)
				}
			}
			if joined := strings.Join(got, "; "); joined != tt.want || res.Learning["up"] != tt.learning {
				t.Errorf("got %q and %v, want %q and %d", joined, res.Learning, tt.want, tt.learning)
			}
		})
	}
}

// TestGrowthShowsTheLeastKeys: of a busy day, whoever saw which of its records.
func TestGrowthShowsTheLeastKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := growLaw{dated: dated{baseline.Default(), time.UTC, nil}, percent: 10, least: 5, days: 1}
		var samples []sample
		for day := range int64(3) {
			for i := range []int{1, 1, 200}[day] {
				id := byte(i + int(day)) // another record than that of the day before
				samples = append(samples, sample{id: id, time: day*86400 + int64(i), attempt: id, groups: []string{""}, values: []string{""}, numbers: []float64{0}})
			}
		}
		d := detectorWith(t, l.text(), l)
		d.limit, d.temporary = spilling(t), nameless
		up := slices.IndexFunc(d.targets, func(x target) bool { return x.rule.Growth != nil })
		res := decided(t, d, spread(d, rapid.Permutation(samples).Draw(t, "order"), func(*sample) int { return up }, rapid.IntRange(1, 3).Draw(t, "workers"), 2*86400+1000))
		var want []string
		for id := 2; id < 2+sampleSize; id++ {
			want = append(want, fmt.Sprintf("r%03d", id))
		}
		if len(res.Detections) != 1 || !slices.Equal(res.Detections[0].Records, want) || res.Detections[0].Count != 200 {
			t.Fatalf("%+v, want one that shows %v", res.Detections, want)
		}
	})
}

// TestGrowthShowsTheFirstOfTwoRules: where two rules match a record of the
// sample, the alert shows the search of the one that stands first, whether
// records are kept, read again, or come both ways.
func TestGrowthShowsTheFirstOfTwoRules(t *testing.T) {
	text := detectionRule("first", "status.errorCode: [0, 50126]", "") + detectionRule("second", "status.errorCode: 50126", "") + `title: Up
name: up
correlation: {type: event_count, rules: [second, first], timespan: 1d, condition: {gte: 1}}
level: high
vakt: {growth: {percent: 10, zone: volume_timezone, against: 1d}}
`
	on := func(day, n int) string {
		return strings.Replace(fail(fmt.Sprint(day, "-", n), fmt.Sprintf("00:%02d", n)), "2026-03-02", fmt.Sprintf("2026-03-%02d", day), 1)
	}
	texts := []string{on(1, 0), on(2, 0)}
	for n := range 2 * sampleSize {
		texts = append(texts, on(3, n))
	}
	d := detectorWith(t, text, dated{baseline.Default(), time.UTC, nil})
	texts = append(texts, texts...)
	none, all := make([]bool, len(texts)/2), slices.Repeat([]bool{true}, len(texts)/2)
	for _, placed := range [][]bool{slices.Concat(none, none), slices.Concat(all, all), slices.Concat(none, all)} {
		s := &trial{d: d, kept: &kept{layout: d.Layout(), texts: texts, read: map[int]int{}}, workers: make([]*Worker, 2), placed: placed}
		s.run(t)
		res, err := s.decide()
		if err != nil || len(res.Detections) != 1 || !slices.Equal(res.Detections[0].Matched, []string{"search_first"}) {
			t.Errorf("read again: %v: got %+v, %v", placed, res, err)
		}
	}
}
