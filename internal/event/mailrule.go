package event

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"vakt/internal/extract"
)

// What an inbox rule, a transport rule or the forwarding of a mailbox does.
// Cmdlets say it in Parameters; Outlook says it in OperationProperties, where
// RuleActions is JSON text of a list of actions. These fields read both.

var (
	forwardKeys = newNames(
		"ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "ForwardingSmtpAddress", "ForwardingAddress",
		"BlindCopyTo", "CopyTo", "RedirectMessageTo", "AddToRecipients",
	)
	folderKeys = newNames("MoveToFolder", "CopyToFolder")
	nameKeys   = newNames("Name", "RuleName")
	wordKeys   = newNames(
		"SubjectContainsWords", "BodyContainsWords", "SubjectOrBodyContainsWords", "FromAddressContainsWords",
		"HeaderContainsWords", "RecipientAddressContainsWords", "RuleCondition",
	)
	actionKeys = []struct {
		key  *names
		name string
	}{
		{newNames("DeleteMessage"), "delete"}, {newNames("SoftDeleteMessage"), "delete"}, {newNames("MarkAsRead"), "mark_as_read"}, {newNames("StopProcessingRules"), "stop"},
	}
	// outlookKeys are where Outlook says what a rule does.
	outlookKeys = newNames("RuleActions")
	// actionWords are how actions of Outlook begin; "forward" may stand
	// anywhere.
	actionWords = []struct{ begin, name string }{
		{"permanentdelete", "delete"}, {"softdelete", "delete"}, {"delete", "delete"}, {"markasread", "mark_as_read"}, {"markread", "mark_as_read"},
		{"stop", "stop"}, {"move", "move"}, {"copy", "copy"},
	}
)

// actionNames are the names of the parameters by which a cmdlet says what a
// rule does.
func actionNames() *names {
	all := newNames()
	for _, k := range actionKeys {
		all = all.and(k.key)
	}
	return all
}

// pairs yields the raw value of every pair of the record's lists that has one
// of the names.
func (r *Record) pairs(f *field, names *names) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, column := range f.from[0] {
			l := r.pairsOf(r.field(column).First())
			if l.marks&names.marks == 0 {
				continue
			}
			for _, p := range l.list {
				if names.has(p.name, p.mark) && !yield(p.value) {
					return
				}
			}
		}
	}
}

// peekPairs answers Record.Peek for a field that is made of the pairs with any
// of these names: most records have none of them.
func peekPairs(all ...*names) func(*Record, *field) ([]byte, Standing) {
	of := newNames()
	for _, n := range all {
		of = of.and(n)
	}
	return func(r *Record, f *field) ([]byte, Standing) { return nil, r.holdsPairs(f, of) }
}

// holdsPairs is Mixed where the record has a pair with one of the names.
func (r *Record) holdsPairs(f *field, of *names) Standing {
	found := Unseen
	for _, column := range f.from[0] {
		raw, is := r.Peek(column)
		switch {
		case is == Mixed, is == Alone && r.pairsOf(raw).any(of):
			return Mixed
		case is != Unseen:
			found = Empty
		}
	}
	return found
}

// ruleActions yields the actions of a rule that Outlook made.
func (r *Record) ruleActions(f *field) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := range r.pairs(f, outlookKeys) {
			list, ok := r.embedded(raw)
			if !ok {
				list = raw
			}
			for e := range leaves(list) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// actionOf names what an action of Outlook does; "" is anything else.
func (r *Record) actionOf(action []byte) string {
	typ := strings.ToLower(string(r.member(action, "ActionType")))
	if strings.Contains(typ, "forward") || strings.HasPrefix(typ, "redirect") {
		return "forward"
	}
	for _, w := range actionWords {
		if strings.HasPrefix(typ, w.begin) {
			return w.name
		}
	}
	return ""
}

// texts collects the decoded texts of raw values, those of an array one by one.
func (r *Record) texts(raws iter.Seq[[]byte]) Values {
	return r.values(func(yield func(Value) bool) {
		for raw := range raws {
			for e := range leaves(raw) {
				if e != nil && !extract.IsNull(e) && !yield(Value{Text: r.textOf(e)}) {
					return
				}
			}
		}
	})
}

func ruleNames(r *Record, f *field) Values { return r.texts(r.pairs(f, nameKeys)) }
func ruleWords(r *Record, f *field) Values { return r.texts(r.pairs(f, wordKeys)) }

// ruleDoes names what a rule does beside forwarding: delete, mark_as_read,
// stop (no other rule after it), move, copy; and forward.
func ruleDoes(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for _, k := range actionKeys {
			for raw := range r.pairs(f, k.key) {
				if isTrue(raw) && !yield(Value{Text: []byte(k.name)}) {
					return
				}
			}
		}
		for action := range r.ruleActions(f) {
			if name := r.actionOf(action); name != "" && !yield(Value{Text: []byte(name)}) {
				return
			}
		}
	})
}

