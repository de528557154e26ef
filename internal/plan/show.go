package plan

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/text"
)

// Show writes a plan for somebody at a terminal: what changes, account by
// account, what is left to do by hand, what is left out and why, and the
// numbers. Names of the directory are made safe to print.
func Show(w io.Writer, p *Plan) error {
	out := bufio.NewWriter(w)
	s := shown{out}
	s.head(p)
	for i := range p.Changes {
		s.change(&p.Changes[i])
	}
	s.residue(p)
	s.manual(p.Manual)
	s.skipped(p.Skipped)
	s.foot(p)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("show plan %s: %w", p.ID, err)
	}
	return nil
}

// shown prints lines; the writer below keeps the first error.
type shown struct{ w *bufio.Writer }

func (s shown) line(format string, args ...any) {
	for i := range args {
		if t, ok := args[i].(string); ok {
			args[i] = text.Terminal(t)
		}
	}
	fmt.Fprintf(s.w, format+"\n", args...) //nolint:errcheck // bufio keeps the error, and Flush tells it
}

func (s shown) head(p *Plan) {
	what := ""
	if p.Undoes != "" {
		what = ", undoes run " + p.Undoes
	}
	s.line("Plan %s for tenant %s%s", p.ID, p.Tenant, what)
	s.line("  made %s by %s, valid until %s", minute(p.Created), named(p.Requester), minute(p.Expires))
	s.line("  from snapshot %s, read %s", p.Snapshot, minute(p.Taken))
	s.line("")
}

func (s shown) change(c *Change) {
	s.line("%s %s  %s  [%s]", c.symbol(), c.title(), c.Action, c.Reversible)
	s.line("    %s: %s → %s", c.Field, value(c.Before), value(c.After))
	s.line("    why: %s", c.Reason)
	if c.Verdict != "" {
		s.line("    verdict %s: %s", string(c.Verdict), reasonTexts(c.Because))
	}
	s.line("    %s", affected(c.Delegates))
	if c.Override != nil {
		s.line("    OVERRIDE by %s: %s", named(c.Override.By), c.Override.Reason)
		s.line("    lifts: %s", reasonTexts(c.Lifted))
	}
	s.line("")
}

// symbol is + for what comes, - for what goes, and ~ for what changes.
func (c *Change) symbol() string {
	switch {
	case string(c.Before) == "null" && string(c.After) != Now:
		return "+"
	case string(c.After) == "null":
		return "-"
	}
	return "~"
}

func (c *Change) title() string { return titled(c.UPN, c.Subject) }

// titled is the name of an account for people.
func titled(upn string, s check.Subject) string {
	switch {
	case upn == "":
		return s.ID
	case s.Name == "" || s.Name == upn:
		return upn
	}
	return fmt.Sprintf("%s (%s)", upn, s.Name)
}

func named(p Person) string {
	if p.Name == "" || p.Name == p.ID {
		return p.ID
	}
	return fmt.Sprintf("%s (%s)", p.Name, p.ID)
}

// value is a value of a field for people.
func value(raw json.RawMessage) string {
	switch string(raw) {
	case "", "null":
		return "(none)"
	case Now:
		return "the time of the call"
	}
	return string(raw)
}

func reasonTexts(list []check.Reason) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = r.Text
		if r.Text == "" {
			texts[i] = r.ID
		}
	}
	return strings.Join(texts, "; ")
}

// mostNamed is how many delegates one line names.
const mostNamed = 8

// affected says who uses the mailbox and goes on using it.
func affected(f directory.Fact[[]Delegate]) string {
	var names []string
	for i, d := range f.Value {
		if i == mostNamed {
			names = append(names, fmt.Sprintf("and %d others", len(f.Value)-mostNamed))
			break
		}
		names = append(names, d.Name+" ("+strings.ReplaceAll(d.Right, "_", " ")+")")
	}
	said := "nobody else uses its mailbox"
	if len(names) > 0 {
		said = "keep their access: " + strings.Join(names, ", ")
	}
	switch {
	case f.Known:
		return said
	case len(names) > 0:
		return said + "; there may be more: " + f.Why
	}
	return "who else uses its mailbox was not read: " + f.Why
}

// residue says, once for each action, what it leaves open.
func (s shown) residue(p *Plan) {
	for _, r := range p.residue() {
		s.line("After %s: %s", r.Name, r.Residual)
		s.line("")
	}
}

// residue are the actions of a plan that leave something open.
func (p *Plan) residue() (list []action.About) {
	for _, a := range action.List() {
		about := a.About()
		if about.Residual != "" && slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action == about.Name }) {
			list = append(list, about)
		}
	}
	return list
}

func (s shown) manual(list []Manual) {
	if len(list) == 0 {
		return
	}
	s.line("To be done by a person:")
	for _, m := range list {
		s.line("  ! %s  %s", titled(m.UPN, m.Subject), m.ID)
		s.line("      %s", m.Do)
		s.line("      why: %s", m.Why)
	}
	s.line("")
}

func (s shown) skipped(list []Skipped) {
	if len(list) == 0 {
		return
	}
	s.line("Left out:")
	for _, x := range list {
		s.line("  · %s  %s: %s", titled(x.UPN, x.Subject), x.Action, reasonTexts(x.Because))
	}
	s.line("")
}

func (s shown) foot(p *Plan) {
	s.line("%s", p.Summary())
	if c := p.coverageLine(); c != "" {
		s.line("%s", c)
	}
	if err := p.Within(); err != nil {
		s.line("BEYOND THE LIMIT: %s", err.Error())
	}
	s.line("Hash %s", p.Hash)
}

// Summary is the plan in one line.
func (p *Plan) Summary() string {
	var waves []string
	for _, w := range p.Waves() {
		ids := map[string]bool{}
		for i := range w {
			ids[w[i].Subject.ID] = true
		}
		waves = append(waves, fmt.Sprint(len(ids)))
	}
	line := fmt.Sprintf("Plan: %s on %s", count(len(p.Changes), "change"), count(p.Accounts(), "account"))
	if len(waves) > 1 {
		line += " in waves of " + strings.Join(waves, ", ")
	}
	line += fmt.Sprintf("; %d left out, %s by hand", len(p.Skipped), count(len(p.Manual), "step"))
	if n := p.OneWay(); n > 0 {
		line += fmt.Sprintf("; %d CANNOT BE UNDONE", n)
	}
	return line + "."
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// coverageLine is the MFA coverage before and after.
func (p *Plan) coverageLine() string {
	if len(p.Coverage) != 2 {
		return ""
	}
	return fmt.Sprintf("MFA coverage of enabled members: %s → %s", percent(p.Coverage[0]), percent(p.Coverage[1]))
}

func percent(c check.Coverage) string {
	least, most, ok := c.Percent()
	if !ok {
		return "nobody"
	}
	share := fmt.Sprintf("%.1f %%", least)
	if most > least {
		share = fmt.Sprintf("%.1f–%.1f %%", least, most)
	}
	said := fmt.Sprintf("%s (%d of %d", share, c.Capable, c.Total)
	if c.Unknown > 0 {
		said += fmt.Sprintf(", %d unknown", c.Unknown)
	}
	return said + ")"
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
