package check

import (
	"strings"
	"time"

	"vakt/internal/directory"
)

// usedSince tells whether somebody signed in successfully since a time, by the
// directory's own record or by logs that reach back far enough: no further
// than to when the account was made.
func (j *judge) usedSince(a *directory.Account, since time.Time) directory.Fact[bool] {
	if a.Created.Known && a.Created.Value.After(since) && a.Created.Value.Before(j.at) {
		since = a.Created.Value
	}
	return j.s.UsedSince(a, since, j.at)
}

// lastSuccess is the latest successful sign-in that anything tells of; zero
// where nothing does.
func (j *judge) lastSuccess(a *directory.Account) time.Time {
	last := a.Activity.Value.LastSuccess
	for _, u := range a.Use {
		switch u.What {
		case directory.UseRefused, directory.UseConverted:
		default:
			if u.Last.After(last) {
				last = u.Last
			}
		}
	}
	return last
}

// converted tells whether a mailbox was a person's until less than 90 days
// ago. It is unknown where it was one, and nothing dates the conversion; and
// where Exchange does not say what it was, and the account looks like a
// person's.
func (j *judge) converted(a *directory.Account) directory.Fact[bool] {
	since := j.at.Add(-silence)
	for _, u := range a.Use {
		if u.What == directory.UseConverted && !u.Last.Before(since) && personal(u.Detail) {
			return directory.Known(true)
		}
	}
	box := a.Mailbox.Value
	switch {
	case box == nil && a.Mailbox.Known, j.unifiedReaches(since):
		return directory.Known(false) // no mailbox; or the log holds every conversion since
	case box == nil: // Exchange was not asked
	case box.Changed.Known && !box.Changed.Value.IsZero() && box.Changed.Value.Before(since):
		return directory.Known(false) // not even the mailbox object has changed since
	case box.PreviousType.Known && !isPersonal(box.PreviousType.Value):
		return directory.Known(false)
	case box.PreviousType.Known:
		return directory.Unknown[bool]("it was a " + box.PreviousType.Value + " once, and nothing tells since when it is none: give --logs the unified audit log of the last 90 days")
	}
	if why := looksLikePerson(a); why != "" {
		return directory.Unknown[bool]("nothing tells whether the mailbox was a person's, and " + why)
	}
	return directory.Known(false)
}

// personal reads "UserMailbox → SharedMailbox"; a conversion whose former type
// nobody knows counts as a person's.
func personal(detail string) bool {
	from, _, known := strings.Cut(detail, "→")
	return !known || isPersonal(strings.TrimSpace(from)) || strings.TrimSpace(from) == ""
}

func isPersonal(mailboxType string) bool {
	t := strings.ToLower(mailboxType)
	return t == "usermailbox" || t == "regular" || t == "linkedmailbox" || t == "legacymailbox" || t == "remoteusermailbox"
}

// unifiedReaches tells whether the unified log would show any conversion since
// a time. It does not where one in it names a mailbox that nobody has: it may
// be this one.
func (j *judge) unifiedReaches(since time.Time) bool {
	if j.s.Unresolved > 0 {
		return false
	}
	for _, w := range j.s.Evidence {
		if w.Log == directory.LogUnified && !w.From.After(since) && !w.To.Before(j.at.Add(-24*time.Hour)) {
			return true
		}
	}
	return false
}

// refused counts the attempts at a blocked account that the logs at hand show
// refused; nil where no log was read, or the account is not blocked.
func (j *judge) refused(a *directory.Account) *int {
	if !directory.Is(a.Enabled, false) || len(j.s.Evidence) == 0 {
		return nil
	}
	n := 0
	for _, u := range a.Use {
		if u.What == directory.UseRefused {
			n += u.Count
		}
	}
	return &n
}

// nameOf is what people call an account: its UPN, else its id.
func (j *judge) nameOf(id string) string {
	if a := j.account(strings.ToLower(id)); a != nil && a.UPN != "" {
		return a.UPN
	}
	return id
}