// ruleFolders are the folders that a rule moves or copies mail to: each part
// of a path by itself, as a folder below a hidden one is as hidden.
func ruleFolders(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for path := range r.folderPaths(f) {
			for part := range bytes.FieldsFuncSeq(path, func(c rune) bool { return c == '\\' || c == '/' }) {
				if !yield(Value{Text: part}) {
					return
				}
			}
		}
	})
}

func (r *Record) folderPaths(f *field) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := range r.pairs(f, folderKeys) {
			if raw != nil && !extract.IsNull(raw) && !yield(r.textOf(raw)) {
				return
			}
		}
		for action := range r.ruleActions(f) {
			for key, raw := range extract.Members(action) {
				if bytes.Contains(bytes.ToLower(key), []byte("folder")) && extract.Kind(raw) == '"' && !yield(r.textOf(raw)) {
					return
				}
			}
		}
	}
}

// forwards yields every address that mail is sent on to.
func (r *Record) forwards(f *field) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := range r.pairs(f, forwardKeys) {
			if !r.eachAddress(raw, yield) {
				return
			}
		}
		for action := range r.ruleActions(f) {
			if r.actionOf(action) == "forward" && !r.eachAddress(extract.Member(action, "Recipients"), yield) {
				return
			}
		}
	}
}

// eachAddress reads a text, or every text inside a list or object.
func (r *Record) eachAddress(raw []byte, yield func([]byte) bool) bool {
	for e := range scalars(raw) {
		if extract.Kind(e) != '"' {
			continue
		}
		for a := range addresses(r.textOf(e)) {
			if !yield(a) {
				return false
			}
		}
	}
	return true
}

func forwardTargets(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for a := range r.forwards(f) {
			if !yield(Value{Text: a}) {
				return
			}
		}
	})
}

// domainList holds the domains that record number sends mail on to.
type domainList struct {
	number uint32
	list   [][]byte
}

// forwardDomains are the different domains of those addresses, found once a
// record. Every field of them is made of the same columns.
func (r *Record) forwardDomains(f *field) [][]byte {
	l := &r.forwarded
	if l.number == r.number {
		return l.list
	}
	l.number, l.list = r.number, l.list[:0]
	for a := range r.forwards(f) {
		if d := domain(a); !slices.ContainsFunc(l.list, func(known []byte) bool { return bytes.Equal(known, d) }) {
			l.list = append(l.list, d)
		}
	}
	return l.list
}

func forwardDomainList(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for _, d := range r.forwardDomains(f) {
			if !yield(Value{Text: d}) {
				return
			}
		}
	})
}

// forwardDomainAt is one of those domains. A rule can so ask of each by itself
// whether it is foreign; of them all together it can only ask whether any is
// on a list.
func forwardDomainAt(r *Record, f *field) Values {
	if all, i := r.forwardDomains(f), int(f.param[0]-'1'); i < len(all) {
		return r.one(all[i], String)
	}
	return Values{}
}

// position matches names with a fixed beginning and a digit from 1.
func position(prefix string) func(string) string {
	return func(name string) string {
		digit := after(prefix)(name)
		if len(digit) != 1 || digit < "1" || digit > "9" {
			return ""
		}
		return digit
	}
}
