package detect

import (
	"math"
	"slices"
	"time"

	"vakt/internal/geo"
	"vakt/internal/rule"
)

// Move is a way between two records of one group that nobody goes.
type Move struct {
	From, To Stop
	Km       float64 // at least; whole
	Speed    float64 // km/h, at least; whole: a way in no time counts as one in a second
	// Vouched says that both come from devices that are compliant, or that the
	// account used on an earlier day: it was the network that moved.
	Vouched bool
}

// Stop is one end of a Move. Texts are as the record has them.
type Stop struct {
	Time          int64 // seconds since 1970
	Country, City string
	IP            string
	Source        Source // how it is known
}

// MaxMoves is how many moves a Detection lists: the first.
const MaxMoves = 3

// move is a Move between two facts of a series.
type move struct {
	from, to  int
	km, speed float64
	vouched   bool
}

// traveller looks for moves among the facts of a series.
type traveller struct {
	rule  *rule.Travel
	facts []point
	stops []*stop               // by fact
	where []string              // by fact: what tells its place from others
	far   map[[2]string]float64 // between two places
	last  []int                 // for each place its latest fact, the latest first
	group string                // whose facts they are
	since map[string]int64      // by device, and by network: its first fact
	ways  map[way]*gone
}

// roams tells whether facts are in more than one country. Mostly they are in
// one, and nothing more is done with them.
func (j *judge) roams(list []entry) bool {
	first := ""
	for i := range list {
		if list[i].kind != isFact {
			continue // it follows
		}
		country := string(j.x.workers[list[i].of].words.text(list[i].value)[:2])
		if first == "" {
			first = country
		}
		if country != first {
			return true
		}
	}
	return false
}

// travel finds the moves of a series and folds them by the day on which they
// end.
func (j *judge) travel() {
	t := traveller{rule: j.t.rule.Travel, facts: j.now.facts, far: map[[2]string]float64{}, since: map[string]int64{}, ways: map[way]*gone{}}
	if len(t.facts) > 0 {
		t.group = string(j.x.words.text(t.facts[0].group))
	}
	known := map[uint32]*stop{}
	for i := range t.facts {
		value := t.facts[i].value
		text := j.x.words.text(value)
		if known[value] == nil {
			s := readStop(text)
			known[value] = &s
		}
		t.stops, t.where = append(t.stops, known[value]), append(t.where, at(text))
		for _, key := range []string{known[value].device, known[value].net()} {
			if _, met := t.since[key]; !met {
				t.since[key] = t.facts[i].time
			}
		}
	}
	for i := range t.facts {
		if m, ok := t.arrive(i); ok && t.isNews(&m) {
			j.moved(m)
		}
	}
}

// arrive looks for the latest fact from which nobody gets to fact i in time,
// and takes that one in. Of the facts at one place the latest is enough: it is
// the one from which there is least time.
func (t *traveller) arrive(i int) (m move, found bool) {
	reach := int64(math.Ceil(geo.Farthest / t.rule.Speed * time.Hour.Seconds()))
	for _, k := range t.last {
		if found || t.facts[i].time-t.facts[k].time > reach {
			break
		}
		m, found = t.move(k, i)
	}
	place := slices.IndexFunc(t.last, func(k int) bool { return t.where[k] == t.where[i] })
	switch {
	case place >= 0:
		t.last = slices.Delete(t.last, place, place+1)
	case len(t.last) == MaxWindow:
		t.last = t.last[:MaxWindow-1]
	}
	t.last = slices.Insert(t.last, 0, i)
	return m, found
}

// move tells whether nobody gets from fact k to fact i in time.
func (t *traveller) move(k, i int) (move, bool) {
	from, to := t.stops[k], t.stops[i]
	if from.country == to.country {
		return move{}, false
	}
	km := t.apart(k, i)
	hours := float64(max(1, t.facts[i].time-t.facts[k].time)) / time.Hour.Seconds()
	m := move{from: k, to: i, km: km, speed: km / hours, vouched: t.vouched(k) && t.vouched(i)}
	return m, km >= t.rule.Distance && m.speed > t.rule.Speed
}

