package detect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// newLaw is what a first_seen asks, in plain values.
type newLaw struct{ within, after, settle, lack int64 } // lack: of not_followed_by; below 0: none

func (l newLaw) compiled() *rule.Compiled {
	seconds := func(n int64) time.Duration { return time.Duration(n) * time.Second }
	c := &rule.Compiled{
		Rule: &rule.Rule{Name: "fresh"}, Settle: seconds(l.settle),
		FirstSeen: &rule.FirstSeen{Names: []string{"v"}, Within: seconds(l.within), After: seconds(l.after)},
	}
	if l.lack >= 0 {
		c.NotFollowedBy = &rule.NotFollowedBy{Within: seconds(l.lack)}
	}
	return c
}

func newLawOf(t *rapid.T) newLaw {
	one := func(name string, of ...int64) int64 { return rapid.SampledFrom(of).Draw(t, name) }
	return newLaw{one("within", 1, 5, 30, 3600, 100000), one("after", 1, 5, 30, 3600), one("settle", 1, 10, 600), one("lack", -1, -1, 10)}
}

// firings looks for each spot at every other: was its value there before, and
// was the group?
func (l newLaw) firings(spots []spot, after []follower, now int64) (found []firing, learning, undecided int) {
	lack := law{within: l.lack}
	for _, p := range spots {
		seen, known := false, false
		for _, q := range spots {
			if q.tenant == p.tenant && q.group == p.group {
				seen = seen || q.value == p.value && p.time-l.within <= q.time && q.time < p.time
				known = known || q.time <= p.time-l.after
			}
		}
		followed, unclear := lack.followed(p, after)
		switch {
		case seen:
		case !known:
			learning++
		case followed:
		case now < p.time+max(l.settle, l.lack):
			undecided++
		case !unclear:
			found = append(found, firing{spot: p, window: []spot{p}})
		}
	}
	return found, learning, undecided
}

// sightsIn are the facts of samples: every version of a record is one, and two
// that agree in group, value and time are one that shows the newer.
func sightsIn(l newLaw, samples []sample, several bool) []spot {
	type identity struct {
		tenant, group, value string
		id                   byte
		time                 int64
	}
	all, c := map[identity]spot{}, l.compiled()
	for _, s := range samples {
		if !several {
			s.tenant = ""
		}
		for _, p := range s.spots(c) {
			for _, g := range s.groups {
				p := spot{sample: s, group: g, value: p.value, matches: map[string]bool{s.matched: true}}
				k := identity{p.tenant, g, p.value, s.id, s.time}
				if known, ok := all[k]; ok {
					p = unite(known, p, known.updated < p.updated || known.updated == p.updated && known.size < p.size)
				}
				all[k] = p
			}
		}
	}
	return slices.Collect(maps.Values(all))
}

// alerts are those of a plain rule, with what is new.
func (l newLaw) alerts(found []firing) []alertOf {
	all := law{}.alerts(found, nil)
	for i := range all {
		a, fresh := &all[i], map[string]bool{}
		for _, f := range found {
			if f.tenant == a.Tenant && f.group == a.Group && a.Day*86400 <= f.time && f.time < (a.Day+1)*86400 {
				fresh[f.value] = true
			}
		}
		a.Value, a.New = float64(a.Count), joined(fresh)
	}
	return all
}

// TestFirstSeenAgreesWithTheNaiveReading: in any order, shared among workers,
// with copies and versions, with few facts in memory or none.
func TestFirstSeenAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLawOf(t)
		samples, after := samplesOf(t, 1), afterOf(t)
		now := int64(rapid.SampledFrom([]int{0, 20, 86400, 200000}).Draw(t, "now"))
		several := severalTenants(samples)
		run := func(name string) string {
			d := bare(MaxWindow, targetOf(l.compiled()))
			d.limit, d.temporary = spilling(t), nameless
			workers := spread(d, rapid.Permutation(samples).Draw(t, name), toFirst, rapid.IntRange(1, 4).Draw(t, name+" workers"), now)
			for i, f := range after {
				f.keep(workers[i%len(workers)], 0)
			}
			res := decided(t, d, workers)
			return fmt.Sprintf("%+v\n%d learning, %d undecided", flatAll(res.Detections), res.Learning["fresh"], res.Undecided["fresh"])
		}
		got, again := run("order"), run("other order")
		if !several {
			for i := range after {
				after[i].tenant = ""
			}
		}
		found, learning, undecided := l.firings(sightsIn(l, samples, several), after, now)
		if want := fmt.Sprintf("%+v\n%d learning, %d undecided", l.alerts(found), learning, undecided); got != want || again != want {
			t.Fatalf("%+v at %d:\ngot  %s\nand  %s\nwant %s", l, now, got, again, want)
		}
	})
}

