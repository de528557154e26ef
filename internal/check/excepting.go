package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vakt/internal/directory"
)

// signInCheck is the check that the verdicts belong to: an exception for it,
// or for an account as a whole, makes the verdict "exception".
const signInCheck = "resource-signin-enabled-posture"

// expiryNotice is how long before its end an exception is called expiring,
// unless the run says otherwise.
const expiryNotice = 14 * 24 * time.Hour

// States tells what has become of exceptions by a date alone: active, expiring
// or expired. Those that end first stand before the others, ended ones last.
// Whether their conditions hold, and what they hide, only a run can tell.
func States(list []Exception, now time.Time) []ExceptionState {
	states := make([]ExceptionState, len(list))
	for i := range list {
		states[i] = stateOf(list[i], now, expiryNotice)
	}
	inOrder(states)
	return states
}

func stateOf(e Exception, now time.Time, notice time.Duration) ExceptionState {
	left := e.Until.Sub(now)
	s := ExceptionState{Exception: e, State: Active, Days: int(math.Floor(left.Hours() / 24))}
	switch {
	case left <= 0:
		s.State = Expired
	case left <= notice:
		s.State = Expiring
	}
	return s
}

func inOrder(states []ExceptionState) {
	rank := func(s ExceptionState) int {
		return slices.Index([]string{Expiring, Broken, Active, Unused, Expired}, s.State)
	}
	slices.SortStableFunc(states, func(a, b ExceptionState) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Exception.Until.Compare(b.Exception.Until), cmp.Compare(a.Exception.Line, b.Exception.Line))
	})
}

// sortExceptions indexes the exceptions and tells which have ended.
func (j *judge) sortExceptions(o Options) {
	for _, e := range o.Exceptions {
		s := stateOf(e, j.now, cmp.Or(o.Notice, expiryNotice))
		i := len(j.exceptions)
		j.exceptions = append(j.exceptions, s)
		switch {
		case e.Rule != "":
		case e.Account != "":
			key := strings.ToLower(e.Account)
			j.onAccount[key] = append(j.onAccount[key], i)
		default:
			j.onChecks[e.Check] = append(j.onChecks[e.Check], i)
		}
	}
}

// exceptionsFor gives the places of all exceptions for one check of an
// account, ended ones included.
func (j *judge) exceptionsFor(a *directory.Account, check string) []int {
	var found []int
	for _, key := range []string{strings.ToLower(a.ID), strings.ToLower(a.UPN)} {
		for _, i := range j.onAccount[key] {
			if c := j.exceptions[i].Exception.Check; (c == "" || c == check) && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	return append(found, j.onChecks[check]...)
}

// holdsNow says why an exception no longer holds for an account, "" where it
// does. A condition that cannot be looked at ends it as well.
func (j *judge) holdsNow(s *ExceptionState, a *directory.Account) string {
	if s.State == Expired {
		return "it ended on " + s.Exception.Until.Format(time.DateOnly)
	}
	view := &view{j: j, a: a}
	for _, c := range s.Exception.OnlyIf {
		f, ok := schema{}.Lookup(accountFacts, c.Fact)
		if !ok {
			return fmt.Sprintf("it depends on %s, which no account has", c.Fact)
		}
		v := factAt(f).get(view)
		switch {
		case v.unknown:
			return fmt.Sprintf("%s cannot be looked at: %s", c.Fact, v.why)
		case !v.isOneOf(c.Values):
			return fmt.Sprintf("%s is %s, not %s", c.Fact, orNothing(v.texts()), strings.Join(c.Values, " or "))
		}
	}
	return ""
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "empty"
	}
	return strings.Join(list, ", ")
}

// hides tells whether an exception hides a finding about an account, and
// counts it.
func (j *judge) hides(a *directory.Account, check string) *Exception {
	for _, i := range j.exceptionsFor(a, check) {
		s := &j.exceptions[i]
		if why := j.holdsNow(s, a); why != "" {
			if s.State != Expired {
				s.State, s.Why = Broken, why
			}
			continue
		}
		s.Hides++
		return &s.Exception
	}
	return nil
}

// hidesTenant is the same for a finding about the tenant: only an exception
// for the whole check without conditions on an account can hide it.
func (j *judge) hidesTenant(check string) *Exception {
	for _, i := range j.onChecks[check] {
		if s := &j.exceptions[i]; s.State != Expired && len(s.Exception.OnlyIf) == 0 {
			s.Hides++
			return &s.Exception
		}
	}
	return nil
}

// states lists what became of the exceptions: those that end first before the
// others, and ended ones last.
func (j *judge) states() []ExceptionState {
	list := slices.Clone(j.exceptions)
	for i := range list {
		s := &list[i]
		if s.Hides == 0 && s.State == Active && s.Exception.Rule == "" {
			s.State = Unused
		}
	}
	inOrder(list)
	return list
}
