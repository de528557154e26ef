package sim

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"sort"
	"time"
)

// Uses of the seed: each names an independent stream of numbers.
const (
	useAccount uint64 = iota + 1
	useDevice
	usePlace
	useLife
	useAttack
	useID
	useCorrelation
	useDetail
	useSession
	useVisit
	usePerson
	useDay
	useWeek
	useResident
	useStaff
)

// The kinds of events.
const (
	evSignIn uint8 = iota
	evAudit
	evRisk
	evMailbox
)

// logOf names the log of a kind of event.
var logOf = map[uint8]string{evSignIn: SignIn, evAudit: Audit, evRisk: Risk, evMailbox: Unified}

// event is one thing that happens, before it is written as a record. A day of
// them is held in memory at a time.
type event struct {
	at       int64   // unix nanoseconds, a multiple of 100
	seed     uint64  // everything else about the record comes from it
	first    uint64  // seed of the first request of the same sign-in, else 0
	from     *origin // nil in everyday life
	note, to string
	who      int32 // place of the account
	code     int32 // sign-in error code
	attack   int32 // place of the attack, -1 for life
	kind     uint8
	quiet    bool // a non-interactive sign-in
}

// id is the id of a sign-in, risk detection or mailbox record.
func (e *event) id() string { return derivedUUID(e.seed, useID) }

// began is the seed of the sign-in that the event belongs to.
func (e *event) began() uint64 {
	if e.first != 0 {
		return e.first
	}
	return e.seed
}

func (e *event) correlation() string { return derivedUUID(e.began(), useCorrelation) }

func (e *event) time() time.Time { return time.Unix(0, e.at).UTC() }

// world is a scenario with a seed.
type world struct {
	s       *Scenario
	seed    uint64
	weights []float64 // cumulative; how much account i does
	events  []event   // of all attacks
	victims map[int32]bool
	blocked map[int32]bool   // disabled accounts: they have no life
	hushed  map[int32][]span // when an account is under attack, and some time after
}

// span is a time in unix nanoseconds, both ends in it.
type span struct{ from, to int64 }

// Generate returns all records in the order of time, or those of some logs;
// records of the same instant keep a fixed order. It holds one day of events
// at a time.
func (s *Scenario) Generate(seed uint64, logs ...string) iter.Seq[Record] {
	if s.Month != nil {
		return s.monthly(seed, logs)
	}
	return func(yield func(Record) bool) {
		w := newWorld(s, seed)
		for day := range s.Days {
			events := w.day(day)
			for i := range events {
				if len(logs) > 0 && !slices.Contains(logs, logOf[events[i].kind]) {
					continue
				}
				if !yield(w.record(&events[i])) {
					return
				}
			}
		}
	}
}

func newWorld(s *Scenario, seed uint64) *world {
	s = s.peopled()
	w := &world{s: s, seed: seed, victims: map[int32]bool{}, blocked: map[int32]bool{}, hushed: map[int32][]span{}}
	w.weights = make([]float64, s.Tenant.Accounts)
	sum := 0.0
	for i := range w.weights {
		sum += 1 / math.Pow(float64(i+10), 0.8) // Zipf-Mandelbrot: a few are busy, nobody is a machine
		w.weights[i] = sum
	}
	w.plan()
	return w
}

// plan draws the accounts of all attacks and their events. Accounts that an
// attack names, and those that are disabled, are not drawn by another.
func (w *world) plan() {
	named := map[int32]bool{}
	for i := range w.s.Attacks {
		named[int32(w.s.Attacks[i].Account)] = true
	}
	for _, disabled := range []bool{true, false} {
		for i := range w.s.Attacks {
			if a := &w.s.Attacks[i]; attackKinds[a.Kind].strike != nil && (a.Kind == "disabled_account_signin") == disabled {
				w.strike(i, a, named)
			}
		}
	}
	slices.SortStableFunc(w.events, byTime)
}

