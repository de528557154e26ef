package baseline

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"vakt/internal/event"
)

// Learner watches the records of a span and proposes a baseline. It keeps
// something for each account, address and actor, and twelve bytes for a failed
// sign-in; nothing of a successful one. What it keeps does not depend on the
// order in which records come, nor on how often each comes.
//
// See may be called from several goroutines.
type Learner struct {
	base   *Baseline
	fields learnFields

	texts    interner
	accounts [learnShards]accountShard
	places   [learnShards]placeShard
	audits   auditTally
	volume   volumeTally
}

// learnShards is how many parts the accounts and addresses are kept in, each
// with a lock.
const learnShards = 64

// NewLearner makes a learner for records that are read with a schema. The
// baseline tells which accounts are privileged, guests and resources, and
// within what time failures count together.
func NewLearner(schema *event.Schema, b *Baseline) (*Learner, error) {
	l := &Learner{base: b, texts: interner{number: map[string]uint32{}}}
	for i := range learnShards {
		l.accounts[i].byID = map[string]*learnedOf{}
		l.places[i] = placeShard{lonely: map[netip.Addr]visitor{}, shared: map[netip.Addr]*sharedPlace{}}
	}
	l.audits = auditTally{actors: map[actorKey]*actor{}, attributes: map[string]int{}, guests: map[string]map[string]bool{}}
	l.volume.countries = map[uint32]map[uint32]uint32{}
	l.volume.hours = map[uint32]*hourVolume{}
	return l, l.fields.find(schema)
}

// Fields are what a record's layout must hold for See.
func (l *Learner) Fields() []event.Field { return l.fields.all }

// interner numbers texts, from 1.
type interner struct {
	mu     sync.RWMutex
	number map[string]uint32
	texts  []string
}

func (t *interner) put(text []byte) uint32 {
	t.mu.RLock()
	n, ok := t.number[string(text)]
	t.mu.RUnlock()
	if ok {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, ok = t.number[string(text)]; !ok {
		t.texts = append(t.texts, string(text))
		n = uint32(len(t.texts))
		t.number[string(text)] = n
	}
	return n
}

func (t *interner) text(n uint32) string { return t.texts[n-1] }

// accountShard is a part of the accounts.
type accountShard struct {
	mu       sync.Mutex
	byID     map[string]*learnedOf
	list     []*learnedOf // in no order
	failures []failure
}

// learnedOf is what is kept of one account. Times are seconds since 1970.
type learnedOf struct {
	id          string
	name        string // user principal name, the one that was used last
	named       int64  // when
	first, last uint32 // success; 0: none
	successes   uint32
	number      uint32 // in its shard
	home        uint32 // tenant, the least of several; 0: not said
	guest       bool
	risk        string // why it is at risk; the least of several
	values      []learnedUse
	more        uint16 // kinds, by bit, of which there were too many values
}

// useKind is what an account may use.
type useKind uint8

// The kinds; the first ones are those of learnedFields.
const (
	useCountry useKind = iota
	useASN
	useApp
	useDevice
	useLegacy       // client
	useDeviceCode   // app
	usePartner      // tenant
	useSingleFactor // app
	useBlockedBy    // Conditional Access policy that it failed
	useKinds
)

// learnedUse is one value that an account used.
type learnedUse struct {
	value       uint32 // number of the text
	count       uint32
	first, last uint32
	kind        useKind
}

// mostUses is how many values of a kind are kept of one account. Of more those
// stay whose hashes are least, so that it does not matter which came first.
const mostUses = 64

// failure is a sign-in that did not succeed, or something else that is counted
// in a window of time.
type failure struct {
	place   uint32 // number of the address; 0: none
	time    uint32
	account uint32 // its number in the shard, and the kind in the upper bits
}

type failureKind uint32

// The kinds of a failure.
const (
	badPassword failureKind = iota
	lockedOut
	interrupted
	mfaRefused
	passwordChanged
)

const failureShift = 28

func (f failure) kind() failureKind { return failureKind(f.account >> failureShift) }
func (f failure) who() uint32       { return f.account & (1<<failureShift - 1) }

// fnvOf is a hash that is the same in every run.
func fnvOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}

// account locks the shard of an account and hands both out.
func (l *Learner) account(id []byte) (*accountShard, *learnedOf) {
	h := fnv.New64a()
	_, _ = h.Write(id) // never fails
	s := &l.accounts[h.Sum64()%learnShards]
	s.mu.Lock()
	a := s.byID[string(id)]
	if a == nil {
		a = &learnedOf{id: string(id), number: uint32(len(s.list))}
		s.byID[a.id] = a
		s.list = append(s.list, a)
	}
	return s, a
}

// call gives the account the name that it had last.
func (a *learnedOf) call(name []byte, at int64) {
	if len(name) == 0 || at < a.named {
		return
	}
	if n := strings.ToLower(string(name)); at > a.named || n > a.name {
		a.name, a.named = n, at
	}
}

// label names the account for people.
func (a *learnedOf) label() string { return cmp.Or(a.name, a.id) }

