package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The logs that can be evidence of use.
const (
	LogInteractive    = "interactive"    // interactive sign-ins
	LogNonInteractive = "noninteractive" // sign-ins by tokens
	LogUnified        = "unified"        // unified audit: sign-ins of both sorts, mailbox access
	LogAudit          = "audit"          // directory audits
	LogRefused        = "refused"        // attempts at blocked accounts alone: shows no use, nor that there is none
)

// Window is how far one log was read: records from From to To were seen.
type Window struct {
	Log     string    `json:"log"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Records int       `json:"records"`
}

// What a log can tell of an account.
const (
	UseSignIn         = "signin" // successful, interactive
	UseNonInteractive = "noninteractive"
	UseSMTP           = "smtp_auth"
	UseLegacy         = "legacy"    // successful by another legacy protocol
	UseOwner          = "owner"     // opened its mailbox as its owner
	UseRefused        = "refused"   // an attempt that failed: not use
	UseDisabled       = "disabled"  // an attempt that failed because the account is blocked (50057)
	UseConverted      = "converted" // its mailbox changed type
)

// Use is one sort of use of an account that logs show.
type Use struct {
	What        string
	First, Last time.Time
	Count       int
	Client      string // of the last one: the client or the application
	Detail      string // of the last one: an error code, or "UserMailbox → SharedMailbox"
}

// Record is one line of a log, as far as it says something about the use of an
// account.
type Record struct {
	// Log is the log it comes from: LogInteractive, LogUnified …
	Log string
	// Account is an object id or a UPN; records of nobody only show how far
	// the log reaches.
	Account string
	Time    time.Time
	// What the record shows: UseSignIn, UseRefused …; empty for nothing.
	What   string
	Client string
	Detail string
}

// Evidence gathers what logs say. Records may come in any order and twice as
// often as they like: only First, Last and Count are kept of them.
type Evidence struct {
	uses    map[useKey]*Use
	windows map[string]*Window
}

type useKey struct{ account, what string }

// NewEvidence is evidence of nothing yet.
func NewEvidence() *Evidence {
	return &Evidence{uses: map[useKey]*Use{}, windows: map[string]*Window{}}
}

// Add takes a record in.
func (e *Evidence) Add(r Record) {
	e.Saw(r.Log, r.Time, r.Time, 1)
	if r.Account == "" || r.What == "" {
		return
	}
	k := useKey{strings.ToLower(r.Account), r.What}
	u := e.uses[k]
	if u == nil {
		u = &Use{What: r.What, First: r.Time}
		e.uses[k] = u
	}
	u.add(Use{What: r.What, First: r.Time, Last: r.Time, Count: 1, Client: r.Client, Detail: r.Detail})
}

// add folds more of the same use in. Of two that are last at the same time the
// greater client and detail are kept, so that the order does not matter.
func (u *Use) add(more Use) {
	u.Count += more.Count
	if more.First.Before(u.First) {
		u.First = more.First
	}
	later := cmp.Or(more.Last.Compare(u.Last), cmp.Compare(more.Client, u.Client), cmp.Compare(more.Detail, u.Detail))
	if later > 0 {
		u.Last, u.Client, u.Detail = more.Last, more.Client, more.Detail
	}
}

// Saw says that a log was read from one time to another, be there records or
// not.
func (e *Evidence) Saw(log string, from, to time.Time, records int) {
	w := e.windows[log]
	if w == nil {
		w = &Window{Log: log, From: from, To: to}
		e.windows[log] = w
	}
	w.Records += records
	if from.Before(w.From) {
		w.From = from
	}
	if to.After(w.To) {
		w.To = to
	}
}

// Use joins evidence with the accounts, beside what is there. A log that calls
// an account by another name of its mailbox is understood where only one
// mailbox has it.
func (s *Snapshot) Use(e *Evidence) {
	byName := make(map[string]int, 2*len(s.Accounts))
	for i := range s.Accounts {
		byName[strings.ToLower(s.Accounts[i].UPN)] = i
	}
	for i := range s.Accounts {
		byName[s.Accounts[i].ID] = i // an id is never another's UPN
	}
	for k, u := range e.uses {
		place, ok := byName[k.account]
		if !ok {
			place, ok = s.names.at(k.account)
		}
		switch {
		case ok && place >= 0:
			s.Accounts[place].addUse(*u)
		case !ok && u.What == UseConverted:
			s.Unresolved += u.Count
		}
	}
	for _, w := range e.windows {
		s.addWindow(*w)
	}
	slices.SortFunc(s.Evidence, func(a, b Window) int { return cmp.Compare(a.Log, b.Log) })
}

func (a *Account) addUse(u Use) {
	if i := slices.IndexFunc(a.Use, func(have Use) bool { return have.What == u.What }); i >= 0 {
		a.Use[i].add(u)
		return
	}
	a.Use = append(a.Use, u)
	slices.SortFunc(a.Use, func(x, y Use) int { return cmp.Compare(x.What, y.What) })
}

func (s *Snapshot) addWindow(w Window) {
	i := slices.IndexFunc(s.Evidence, func(have Window) bool { return have.Log == w.Log })
	if i < 0 {
		s.Evidence = append(s.Evidence, w)
		return
	}
	have := &s.Evidence[i]
	have.Records += w.Records
	if w.From.Before(have.From) {
		have.From = w.From
	}
	if w.To.After(have.To) {
		have.To = w.To
	}
}

// Window is how far a log was read; false where it was not.
func (s *Snapshot) Window(log string) (Window, bool) {
	i := slices.IndexFunc(s.Evidence, func(w Window) bool { return w.Log == log })
	if i < 0 {
		return Window{}, false
	}
	return s.Evidence[i], true
}

// successes are the uses that prove that somebody got in.
var successes = []string{UseSignIn, UseNonInteractive, UseSMTP, UseLegacy, UseOwner}

// LastUse is the latest use that logs or the directory prove, and what it was;
// zero for none. It does not tell whether there was more: see UsedSince.
func (a *Account) LastUse() (time.Time, Use) {
	var last Use
	for _, u := range a.Use {
		if slices.Contains(successes, u.What) && u.Last.After(last.Last) {
			last = u
		}
	}
	if t := a.Activity.Value.LastSuccess; t.After(last.Last) {
		last = Use{What: UseSignIn, First: t, Last: t}
	}
	return last.Last, last
}

// lag is how late logs and sign-in activity may be.
const lag = 24 * time.Hour

// UsedSince tells whether somebody got in to the account, by any way, at the
// time or later: true where a log or the directory shows it. It is false only
// where one of them was read so far back that it would have shown it: the
// sign-in activity, or logs of both interactive and other sign-ins (the unified
// audit log holds both) from since until now, give or take a day. Attempts are
// not use. An attempt that may have succeeded leaves it unknown.
func (s *Snapshot) UsedSince(a *Account, since, now time.Time) Fact[bool] {
	if last, _ := a.LastUse(); !last.Before(since) && !last.IsZero() {
		return Known(true)
	}
	if a.Activity.Known {
		return Known(false)
	}
	act := a.Activity.Value
	latest := act.LastAttempt
	if act.LastNonInteractive.After(latest) {
		latest = act.LastNonInteractive
	}
	if !latest.IsZero() && latest.Before(since) { // read, but without successes: nobody even tried
		return Known(false)
	}
	if why := s.blindSince(since, now); why != "" {
		return Unknown[bool](firstOf(a.Activity.Why, "the sign-in activity was not read") + "; " + why)
	}
	return Known(false)
}

// blindSince tells what of the time from since until now no log shows.
func (s *Snapshot) blindSince(since, now time.Time) string {
	covers := func(log string) bool {
		w, ok := s.Window(log)
		return ok && !w.From.After(since) && !w.To.Before(now.Add(-lag))
	}
	if covers(LogUnified) || covers(LogInteractive) && covers(LogNonInteractive) {
		return ""
	}
	if len(s.Evidence) == 0 {
		return "no logs were given"
	}
	for _, log := range []string{LogUnified, LogInteractive, LogNonInteractive} {
		if w, ok := s.Window(log); ok && !covers(log) {
			return "the " + log + " log reaches from " + w.From.Format(time.DateOnly) + " to " + w.To.Format(time.DateOnly) + " only"
		}
	}
	return "the logs given show one sort of sign-in only"
}
