package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/alert"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/text"
)

func (a *app) printAlerts(alerts []alert.Alert) error {
	return show(a, view[alert.Alert]{
		items: alerts,
		table: func(w io.Writer) error { return a.alertBlocks(w, alerts) },
		head: []string{"id", "rule", "title", "severity", "status", "tenant", "first_seen", "last_seen", "count", "accounts", "ips",
			"why", "events", "guide_rows", "mitre", "formats", "folded_into"},
		row: alertRow,
	})
}

func alertRow(al alert.Alert) []string {
	return []string{
		al.ID, al.Rule, al.Title, al.Severity.String(), al.Status, al.Tenant, al.FirstSeen, al.LastSeen, strconv.Itoa(al.Count),
		strings.Join(entityNames(al.Entities, "account"), "; "), strings.Join(entityNames(al.Entities, "ip"), "; "),
		reason(&al), strings.Join(al.Events, "; "), strings.Join(al.GuideRows, "; "), strings.Join(al.MITRE, "; "), strings.Join(al.Formats, "; "), al.FoldedInto,
	}
}

func entityNames(entities []event.Entity, kind string) []string {
	var names []string
	for _, e := range entities {
		if e.Kind == kind {
			names = append(names, e.Name)
		}
	}
	return names
}

// mark is how a severity looks: a shape and a word, and a colour where there
// are colours.
type mark struct{ shape, colour string }

var marks = map[rule.Severity]mark{
	rule.Critical: {"◆", "1;35"}, rule.High: {"▲", "1;31"}, rule.Medium: {"●", "33"}, rule.Low: {"○", "36"}, rule.Informational: {"–", "90"},
}

