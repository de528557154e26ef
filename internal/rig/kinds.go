package rig

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// card is everything that is decided about one account. From it the account's
// objects in all parts are written.
type card struct {
	sort  string
	nth   int // among those of its sort, from 0
	label Label

	// The user.
	id, upn, name, first, last, alias, mail string
	userType                                string // Member, Guest or "", which is null
	enabled                                 bool
	created, password, validFrom            time.Time
	creationType, external                  string // of guests
	sync                                    string // "", "now" or "was"
	employeeID, employeeType                string
	department, title, office, mobile       string
	manager                                 string // object id
	policies                                string // passwordPolicies
	resource                                bool   // isResourceAccount
	skus                                    []string

	// Activity. Zero is never.
	attempt, quiet, success time.Time
	activityNull            bool // signInActivity is null instead of absent

	// Registration report and methods.
	methods      []method
	unregistered bool // enabled, and yet not in the report
	admin        bool

	// The mailbox; box is its RecipientTypeDetails, "" is none.
	box, previous, resourceType         string
	boxID, boxUPN                       string    // what Exchange calls the account
	made, changed                       time.Time // changed is zero where nothing depends on it
	forwardTo, forwardInside            string
	keepCopy, hold, archive, hidden     bool
	inactive                            bool // kept for a hold after its user was deleted
	auditOff, bypass, legacy, smtp, big bool
	behalf                              []string
	access, sendAs                      []string // whom Exchange names
	rules                               []rule

	visits []visit
}

// method is a registered authentication method.
type method struct {
	kind string // phone, authenticator, oath, fido2, email
	made time.Time
}

// rule is an inbox rule.
type rule struct {
	name, forwardTo, folder string
	enabled                 bool
}

// visit is a sign-in of the last days.
type visit struct {
	at      time.Time
	code    int
	quiet   bool
	client  string
	hostile bool
}

// ago is an instant before now, in days.
func (g *maker) ago(days float64) time.Time {
	return g.now.Add(-time.Duration(days * 24 * float64(time.Hour))).Truncate(time.Second)
}

// signedIn makes the card say that somebody was let in.
func (c *card) signedIn(at time.Time, quiet bool) {
	if quiet {
		c.quiet = later(c.quiet, at)
	} else {
		c.attempt = later(c.attempt, at)
	}
	c.success = later(c.success, at)
	c.visits = append(c.visits, visit{at: at, quiet: quiet})
}

// refused makes the card say that somebody tried and was not let in.
func (c *card) refused(at time.Time, quiet bool) {
	if quiet {
		c.quiet = later(c.quiet, at)
	} else {
		c.attempt = later(c.attempt, at)
	}
	code := 50126
	if !c.enabled {
		code = 50057
	}
	c.visits = append(c.visits, visit{at: at, code: code, quiet: quiet, hostile: true})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// A sort is one sort of account that is no ordinary person. Its function
// turns a fresh card of that kind into one of the sort and says what must be
// decided about it.
type sort struct {
	name  string
	about string // for people who write scenarios
	begin func(*maker, *card)
	turn  func(*maker, *card)
}

// Sorts returns the names that a scenario can use under directory.objects,
// each with what it is.
func Sorts() [][2]string {
	var all [][2]string
	for _, s := range sorts() {
		all = append(all, [2]string{s.name, s.about})
	}
	return all
}

// sorts lists every sort, in the order in which they are made.
func sorts() []sort {
	return slices.Concat(sharedSorts(), useSorts(), personSignSorts(), resourceSorts(), privilegedSorts(), hybridSorts(), peopleSorts(), systemSorts())
}

// sortNamed finds a sort.
func sortNamed(all []sort, name string) (sort, error) {
	for _, s := range all {
		if s.name == name {
			return s, nil
		}
	}
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	return sort{}, fmt.Errorf("directory.objects: there is no %q: there are %s", name, strings.Join(names, ", "))
}

// decide sets the label of a card.
func (c *card) decide(verdict, reason string) { c.label.Verdict, c.label.Reason = verdict, reason }

// block sets the label of an account that nothing speaks for.
func block(_ *maker, c *card) { c.decide(Block, "") }
