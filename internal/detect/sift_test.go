package detect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// kept is the texts of records that can be read again, by At.Offset. It notes
// which of them were.
type kept struct {
	layout *event.Layout
	texts  []string
	needed []bool // by text: a worker said that it may be read

	lock sync.Mutex
	read map[int]int // by text
}

// shelf is a kept for one goroutine.
type shelf struct{ *kept }

func (k *kept) open() Archive { return shelf{k} }

func (k *kept) place(text int) At {
	return At{Input: int32(text % 2), Size: int32(len(k.texts[text])), Offset: int64(text)}
}

func (s shelf) Read(at At, r *event.Record) error {
	s.lock.Lock()
	s.read[int(at.Offset)]++
	s.lock.Unlock()
	if !s.needed[at.Offset] {
		return fmt.Errorf("nobody said that text %d may be read", at.Offset)
	}
	if err := s.layout.Read([]byte(s.texts[at.Offset]), r); err != nil {
		return err
	}
	return r.Check()
}

func (s shelf) Close() error { return nil }

func (s shelf) Changed(at At) error { return fmt.Errorf("text %d changed", at.Offset) }

// trial is a run over records of which some can be read again.
type trial struct {
	d        *Detector
	kept     *kept
	workers  []*Worker
	placed   []bool // by text; nil: none has a place
	repeated func(event.Key) bool
}

// run shows the records to workers, in their order.
func (s *trial) run(t fataler) {
	t.Helper()
	for i := range s.workers {
		s.workers[i] = s.d.NewWorker()
	}
	s.kept.needed = nil
	for i, text := range s.kept.texts {
		r, at := recordOf(t, s.d, text), At{}
		if s.placed != nil && s.placed[i] {
			at = s.kept.place(i)
		}
		s.kept.needed = append(s.kept.needed, s.workers[i%len(s.workers)].SeeAt(r, at))
	}
}

// decide says what was found, in order, and removes the files.
func (s *trial) decide() (*Result, error) {
	open := s.kept.open
	if s.placed == nil {
		open = nil
	}
	res, err := s.d.Decide(context.Background(), s.workers, s.repeated, open)
	for _, w := range s.workers {
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(res.Detections, func(a, b *Detection) int {
		return cmp.Or(strings.Compare(a.Rule.Key(), b.Rule.Key()), strings.Compare(a.Tenant, b.Tenant), slices.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
	})
	return res, nil
}

// written is a result in words, one line for each thing that it says.
func written(res *Result) string {
	var b strings.Builder
	for _, found := range res.Detections {
		d := *found
		fmt.Fprintf(&b, "%s: ", d.Rule.Key())
		for _, r := range d.Raised {
			fmt.Fprintf(&b, "%d by line %d, ", r.Value, slices.IndexFunc(d.Rule.Raises, func(o rule.Raise) bool { return reflect.DeepEqual(o, *r.Raise) }))
		}
		raw := string(bytes.Join(d.Raw, []byte(", ")))
		d.Rule, d.Raised, d.Raw = nil, nil, nil
		fmt.Fprintf(&b, "%+v shows %s\n", d, raw)
	}
	fmt.Fprintf(&b, "blind %+v\nweak %+v\nundecided %v\nlearning %v\nungrouped %v\ntenant %s\n", res.Blind, res.Weak, res.Undecided, res.Learning, res.Ungrouped, res.Tenant)
	return b.String()
}

// beside are the lines of a text that another has not.
func beside(text, other string) string {
	known := strings.SplitAfter(other, "\n")
	return strings.Join(slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool { return slices.Contains(known, line) }), "")
}

// used counts in how many cases, or how often, parts of the machinery were.
type used map[string]int

// note looks at workers before the decision.
func (u used) note(s *trial) (traced map[int]bool) {
	counted, followed, spilled, together, alone := 0, 0, 0, 0, 0
	traced = map[int]bool{}
	for _, w := range s.workers {
		block := make([]trace, traceBlock)
		look := func(list []trace) {
			for i := range list {
				if o, err := w.origins.of(list[i].origin); err == nil {
					traced[int(o.Offset)] = true
				}
			}
		}
		for _, c := range w.recipes {
			if c.table != nil && c.records > 0 {
				together = 1
			}
		}
		for i := range w.traces {
			alone += w.traces[i].counted.own.len() + w.traces[i].followed.own.len()
			counted, followed = counted+w.traces[i].counted.len(), followed+w.traces[i].followed.len()
			w.traces[i].counted.each(block, look)
		}
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			spilled = 1
			if run.followed {
				followed += run.count
				continue
			}
			counted += run.count
			if w.spill.readTraces(&run, 0, 1, block, look) != nil {
				u["unread"]++
			}
		}
	}
	u["traces"] += min(1, counted)
	u["followers"] += min(1, followed)
	u["spilled"] += spilled
	u["in tables"] += together
	u["rule by rule"] += min(1, alone)
	return traced
}

// TestTracesMissNothing: what is found is the same whether records are kept or
// read again, all of them or some.
func TestTracesMissNothing(t *testing.T) {
	all, rounds := used{}, 3
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, all.compare)
	}
	all.enough(t)
}