func (a *app) paint(colour, s string) string {
	if !a.colours() {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// alertBlocks writes each alert as a block of a few lines: what, when, who,
// why and what to do. An alert that is folded into another is one line there.
func (a *app) alertBlocks(w io.Writer, alerts []alert.Alert) error {
	folded := map[string][]*alert.Alert{}
	for i := range alerts {
		if into := alerts[i].FoldedInto; into != "" {
			folded[into] = append(folded[into], &alerts[i])
		}
	}
	var b strings.Builder
	for i := range alerts {
		if alerts[i].FoldedInto == "" {
			a.alertBlock(&b, &alerts[i], folded)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) alertBlock(b *strings.Builder, al *alert.Alert, folded map[string][]*alert.Alert) {
	m := marks[al.Severity]
	head := fmt.Sprintf("%s %-8s", m.shape, strings.ToUpper(al.Severity.String()))
	fmt.Fprintf(b, "%s  %s  %s\n", a.paint(m.colour, head), a.paint("1", text.Terminal(al.Title)), a.paint("90", text.Terminal(al.Rule)))
	if al.Description != "" {
		a.line(b, "what", text.Terminal(al.Description))
	}
	a.line(b, "when", period(al.FirstSeen, al.LastSeen))
	a.who(b, al)
	a.line(b, "why", text.Terminal(reason(al)+basis(al)))
	a.also(b, al.ID, folded)
	label := "next"
	for i, step := range al.Next {
		a.line(b, label, fmt.Sprintf("%d. %s", i+1, text.Terminal(step)))
		label = ""
	}
	a.events(b, al)
	b.WriteByte('\n')
}

// events shows the first records as they are, one after the other.
func (a *app) events(b *strings.Builder, al *alert.Alert) {
	const most = 5
	for i, r := range al.Records[:min(len(al.Records), most)] {
		record := "not kept: too many events match; narrow the run with --since, --until or --rules"
		if r != nil {
			var line strings.Builder
			if err := encode(&line, r, ""); err == nil {
				record = strings.TrimSpace(line.String())
			}
		}
		fmt.Fprintf(b, "  %s  %s\n", a.paint("90", "event"), text.Terminal(al.Events[i]+" "+record))
	}
	if n := al.Count - most; len(al.Records) > most {
		a.line(b, "", fmt.Sprintf("and %s; -o jsonl shows the first %d", plural(n, "event more", "events more"), alert.MaxListed))
	}
}

// also names the weaker alerts that say the same of the same records.
func (a *app) also(b *strings.Builder, id string, folded map[string][]*alert.Alert) {
	for _, f := range folded[id] {
		a.line(b, "also", text.Terminal(f.Title+" ("+f.Rule+", "+f.Severity.String()+"): "+reason(f)))
		a.also(b, f.ID, folded)
	}
}

// line writes one labelled line, wrapped.
func (a *app) line(b *strings.Builder, label, words string) {
	const indent = "         "
	lines := wrap(words, a.width()-len(indent))
	fmt.Fprintf(b, "  %s  %s\n", a.paint("90", fmt.Sprintf("%-5s", label)), strings.Join(lines, "\n"+indent))
}

// period shortens two RFC 3339 times to what differs.
func period(first, last string) string {
	day, clock, ok := strings.Cut(strings.TrimSuffix(first, "Z"), "T")
	lastDay, lastClock, lastOK := strings.Cut(strings.TrimSuffix(last, "Z"), "T")
	switch {
	case !ok || !lastOK:
		return first + " – " + last
	case first == last:
		return day + " " + clock + " UTC"
	case day == lastDay:
		return day + " " + clock + " – " + lastClock + " UTC"
	}
	return day + " " + clock + " – " + lastDay + " " + lastClock + " UTC"
}

// kindNames are the entity kinds in the order and words of the output.
var kindNames = []struct{ kind, label, many string }{
	{"account", "who", "accounts"}, {"mailbox", "box", "mailboxes"}, {"service_principal", "by", "service principals"},
	{"ip", "from", "addresses"}, {"app", "app", "apps"}, {"device", "on", "devices"},
}

// who lists the entities, one line a kind, in the alert's order.
func (a *app) who(b *strings.Builder, al *alert.Alert) {
	for _, k := range kindNames {
		names := entityNames(al.Entities, k.kind)
		if len(names) == 0 {
			continue
		}
		count := ""
		switch n := len(names); {
		case n >= alert.MaxListed:
			count = fmt.Sprintf("at least %d %s: ", n, k.many)
		case n > 1:
			count = fmt.Sprintf("%d %s: ", n, k.many)
		}
		for i := range names {
			names[i] = text.Cut(text.Terminal(names[i]), 60)
		}
		a.line(b, k.label, count+list(names, 5))
	}
}

// reason puts the numbers into a sentence.
func reason(al *alert.Alert) string {
	var parts []string
	for _, w := range al.Why {
		number := amount(w.Value)
		if w.AtLeast {
			number = "at least " + number
		}
		what := w.What
		if w.Value == 1 && !strings.Contains(" "+what, " of ") {
			what = strings.TrimSuffix(what, "s")
		}
		switch {
		case w.Threshold <= 1:
			parts = append(parts, number+" "+what)
			continue
		case strings.HasSuffix(what, ")"): // says itself what is asked for
			parts = append(parts, fmt.Sprintf("%s %s within %s", number, what, w.Window))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s within %s (the rule asks for %s)", number, what, w.Window, strconv.FormatFloat(w.Threshold, 'g', -1, 64)))
	}
	return strings.Join(parts, "; ")
}

// amount writes a number with separators, and its fraction where it has one.
func amount(n float64) string {
	if whole := int64(n); float64(whole) == n && whole < 1e15 {
		return thousands(int(whole))
	}
	return strconv.FormatFloat(n, 'g', 10, 64)
}

// basis names what the numbers rest on.
func basis(al *alert.Alert) string {
	s := ""
	if w := al.Why; len(w) == 0 || w[0].Value != float64(al.Count) {
		s = ", " + plural(al.Count, "event", "events") + " in all"
	}
	if len(al.Matched) > 0 {
		s += "; by " + strings.Join(al.Matched, ", ")
	}
	rows := slices.Concat(al.GuideRows, al.MITRE)
	if len(rows) > 0 {
		s += " [" + strings.Join(rows, " ") + "]"
	}
	return s
}