// use notes that the account used a value; counted is false for a record that
// was seen before.
func (l *Learner) use(a *learnedOf, kind useKind, value []byte, at uint32, counted bool) {
	if len(value) == 0 {
		return
	}
	n := l.texts.put(value)
	i := slices.IndexFunc(a.values, func(u learnedUse) bool { return u.kind == kind && u.value == n })
	if i < 0 {
		if i = l.room(a, kind, n); i < 0 {
			return
		}
		a.values[i] = learnedUse{value: n, kind: kind, first: at, last: at}
	}
	u := &a.values[i]
	u.first, u.last = min(u.first, at), max(u.last, at)
	if counted {
		u.count++
	}
}

// room is a place for one more value of a kind; below 0 there is none.
func (l *Learner) room(a *learnedOf, kind useKind, value uint32) int {
	if count := a.uses(kind); count < mostUses {
		a.values = append(a.values, learnedUse{})
		return len(a.values) - 1
	}
	most, top := -1, uint64(0)
	for i, u := range a.values {
		if u.kind != kind {
			continue
		}
		if h := fnvOf(l.textOf(u.value)); most < 0 || h > top {
			top, most = h, i
		}
	}
	a.more |= 1 << kind
	if fnvOf(l.textOf(value)) > top {
		return -1
	}
	return most
}

// uses is how many values of a kind are kept.
func (a *learnedOf) uses(kind useKind) int {
	n := 0
	for i := range a.values {
		if a.values[i].kind == kind {
			n++
		}
	}
	return n
}

func (l *Learner) textOf(n uint32) string {
	l.texts.mu.RLock()
	defer l.texts.mu.RUnlock()
	return l.texts.text(n)
}

// all lists the accounts by id.
func (l *Learner) all() []*learnedOf {
	var list []*learnedOf
	for i := range l.accounts {
		list = append(list, l.accounts[i].list...)
	}
	slices.SortFunc(list, func(a, b *learnedOf) int { return strings.Compare(a.id, b.id) })
	return list
}

// placeShard is a part of the addresses from which sign-ins succeeded.
type placeShard struct {
	mu     sync.Mutex
	lonely map[netip.Addr]visitor // of one account
	shared map[netip.Addr]*sharedPlace
}

// visitor is an account that came from an address, by its hash, and the days on
// which it did: by bit, the day since 1970 modulo 64.
type visitor struct{ account, days uint64 }

// sharedPlace is an address of several accounts.
type sharedPlace struct {
	visitors []visitor // those with the least hashes, sorted
	cut      bool      // there are more than are kept
}

// mostSharing is how many accounts of one address are told apart.
const mostSharing = 1000

// visit notes that an account came from an address.
func (l *Learner) visit(text []byte, account uint64, at int64) {
	addr, err := netip.ParseAddr(string(text))
	if err != nil {
		return
	}
	addr = addr.Unmap().WithZone("")
	b := addr.As16()
	s := &l.places[(uint(b[15])^uint(b[14])^uint(b[7]))%learnShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	today := uint64(1) << (uint64(at/secondsOfDay) % 64)
	if p := s.shared[addr]; p != nil {
		p.add(account, today)
		return
	}
	one, ok := s.lonely[addr]
	if !ok || one.account == account {
		s.lonely[addr] = visitor{account, one.days | today}
		return
	}
	p := &sharedPlace{}
	p.add(one.account, one.days)
	p.add(account, today)
	s.shared[addr] = p
	delete(s.lonely, addr)
}

const secondsOfDay = 24 * 60 * 60

func (p *sharedPlace) add(account, days uint64) {
	i, found := slices.BinarySearchFunc(p.visitors, account, func(v visitor, h uint64) int { return cmp.Compare(v.account, h) })
	if found {
		p.visitors[i].days |= days
		return
	}
	if len(p.visitors) == mostSharing {
		p.cut = true
		if i == mostSharing {
			return
		}
		p.visitors = p.visitors[:mostSharing-1]
	}
	p.visitors = slices.Insert(p.visitors, i, visitor{account, days})
}

// hourVolume is how many sign-ins there were in an hour.
type hourVolume struct{ success, failed uint32 }

// volumeTally counts sign-ins by hour since 1970.
type volumeTally struct {
	mu        sync.Mutex
	hours     map[uint32]*hourVolume
	countries map[uint32]map[uint32]uint32 // by country: successes of people at a screen
	first     int64
	last      int64
	any       bool
}

func (v *volumeTally) see(at int64) {
	if !v.any {
		v.first, v.last, v.any = at, at, true
	}
	v.first, v.last = min(v.first, at), max(v.last, at)
}

// days are the UTC days that hold sign-ins, since 1970.
func (v *volumeTally) days() []int64 {
	set := map[int64]bool{}
	for h := range v.hours {
		set[int64(h)/24] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// enough says whether there is enough to learn from.
func (v *volumeTally) enough() error {
	days := len(v.days())
	switch {
	case days == 0:
		return ErrNothingToLearn
	case days < learnDays || v.last-v.first < (learnDays-1)*secondsOfDay:
		return fmt.Errorf("the logs hold sign-ins of %s, from %s to %s: a baseline is learned from at least %d days, better 30; export more, or widen --since and --until",
			plural(days, "day", "days"), stamp(v.first), stamp(v.last), learnDays)
	}
	return nil
}
