package baseline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Notice is something about a baseline that its owner should know before it is
// used. None of them keeps it from being used.
type Notice struct {
	Kind      string   `json:"kind"`
	Parameter string   `json:"parameter"` // "" where it is about the whole
	Value     string   `json:"value"`     // the entry; "" where it is about all of them
	Rules     []string `json:"rules"`
	Message   string   `json:"message"`
}

// The kinds of a notice, in the order in which they are given.
const (
	NoticeExpired  = "expired"  // an entry has ended
	NoticeExpiring = "expiring" // one will end within 30 days
	NoticeOld      = "old"      // what was learned is long ago
	NoticeUnread   = "unread"   // a list needs a copy of the directory
	NoticeEmpty    = "empty"    // a list is declared empty and puts rules to sleep
	NoticeAsleep   = "asleep"   // rules that sleep, though not by default
	NoticeWoken    = "woken"    // rules that the baseline wakes
)

// expiringSoon is how long before its end an entry is named, oldLearned after
// how long what was learned is old.
const (
	expiringSoon = 30 * 24 * time.Hour
	oldLearned   = 90 * 24 * time.Hour
)

// Review says what a baseline means for some rules at a moment: entries that
// have ended or soon will, lists that were not read, rules that sleep by it
// and rules that it wakes, against the baseline of somebody who declares
// nothing. Rules that do not compile with it are an error.
func (b *Baseline) Review(rules []*rule.Rule, now time.Time) ([]Notice, error) {
	mine, err := setWith(rules, b)
	if err != nil {
		return nil, err
	}
	plain, err := setWith(rules, Default())
	if err != nil {
		return nil, err
	}
	list := slices.Concat(b.ends(now), b.memory(now), b.unread(), b.empty(mine))
	asleep, woken := Sleepers(plain, mine)
	if len(asleep) > 0 {
		list = append(list, Notice{Kind: NoticeAsleep, Rules: asleep, Message: "sleep with this baseline, and not without it"})
	}
	if len(woken) > 0 {
		list = append(list, Notice{Kind: NoticeWoken, Rules: woken, Message: "are awake with this baseline, and asleep without it"})
	}
	for i := range list {
		if list[i].Rules == nil {
			list[i].Rules = []string{}
		}
	}
	return list, nil
}

func setWith(rules []*rule.Rule, b *Baseline) (*rule.Set, error) {
	set, problems := rule.Compile(rules, event.NewSchema(), b)
	for _, p := range problems {
		if p.Stops() {
			return nil, fmt.Errorf("rules with this baseline: %w", p)
		}
	}
	return set, nil
}

// Sleepers compares two sets of the same rules: which of them sleep in the
// second and not in the first, and the reverse. Names are sorted.
func Sleepers(before, after *rule.Set) (asleep, woken []string) {
	first, second := sleeping(before), sleeping(after)
	for name := range second {
		if _, ok := first[name]; !ok {
			asleep = append(asleep, name)
		}
	}
	for name := range first {
		if _, ok := second[name]; !ok {
			woken = append(woken, name)
		}
	}
	slices.Sort(asleep)
	slices.Sort(woken)
	return asleep, woken
}

// sleeping are the rules of a set that sleep, with the lists that they sleep
// by.
func sleeping(set *rule.Set) map[string][]string {
	all := map[string][]string{}
	for _, c := range set.Asleep() {
		all[c.Key()] = c.Asleep
	}
	return all
}

// ends names entries by their end.
func (b *Baseline) ends(now time.Time) []Notice {
	var expired, soon []Notice
	for _, p := range table {
		for _, it := range b.values[p.Name].items {
			end := time.Unix(it.until, 0)
			switch {
			case it.until == 0 || end.After(now.Add(expiringSoon)):
			case end.After(now):
				soon = append(soon, Notice{Kind: NoticeExpiring, Parameter: p.Name, Value: it.label(),
					Message: fmt.Sprintf("holds%s: then %s", ends(it.until), what(p))})
			default:
				expired = append(expired, Notice{Kind: NoticeExpired, Parameter: p.Name, Value: it.label(),
					Message: fmt.Sprintf("held%s and counts no more: take it out, or give it a new end", ends(it.until))})
			}
		}
	}
	return append(expired, soon...)
}

// what happens to the rules of a parameter when an entry of it ends.
func what(p Param) string {
	return "the rules of " + strings.Join(p.Rows, " ") + " no longer know it"
}

// memory says what is to be said of what was learned for each account.
func (b *Baseline) memory(now time.Time) []Notice {
	switch {
	case b.learned == nil:
		return nil
	case len(b.learned.accounts) == 0:
		return []Notice{{Kind: NoticeOld, Parameter: learnedKey, Value: b.learnedFile, Message: "holds no account"}}
	}
	if newest := time.Unix(b.learned.newest, 0); newest.Before(now.Add(-oldLearned)) {
		return []Notice{{Kind: NoticeOld, Parameter: learnedKey, Value: b.learnedFile,
			Message: "was learned until " + date(b.learned.newest) + ": run `vakt baseline learn` on newer logs"}}
	}
	return nil
}

// unread names the lists that rules wait for.
func (b *Baseline) unread() []Notice {
	var list []Notice
	for _, p := range table {
		if x, ok := b.Expand(p.Name); ok && x.Unread != "" {
			reason, _, _ := strings.Cut(x.Unread, ", or ")
			list = append(list, Notice{Kind: NoticeUnread, Parameter: p.Name, Message: "not read (" + reason + "): rules see only what is declared"})
		}
	}
	return list
}

// empty names lists that somebody declared empty and that rules need filled.
func (b *Baseline) empty(set *rule.Set) []Notice {
	by := map[string][]string{}
	for name, lists := range sleeping(set) {
		for _, list := range lists {
			by[list] = append(by[list], name)
		}
	}
	var out []Notice
	for _, p := range table {
		if names := by[p.Name]; len(names) > 0 && b.values[p.Name].declared {
			slices.Sort(names)
			out = append(out, Notice{Kind: NoticeEmpty, Parameter: p.Name, Rules: names, Message: "is declared and empty: rules that need it sleep; leave the line out, or fill it"})
		}
	}
	return out
}