func targetOf(c *rule.Compiled) target {
	return target{rule: c, alerts: true, steady: steady(c), wait: patience(c), said: []int{0}}
}

// TestFirstSeenKeepsLittle: of a value that comes again and again a worker
// keeps the first record, whatever the others are.
func TestFirstSeenKeepsLittle(t *testing.T) {
	l := newLaw{within: 100, after: 50, settle: 1, lack: -1}
	d := bare(MaxWindow, targetOf(l.compiled()))
	w := d.newWorker()
	for i := range 10_000 {
		w.tell(0, &sample{id: byte(i), time: int64(i), groups: []string{"g"}, values: []string{"v"}, numbers: []float64{0}, matched: "s"})
	}
	if n := w.facts[0].len(); n != 1 {
		t.Errorf("%d facts are kept", n)
	}
	w.tell(0, &sample{id: 1, time: 20_000, groups: []string{"g"}, values: []string{"v"}, numbers: []float64{0}, matched: "s"})
	w.last = 30_000
	res := decided(t, d, []*Worker{w})
	if len(res.Detections) != 1 || res.Detections[0].First != 20_000 || res.Learning["fresh"] != 1 {
		t.Errorf("%+v", res)
	}
}

// learnt is a baseline that has learned what one account shows.
type learnt struct {
	*baseline.Baseline
	since       int64
	first, last int64 // of SE
}

const anna = "0000000a-0000-0000-0000-000000000001"

func (l learnt) LearnedSince(account string) (int64, bool) { return l.since, account == anna }

func (l learnt) Learned(account, field, value string) (first, last int64, ok bool) {
	return l.first, l.last, account == anna && field == "location.countryOrRegion" && value == "se"
}

const freshCountry = `title: Fresh
name: top
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
level: high
vakt: {group: [account], first_seen: {values: location.countryOrRegion, within: 2h, after: 1h, learned: true}}
`