func (w *world) strike(i int, a *Attack, named map[int32]bool) {
	kind := attackKinds[a.Kind]
	st := &strike{attack: i, rng: random(mix(w.seed, useAttack, uint64(i))), from: attackOrigin(a)}
	st.start = w.s.Start.Add(a.At).UnixNano()
	st.over = int64(a.Over)
	if a.Over == 0 {
		st.over = int64(a.steps()-1) * int64(pause)
	}
	st.who = []int32{int32(a.Account)}
	switch {
	case kind.newcomer:
		st.who[0] = w.newcomer(i)
	case a.Account == 0:
		st.who = w.draw(&st.rng, max(1, a.Accounts), kind.guests, named)
	}
	for _, who := range st.who {
		w.victims[who] = true
		w.blocked[who] = w.blocked[who] || a.Kind == "disabled_account_signin"
		if a.Kind != "office_nat" {
			w.hushed[who] = append(w.hushed[who], span{st.start - int64(calm), st.start + int64(a.span()+hush)})
		}
	}
	kind.strike(w, a, st)
	w.events = append(w.events, st.events...)
}

// calm is how long before an attack its accounts live no life of their own:
// longer than a flight from any office to any place an attack comes from.
const calm = 13 * time.Hour

// hush is how long after an attack its accounts live no life of their own: as
// long as the longest of the rules that look back from one of life's events.
const hush = 25 * time.Hour

// quieted gives what an account does around an attack to one that is not
// under attack, so that attack and life do not mix in a rule's window.
func (w *world) quieted(events []event) {
	for i := range events {
		e := &events[i]
		for tries := 0; w.isHushed(e) && tries < w.s.Tenant.Accounts; tries++ {
			e.who = (e.who + 1) % int32(w.s.Tenant.Accounts)
		}
	}
}

func (w *world) isHushed(e *event) bool {
	return slices.ContainsFunc(w.hushed[e.who], func(s span) bool { return e.at >= s.from && e.at <= s.to })
}

// newcomer returns the place of the account that an attack makes: beyond
// those that the tenant begins with, and no guest.
func (w *world) newcomer(attack int) int32 {
	return int32((w.s.Tenant.Accounts/guestEvery + 2 + attack) * guestEvery)
}

// draw returns n different accounts, fewer where the tenant has no more.
func (w *world) draw(r *random, n int, guests bool, named map[int32]bool) []int32 {
	var pool []int32
	for i := adminCount(w.s.Tenant.Accounts); i < w.s.Tenant.Accounts; i++ {
		if who := int32(i); isGuest(i) == guests && !named[who] && !w.blocked[who] {
			pool = append(pool, who)
		}
	}
	n = min(n, len(pool))
	for i := range n {
		j := i + r.below(len(pool)-i)
		pool[i], pool[j] = pool[j], pool[i]
	}
	return pool[:n]
}

func byTime(a, b event) int { return cmp.Compare(a.at, b.at) }