// TestGrowthBySeveralFields: of a record that several rules of a growth match, each
// by a field of its own, every group is counted, and once where they are the same.
func TestGrowthBySeveralFields(t *testing.T) {
	all := used{}
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.SampledFrom([]string{"fail: ip, either: account", "fail: account, either: account", "fail: ip, either: sessionId"}).Draw(t, "fields")
		all.compareBy(t, siftedBases+"title: up\nname: up\ncorrelation: {type: event_count, rules: [fail, either], group-by: [who], aliases: {who: {"+fields+"}}, timespan: 1d, condition: {gte: 1}}\nlevel: high\nvakt: {growth: {percent: 10, zone: volume_timezone, holidays: holidays, against: 1d}}")
	})
	if all["up"] == 0 || all["in tables"] == 0 || all["rule by rule"] == 0 {
		t.Errorf("%v: the test tries too little", all)
	}
}

// compare runs the same rules over the same records twice.
func (u used) compare(t *rapid.T) { u.compareBy(t, siftedRules(t)) }

func (u used) compareBy(t *rapid.T, text string) {
	d := detectorWith(t, text, siftedLists(t))
	if rapid.Bool().Draw(t, "locates") {
		d.Locate(atlas{"203.0.113.1": {Lat: 59, Lon: 17, Radius: 50}, "203.0.113.3": {Lat: 6.45, Lon: 3.4, Radius: 50}})
	}
	if rapid.Bool().Draw(t, "shows events") {
		d.KeepRecords(1 << 20)
	}
	d.most = rapid.SampledFrom([]int{MaxWindow, MaxWindow, 3}).Draw(t, "most")
	k := &kept{layout: d.Layout(), texts: loginsOf(t), read: map[int]int{}}
	repeated := repeatedIn(t, d, k.texts)
	plain := &trial{d: d, kept: k, workers: make([]*Worker, rapid.IntRange(1, 4).Draw(t, "workers")), repeated: repeated}
	plain.run(t)
	want, err := plain.decide()
	if err != nil {
		t.Fatal(err)
	}

	d.limit, d.temporary = spilling(t), nameless
	d.recipes = rapid.SampledFrom([]int{maxRecipes, maxRecipes, 2, 0}).Draw(t, "recipes")
	again := &trial{d: d, kept: k, workers: make([]*Worker, rapid.IntRange(1, 4).Draw(t, "workers that read again")), repeated: repeated}
	least := rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(t, "without a place, of ten")
	for range k.texts {
		again.placed = append(again.placed, rapid.IntRange(0, 9).Draw(t, "place") >= least)
	}
	again.run(t)
	traced := u.note(again)
	got, err := again.decide()
	if err != nil {
		t.Fatal(err)
	}
	if g, w := written(got), written(want); g != w || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n%s\nplaced %v\nwith traces:\n%swithout:\n%s", text, strings.Join(k.texts, "\n"), again.placed, beside(g, w), beside(w, g))
	}
	u.judge(d, traced, k.read, want)
}

// judge notes what came of traces.
func (u used) judge(d *Detector, traced map[int]bool, read map[int]int, found *Result) {
	u["cases"]++
	out, back := 0, 0
	for text := range traced {
		if read[text] == 0 {
			out = 1
		} else {
			back = 1
		}
	}
	u["sifted out"] += out
	u["read again"] += back
	fires := 0
	for i := range d.targets {
		if t := &d.targets[i]; t.sifts && slices.ContainsFunc(found.Detections, func(f *Detection) bool { return f.Rule == t.rule }) {
			fires = 1
			u[strings.TrimRight(t.rule.Name, "0123456789")]++
		}
	}
	u["fires"] += fires
	for what, n := range map[string]int{"blind": len(found.Blind), "weak": len(found.Weak), "undecided": len(found.Undecided), "learning": len(found.Learning), "ungrouped": len(found.Ungrouped)} {
		u[what] += min(1, n)
	}
}

// enough fails where the cases did not try what they are for.
func (u used) enough(t *testing.T) {
	t.Helper()
	if t.Log(u); t.Failed() || testing.Short() {
		return
	}
	atLeast := func(what string, percent int) {
		if 100*u[what] < percent*u["cases"] {
			t.Errorf("%s: in %d of %d cases: the test tries too little", what, u[what], u["cases"])
		}
	}
	for what, percent := range map[string]int{"traces": 70, "followers": 40, "spilled": 20, "in tables": 40, "rule by rule": 15, "read again": 45, "sifted out": 12, "fires": 34, "blind": 30, "weak": 50, "undecided": 1, "learning": 3, "ungrouped": 20} {
		atLeast(what, percent)
	}
	for _, kind := range []string{"many", "different", "steps", "across", "burst", "over", "travel"} {
		atLeast(kind, 1)
	}
}

// repeatedIn draws what is known of records that come more than once: which they
// are, or nothing.
func repeatedIn(t *rapid.T, d *Detector, texts []string) func(event.Key) bool {
	if rapid.Bool().Draw(t, "unknown which come again") {
		return nil
	}
	times := map[event.Key]int{}
	for _, text := range texts {
		times[recordOf(t, d, text).Key()]++
	}
	return func(k event.Key) bool { return times[k] > 1 }
}