// TestFirstSeen: near-threshold cases from rule text to detection, with and
// without what the baseline has learned.
func TestFirstSeen(t *testing.T) {
	from := func(id, at, country string) string {
		return signIn(id, at, "192.0.2.1", "location", `{"countryOrRegion":"`+country+`"}`)
	}
	at := func(clock string) int64 {
		moment, err := time.Parse(time.RFC3339, "2026-03-02T"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return moment.Unix()
	}
	last := strings.Replace(from("end", "23:00:00", "SE"), anna, "0000000a-0000-0000-0000-000000000009", 1)
	for _, tt := range []struct {
		name     string
		learnt   *learnt
		records  []string
		want     string
		learning int
	}{
		{"another country, an hour later", nil, []string{from("a", "10:00:00", "SE"), from("b", "11:00:00", "NO")}, "no [b]", 2},
		{"a second too soon", nil, []string{from("a", "10:00:00", "SE"), from("b", "10:59:59", "NO")}, "", 3},
		{"the same country, in time", nil, []string{from("a", "10:00:00", "SE"), from("b", "12:00:00", "SE")}, "", 2},
		{"the same country, a second too late", nil, []string{from("a", "10:00:00", "SE"), from("b", "12:00:01", "se")}, "se [b]", 2},
		{"seen between", nil, []string{from("a", "10:00:00", "SE"), from("b", "12:00:01", "SE"), from("c", "11:00:00", "SE")}, "", 2},
		{"twice in a second", nil, []string{from("a", "10:00:00", "SE"), from("b", "11:00:00", "NO"), from("c", "11:00:00", "NO")}, "no [*]", 2},
		{"without a country", nil, []string{from("a", "10:00:00", "SE"), from("b", "11:00:00", "")}, "", 2},
		{"learned", &learnt{nil, at("00:00:00"), at("00:00:00"), at("09:30:00")}, []string{from("a", "11:30:00", "SE")}, "", 1},
		{"learned long ago", &learnt{nil, at("00:00:00"), at("00:00:00"), at("09:29:59")}, []string{from("a", "11:30:00", "SE")}, "se [a]", 1},
		{"learned of itself", &learnt{nil, at("00:00:00"), at("11:30:00"), at("11:30:00")}, []string{from("a", "11:30:00", "SE")}, "se [a]", 1},
		{"learned, another", &learnt{nil, at("00:00:00"), at("00:00:00"), at("09:30:00")}, []string{from("a", "11:30:00", "NO")}, "no [a]", 1},
		{"learned too briefly", &learnt{nil, at("10:30:01"), at("10:30:01"), at("10:30:01")}, []string{from("a", "11:30:00", "NO")}, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var lists rule.Lists = baseline.Default()
			if tt.learnt != nil {
				tt.learnt.Baseline = baseline.Default()
				lists = *tt.learnt
			}
			res := see(t, detectorWith(t, freshCountry, lists), append(tt.records, last)...)
			var got []string
			for _, d := range res.Detections {
				records := fmt.Sprint(d.Records)
				if len(d.Records) > 1 {
					records = "[*]"
				}
				got = append(got, strings.Join(d.New, "+")+" "+records)
			}
			if joined := strings.Join(got, "; "); joined != tt.want || res.Learning["top"] != tt.learning {
				t.Errorf("got %q and %d, want %q and %d", joined, res.Learning["top"], tt.want, tt.learning)
			}
		})
	}
}

// A shape that does not carry the field is blind, and not a record without a
// value.
func TestFirstSeenIsBlindWithoutItsField(t *testing.T) {
	text := strings.Replace(freshCountry, "location.countryOrRegion", "autonomousSystemNumber", 1)
	v1 := strings.Replace(signIn("a", "10:00:00", "192.0.2.1"), `,"authenticationRequirement":"singleFactorAuthentication"`, "", 1)
	res := see(t, detectorOf(t, text), v1)
	want := []Blind{{Rule: "top", Shape: event.GraphV1, Fields: []string{"autonomousSystemNumber"}, Records: 1}}
	if fmt.Sprint(res.Blind) != fmt.Sprint(want) || len(res.Ungrouped) > 0 {
		t.Errorf("%+v", res)
	}
}

// TestStretchesOverlap: of stretches of two workers one may end within the
// other, and hides nothing that the other shows.
func TestStretchesOverlap(t *testing.T) {
	const within = 60
	list := []seenAt{{stretch: stretch{0, 100}}, {stretch: stretch{50, 60}}, {stretch: stretch{161, 161}}, {value: 1, stretch: stretch{500, 500}}}
	merged := bridged(nil, list, within)
	for at, want := range map[int64]bool{0: false, 1: true, 55: true, 121: true, 160: true, 161: false, 162: true, 221: true, 222: false, 501: false} {
		if got := seenBefore(merged, &point{time: at}, within); got != want {
			t.Errorf("at %d: %v", at, got)
		}
	}
}

// TestStretchesTakeLittleMemory: those of many groups go with the facts.
func TestStretchesTakeLittleMemory(t *testing.T) {
	l := newLaw{within: 100, after: 50, settle: 1, lack: -1}
	d := bare(MaxWindow, targetOf(l.compiled()))
	d.limit, d.temporary = 20*sightBytes, nameless
	w := d.newWorker()
	for i := range 200 {
		w.tell(0, &sample{id: byte(i), time: int64(i), groups: []string{fmt.Sprint(i % 50)}, values: []string{"v"}, numbers: []float64{0}, matched: "s"})
	}
	if n := w.lean.stretches[0].count; n == 0 || n > 20 || w.spill == nil {
		t.Errorf("%d stretches are in memory", n)
	}
	if res := decided(t, d, []*Worker{w}); res.Learning["fresh"] != 50 {
		t.Errorf("%+v", res)
	}
}