// vouched tells whether the device of a fact speaks for the account: it is
// compliant, or was the account's on an earlier day.
func (t *traveller) vouched(i int) bool {
	s, now := t.stops[i], t.facts[i].time
	switch {
	case s.device == "":
		return false
	case s.compliant, dayOf(t.since[s.device]) < dayOf(now):
		return true
	}
	return t.rule.Knows(t.group, s.device, now)
}

func (t *traveller) apart(k, i int) float64 {
	ends := [2]string{t.where[k], t.where[i]}
	km, ok := t.far[ends]
	if !ok {
		km = geo.Apart(t.stops[k].places(), t.stops[i].places())
		t.far[ends] = km
	}
	return km
}

// way is one between two countries. One that devices vouch for, and one that
// they do not, are different ways.
type way struct {
	ends    [2]string
	vouched bool
}

// gone is when a way was gone: on the newest day, and before it.
type gone struct{ day, last, before int64 }

// isNews tells whether a way is new: it was not gone lately on an earlier day,
// or not from networks that the account has used since an earlier day. It notes
// that it was gone.
func (t *traveller) isNews(m *move) bool {
	w := way{[2]string{t.stops[m.from].country, t.stops[m.to].country}, m.vouched}
	slices.Sort(w.ends[:])
	now := t.facts[m.to].time
	g := t.ways[w]
	if g == nil {
		g = &gone{day: dayOf(now), before: math.MinInt64 / 2}
		t.ways[w] = g
	}
	if today := dayOf(now); g.day != today {
		g.day, g.before = today, g.last
	}
	g.last = now
	return t.rule.Again == 0 || now-g.before > int64(t.rule.Again.Seconds()) || !t.isUsual(m.from) || !t.isUsual(m.to)
}

// isUsual tells whether the network of a fact was the account's on an earlier
// day, in that country.
func (t *traveller) isUsual(i int) bool {
	return dayOf(t.since[t.stops[i].net()]) < dayOf(t.facts[i].time)
}

// net is a key of a stop's network, which is no key of a device.
func (s *stop) net() string { return joint + s.country + s.network }

// moved takes a move into the alert of its day.
func (j *judge) moved(m move) {
	today := dayOf(j.now.facts[m.to].time)
	var fold *folding
	if n := len(j.folded); n > 0 && j.folded[n-1].day == today {
		fold = &j.folded[n-1]
	} else {
		fold = j.begin(today, m.speed)
	}
	fold.value = max(fold.value, m.speed)
	fold.moves = append(fold.moves, m)
}

// ends makes windows of the ends of moves, one after the other.
func (f *folding) ends(s *series) {
	var ends []int
	for _, m := range f.moves {
		ends = append(ends, m.from, m.to)
	}
	for _, i := range sortedSet(ends) {
		f.take(span{s, i, i + 1})
	}
}

// travelled says in a detection between which ends nobody goes. Where all of
// them are vouched for by their devices it weighs little, whoever it is.
func (j *judge) travelled(det *Detection, fold *folding) {
	det.Value = math.Round(fold.value)
	vouched := true
	for _, m := range fold.moves {
		vouched = vouched && m.vouched
		if len(det.Moves) < MaxMoves {
			det.Moves = append(det.Moves, Move{From: j.end(m.from), To: j.end(m.to), Km: math.Round(m.km), Speed: math.Round(m.speed), Vouched: m.vouched})
		}
	}
	if vouched {
		det.Severity, det.Raised = min(det.Severity, rule.Low), nil
	}
}

func (j *judge) end(i int) Stop {
	f := &j.now.facts[i]
	s := readStop(j.x.words.text(f.value))
	return Stop{Time: f.time, Country: s.country, City: s.city, IP: s.ip, Source: s.source}
}
