package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vakt"
	"vakt/internal/alert"
	"vakt/internal/daemon"
	"vakt/internal/rule"
	"vakt/internal/text"
)

// ruleText is a page that is being written.
type ruleText struct{ b strings.Builder }

// head is the title of a page and what stands below it.
func (p *ruleText) head(r *rule.Rule, kind, log string) {
	fmt.Fprintf(&p.b, "# %s\n\n`%s` · %s · %s · %s", r.Title, r.Key(), kind, levels(r), log)
	if len(r.Vakt.Rows) > 0 {
		fmt.Fprintf(&p.b, " · [%s](README.md)", strings.Join(r.Vakt.Rows, ", "))
	}
	if ids := r.MITRE(); len(ids) > 0 {
		fmt.Fprintf(&p.b, " · ATT&CK %s", strings.Join(ids, ", "))
	}
	fmt.Fprintf(&p.b, "\n\n%s\n", strings.TrimSpace(r.Description))
}

// part is a heading with its text; nothing where there is no text.
func (p *ruleText) part(head, body string) {
	if body != "" {
		fmt.Fprintf(&p.b, "\n## %s\n\n%s", head, body)
	}
}

// tail is what every page ends with.
func (p *ruleText) tail(r *rule.Rule) {
	p.part("Needs", bullets(r.Vakt.Needs, "-"))
	p.part("May be fine", bullets(r.FalsePositives, "-"))
	p.part("What to do", bullets(r.Vakt.Next, "1."))
	p.part("Go on with", pivots(r.Vakt.Pivots))
	p.part("Sources", bullets(r.References, "-"))
	fmt.Fprintf(&p.b, "\nFile: `%s`\n", r.File)
}