// day returns the events of one UTC day in the order of time.
func (w *world) day(day int) []event {
	start := w.s.Start.AddDate(0, 0, day)
	events := w.life(start, random(mix(w.seed, useLife, uint64(day))))
	for _, e := range w.events {
		if e.at >= start.UnixNano() && e.at < start.AddDate(0, 0, 1).UnixNano() {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, byTime)
	w.keepBelow(events)
	return events
}

// life is what happens on a day when nobody attacks.
func (w *world) life(start time.Time, r random) []event {
	share := 1.0
	if d := start.Weekday(); d == time.Saturday || d == time.Sunday {
		share = 1.0 / 6
	}
	l := w.s.Life
	signIns := int(share * l.SignIns * float64(w.s.Tenant.Accounts))
	events := make([]event, 0, signIns+signIns/8+l.Audits+l.Mailbox)
	for range signIns {
		events = w.oneSignIn(events, start, &r)
	}
	for range int(share * float64(l.Audits)) {
		e := w.ordinary(evAudit, start, &r)
		e.note = pick(&r, ordinaryAudits)
		events = append(events, e)
	}
	for range int(share * float64(l.Mailbox)) {
		e := w.ordinary(evMailbox, start, &r)
		e.note = pick(&r, ordinaryMailbox)
		events = append(events, e)
	}
	events = slices.DeleteFunc(events, func(e event) bool { return w.blocked[e.who] })
	w.quieted(events)
	return events
}

// ordinary returns an event of somebody at some time of a working day.
func (w *world) ordinary(kind uint8, start time.Time, r *random) event {
	at := workTime(r)
	if kind == evSignIn || kind == evMailbox { // these logs have whole seconds
		at = at.Truncate(time.Second)
	}
	who := sort.SearchFloat64s(w.weights, r.float()*w.weights[len(w.weights)-1])
	return event{kind: kind, attack: -1, at: start.Add(at).UnixNano(), seed: r.next(), who: int32(min(who, len(w.weights)-1))}
}

// hours is how likely each hour (UTC) is; Swedish office hours are 7 to 16.
var hours = [24]int{1, 1, 1, 1, 2, 6, 25, 60, 70, 55, 50, 45, 60, 60, 50, 40, 25, 12, 10, 10, 8, 5, 3, 1}

// workTime returns a time of day, in units of 100 ns.
func workTime(r *random) time.Duration {
	total := 0
	for _, n := range hours {
		total += n
	}
	n, hour := r.below(total), 0
	for n >= hours[hour] {
		n -= hours[hour]
		hour++
	}
	return time.Duration(hour)*time.Hour + time.Duration(r.below(int(time.Hour/100)))*100
}

// interruptShare is the share of interactive sign-ins that Entra interrupts,
// to ask something, before they succeed.
const interruptShare = 0.06

var interrupts = []int32{50140, 50074, 50097}

// oneSignIn appends a sign-in: quiet, or interactive with what may come before
// it: a wrong password, or a page that asks something.
func (w *world) oneSignIn(events []event, start time.Time, r *random) []event {
	e := w.ordinary(evSignIn, start, r)
	e.quiet = r.chance(w.s.Life.NonInteractive)
	last := start.AddDate(0, 0, 1).Add(-time.Second).UnixNano()
	again := e
	again.seed = r.next()
	again.at = min(last, e.at+int64(5+r.below(30))*int64(time.Second))
	switch {
	case e.quiet:
		return append(events, e)
	case r.chance(w.s.Life.FailureRate) && !w.victims[e.who]:
		e.code = 50126
		return append(events, e, again)
	case r.chance(interruptShare):
		e.code = pick(r, interrupts)
		again.first = e.seed
		return append(events, e, again)
	}
	return append(events, e)
}

// mostWrong is how many wrong passwords an address sees in a quarter of an
// hour. Any window of a rule touches two of them at most, and a person has
// three addresses, so life stays below 10 accounts behind an address and below
// 20 attempts on an account.
const (
	mostWrong   = 3
	quarterHour = 15 * time.Minute
)

// keepBelow makes life stay below every threshold: of the wrong passwords at
// one address those that are too many become successes, and of the resets of
// one account in a day all but the first become something else.
func (w *world) keepBelow(events []event) {
	reset := map[int32]bool{}
	type quarter struct {
		ip string
		n  int64
	}
	seen := map[quarter]int{}
	for i := range events {
		e := &events[i]
		if e.note == "reset_password" {
			if reset[e.who] {
				e.note = "update_user"
			}
			reset[e.who] = true
		}
		if e.kind != evSignIn || e.code != 50126 || e.attack >= 0 {
			continue
		}
		place, _ := w.where(e)
		q := quarter{place.ip, e.at / int64(quarterHour)}
		if seen[q]++; seen[q] > mostWrong {
			e.code = 0
		}
	}
}

// record writes an event as a record of its log.
func (w *world) record(e *event) Record {
	rec := Record{Time: e.time(), Log: logOf[e.kind]}
	switch e.kind {
	case evSignIn:
		rec.JSON = w.signIn(e)
	case evAudit:
		rec.JSON = w.audit(e)
	case evRisk:
		rec.JSON = w.risk(e)
	default:
		rec.JSON = w.mailbox(e)
	}
	return rec
}
