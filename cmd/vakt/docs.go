package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/report"
	"vakt/internal/rule"
)

func (a *app) docsCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write a page about every rule and check",
		Long: "Writes a Markdown page for each of our rules and checks: what it means, how it\n" +
			"decides, an example in numbers, what can be tuned, what it needs and what to do\n" +
			"next; and README.md, which leads to them by the rows of the guide. Pages of rules\n" +
			"that are no more are removed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pages, err := rulePages(cmd.Context())
			if err != nil {
				return failed(err)
			}
			if err := writePages(out, pages); err != nil {
				return failed(fmt.Errorf("write the pages to %q: %w", out, err))
			}
			a.insist("%s in %s.", plural(len(pages), "page", "pages"), out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "docs/rules", "the folder to write to")
	return cmd
}

// writePages puts the pages in place and removes those that are no more.
func writePages(folder string, pages map[string]string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if _, ok := pages[filepath.Base(file)]; !ok {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// documented is a rule or check that has a page.
type documented struct {
	name, title, kind, level, log string
	rows                          []string
}

// rulePages are the pages by the names of their files.
func rulePages(ctx context.Context) (map[string]string, error) {
	w, err := newPageWriter()
	if err != nil {
		return nil, err
	}
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	for _, p := range problems {
		if p.Stops() {
			return nil, p
		}
	}
	for _, file := range daemon.ByFile(rules) {
		if err := w.rulePage(ctx, file); err != nil {
			return nil, err
		}
	}
	checks, err := daemon.LoadChecks(vakt.Checks, "checks")
	if err != nil {
		return nil, err
	}
	about := checks.About(baseline.Default())
	for i := range about {
		if err := w.checkPage(&about[i]); err != nil {
			return nil, err
		}
	}
	return w.pages, w.index()
}

// pageWriter gathers the pages.
type pageWriter struct {
	schema *event.Schema
	set    *rule.Set
	params map[string]baseline.Param
	all    []documented
	pages  map[string]string
}

func newPageWriter() (*pageWriter, error) {
	w := &pageWriter{schema: event.NewSchema(), params: map[string]baseline.Param{}, pages: map[string]string{}}
	rules, _ := daemon.LoadRules(vakt.Rules, nil)
	set, problems := rule.Compile(rules, w.schema, baseline.Default())
	for _, p := range problems {
		if p.Stops() {
			return nil, p
		}
	}
	w.set = set
	for _, p := range baseline.Params() {
		w.params[p.Name] = p
	}
	return w, nil
}

// index leads from the rows of the guide to the pages.
func (w *pageWriter) index() error {
	rows, err := guideRows()
	if err != nil {
		return err
	}
	slices.SortFunc(w.all, func(a, b documented) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString("# Rules and checks\n\nEvery rule and check of Vakt, by the rows of the guide. The pages are written by `vakt rules docs`:\n" +
		"change the rule and write them anew. `vakt rules show ID` says the same for your own baseline.\n\n" +
		"| row | severity | rules and checks |\n|---|---|---|\n")
	for i := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", rows[i].Row, rows[i].Severity, strings.Join(w.linksOf(&rows[i]), ", "))
	}
	b.WriteString("\n## All of them\n\n| name | kind | looks at | level | title |\n|---|---|---|---|---|\n")
	for _, d := range w.all {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s |\n", d.name, d.name, d.kind, cellOf(d.log), d.level, cellOf(d.title))
	}
	b.WriteString(outOfScope)
	w.pages["README.md"] = b.String()
	return nil
}

// outOfScope ends the index.
const outOfScope = `
## Out of scope

- **Risk of workload identities**: risk detections of service principals and managed identities need the licence Workload Identities
  Premium, and the guide is about accounts of people. What an application is given is looked at: consents, credentials, roles, mailboxes that it
  reads.
- **Microsoft Defender for Cloud Apps**: its policies, activities and app discovery have an API and a licence of their own. The alerts of its that
  Entra ID Protection passes on as risk detections are read like all others.
`

func (w *pageWriter) linksOf(row *report.Row) []string {
	var links []string
	for _, d := range w.all {
		if slices.Contains(d.rows, row.Row) {
			links = append(links, fmt.Sprintf("[%s](%s.md)", d.name, d.name))
		}
	}
	return links
}

// checkPage writes the page of a check.
func (w *pageWriter) checkPage(c *check.About) error {
	p := &ruleText{}
	p.head(c.Rule, "check", c.Words)
	p.part("How it decides", fence(c.Explain))
	example, err := checkExample(c.File)
	if err != nil {
		return err
	}
	p.part("An example", example)
	p.part("Tuning", w.tuning(c.Parameters))
	p.tail(c.Rule)
	return w.add(c.Rule, "check", c.Words, p)
}

func (w *pageWriter) add(r *rule.Rule, kind, log string, p *ruleText) error {
	name := r.Key() + ".md"
	if _, taken := w.pages[name]; taken {
		return fmt.Errorf("two pages are called %q", name)
	}
	w.pages[name] = p.b.String()
	w.all = append(w.all, documented{r.Key(), r.Title, kind, levels(r), log, r.Vakt.Rows})
	return nil
}

// checkExample shows the first hit of a check: the facts that it was given.
func checkExample(file string) (string, error) {
	stem := strings.TrimSuffix(file, path.Ext(file))
	hits, err := fs.ReadFile(vakt.Checks, stem+".hit.jsonl")
	if err != nil {
		return "", err
	}
	cases, err := check.ParseCases(stem+".hit.jsonl", hits)
	if err != nil {
		return "", err
	}
	misses, err := fs.ReadFile(vakt.Checks, stem+".miss.jsonl")
	if err != nil {
		return "", err
	}
	others, err := check.ParseCases(stem+".miss.jsonl", misses)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	line, _, _ := strings.Cut(string(hits), "\n")
	fmt.Fprintf(&b, "%s:\n\n%s\nThat is a finding.\n", sentenceOf(cases[0].Name), fence(line))
	var found, left []string
	for i := range cases {
		found = append(found, cases[i].Name)
	}
	for i := range others {
		left = append(left, fmt.Sprintf("%s (%s)", others[i].Name, strings.ReplaceAll(string(others[i].Status), "_", " ")))
	}
	return b.String() + named("Found", found) + named("Left alone", left), nil
}

// tuning lists the baseline parameters that something reads.
func (w *pageWriter) tuning(names []string) string {
	if len(names) == 0 {
		return "Nothing: it has no number and no list.\n"
	}
	var b strings.Builder
	b.WriteString("In the baseline file (`vakt baseline show --example`):\n\n| parameter | default | question |\n|---|---|---|\n")
	for _, name := range names {
		base, _, _ := strings.Cut(name, ".")
		p, ok := w.params[base]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, defaultOf(p), cellOf(p.Question))
	}
	return b.String()
}

// defaultOf is the default in a few words.
func defaultOf(p baseline.Param) string {
	text := strings.TrimSpace(p.Default)
	switch lines := strings.Count(text, "\n"); {
	case text == "" && p.Live != baseline.NotLive:
		return "from the directory"
	case text == "" && p.MayBeEmpty:
		return "none"
	case text == "":
		return "unset: the rule sleeps"
	case lines > 0:
		return fmt.Sprintf("%d entries", lines+1)
	case len(text) > 60:
		return fmt.Sprintf("%d entries", strings.Count(text, ",")+1)
	}
	return "`" + strings.TrimSpace(text+" "+p.Unit) + "`"
}