// pivots are the ready queries.
func pivots(v rule.Pivots) string {
	var b strings.Builder
	for _, q := range []struct{ head, lang, text string }{{"KQL", "kusto", v.KQL}, {"PowerShell", "powershell", v.PowerShell}} {
		if q.text != "" {
			fmt.Fprintf(&b, "%s:\n\n```%s\n%s\n```\n\n", q.head, q.lang, strings.TrimSpace(q.text))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func bullets(list []string, mark string) string {
	var b strings.Builder
	for _, item := range list {
		fmt.Fprintf(&b, "%s %s\n", mark, item)
	}
	return b.String()
}

// fence is text as it stands, made harmless for whoever reads the file.
func fence(body string) string {
	var b strings.Builder
	b.WriteString("```\n")
	for line := range strings.Lines(strings.TrimRight(body, "\n")) {
		b.WriteString(strings.ReplaceAll(text.Terminal(strings.TrimRight(line, "\n")), "```", "'''") + "\n")
	}
	b.WriteString("```\n")
	return b.String()
}

// cellOf is a text in a cell of a table.
func cellOf(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// sentenceOf begins a sentence with the words of a case.
func sentenceOf(s string) string {
	s = text.Terminal(s)
	if s == "" {
		return s
	}
	first := []rune(s)
	return strings.ToUpper(string(first[0])) + string(first[1:])
}

// named lists the names of cases behind a word.
func named(word string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	for i := range names {
		names[i] = text.Terminal(names[i])
	}
	return fmt.Sprintf("\n**%s:** %s.\n", word, strings.Join(names, "; "))
}

// rulePage writes the page of a file of rules: of its last one, with those that
// it counts.
func (w *pageWriter) rulePage(ctx context.Context, file []*rule.Rule) error {
	r := file[len(file)-1]
	i := slices.IndexFunc(everyRule(w.set), func(c *rule.Compiled) bool { return c.ID == r.ID })
	if i < 0 {
		return fmt.Errorf("rule %q did not compile", r.Key())
	}
	c := everyRule(w.set)[i]
	p := &ruleText{}
	p.head(r, "rule", "log "+c.Log.String())
	p.part("How it decides", fence(c.Explain()))
	example, err := ruleExample(ctx, file)
	if err != nil {
		return fmt.Errorf("example of %q: %w", r.Key(), err)
	}
	p.part("An example in numbers", example)
	p.part("Tuning", w.tuning(c.Parameters()))
	if blind := cannotMatch(w.schema, c); len(blind) > 0 {
		p.part("Cannot match in", "`"+strings.Join(blind, "`, `")+"`\n")
	}
	p.tail(r)
	return w.add(r, "rule", c.Log.String(), p)
}

// ruleExample runs the first hit of a file and shows its records and alerts,
// then what else is found and left alone.
func ruleExample(ctx context.Context, file []*rule.Rule) (string, error) {
	cases, err := daemon.LoadCases(vakt.Rules, file[0].File)
	if err != nil {
		return "", err
	}
	var found, left []string
	for i := range cases {
		if cases[i].Alerts > 0 {
			found = append(found, cases[i].Name)
		} else {
			left = append(left, cases[i].Name)
		}
	}
	first := slices.IndexFunc(cases, func(c daemon.Case) bool { return c.Alerts > 0 })
	if first < 0 {
		return "", fmt.Errorf("%s: %w", file[0].File, fs.ErrNotExist)
	}
	run, err := daemon.RunCase(ctx, file, &cases[first])
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s:\n\n%s\n", sentenceOf(cases[first].Name), settings(&cases[first]), fence(records(cases[first].Records)))
	for i := range run.Alerts {
		b.WriteString(alertWords(&run.Alerts[i]))
	}
	return b.String() + named("Found", found) + named("Left alone", left), nil
}

// settings says what a case declares.
func settings(c *daemon.Case) string {
	var parts []string
	for name, v := range map[string]any{"baseline": c.Baseline, "directory": c.Directory} {
		if raw, err := json.Marshal(v); err == nil && len(raw) > 2 && string(raw) != "null" {
			parts = append(parts, name+" `"+strings.ReplaceAll(text.Terminal(string(raw)), "`", "'")+"`")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return ", with " + strings.Join(parts, " and ")
}

// records shows the first records of a case, a line each.
func records(list [][]byte) string {
	const most = 12
	var b strings.Builder
	for i, raw := range list {
		if i == most {
			fmt.Fprintf(&b, "… and %d more\n", len(list)-most)
			break
		}
		b.WriteString(recordLine(raw) + "\n")
	}
	return b.String()
}

// recordLine is when, what, who and from where, as the record says it.
func recordLine(raw []byte) string {
	var r map[string]any
	if err := json.Unmarshal(raw, &r); err != nil {
		return string(raw)
	}
	first := func(paths ...string) string {
		for _, p := range paths {
			if s := at(r, p); s != "" {
				return s
			}
		}
		return ""
	}
	what := first("activityDisplayName", "riskEventType", "Operation", "operationName.value", "status.errorCode")
	if at(r, "status.errorCode") != "" {
		what = "sign-in, code " + what
	} else if more := first("result", "riskLevel", "ResultStatus", "status.value"); more != "" {
		what += ", " + more
	}
	parts := []string{
		first("createdDateTime", "activityDateTime", "detectedDateTime", "CreationTime", "eventTimestamp"), what,
		first("initiatedBy.user.userPrincipalName", "initiatedBy.app.displayName", "caller", "userPrincipalName", "UserId"),
	}
	if target := first("targetResources.0.userPrincipalName", "targetResources.0.displayName", "MailboxOwnerUPN", "ObjectId"); target != "" {
		parts = append(parts, "→ "+target)
	}
	parts = append(parts, first("ipAddress", "initiatedBy.user.ipAddress", "ClientIP", "ClientIPAddress", "ActorIpAddress", "httpRequest.clientIpAddress"))
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  ")
}

// at is the text at a path of names and places.
func at(v any, p string) string {
	for _, key := range strings.Split(p, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			if v = nil; key == "0" && len(node) > 0 {
				v = node[0]
			}
		default:
			return ""
		}
	}
	switch s := v.(type) {
	case string:
		return s
	case float64, bool:
		return fmt.Sprint(s)
	}
	return ""
}

// alertWords says what came of the records, with the numbers against their
// thresholds.
func alertWords(a *alert.Alert) string {
	line := fmt.Sprintf("gives **%s** (%s) for %s, %s", a.Severity, a.Rule, period(a.FirstSeen, a.LastSeen), plural(a.Count, "record", "records"))
	if why := reason(a); why != "" {
		line += ": " + why
	}
	return "- " + strings.TrimSuffix(text.Terminal(line), ".") + ".\n"
}

// levels says how severe the alerts of a rule are: the least, and what raises
// make of it at most.
func levels(r *rule.Rule) string {
	least, _ := rule.SeverityNamed(r.Level)
	most := least
	for _, line := range r.Vakt.Severity {
		most = max(most, line.Level)
	}
	if most == least {
		return r.Level
	}
	return r.Level + " to " + most.String()
}
