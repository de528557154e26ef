package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/text"
)

func (a *app) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "List, explain, check and test rules", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var dirs []string
	var base string
	withRules := func(c *cobra.Command) *cobra.Command {
		c.Flags().StringArrayVar(&dirs, "rules", nil, "also take the Sigma rules of this folder or file (repeatable)")
		c.Flags().StringVar(&base, "baseline", "", "a baseline file")
		return c
	}
	set := func() (*event.Schema, *rule.Set, error) { return a.compiled(dirs, base) }
	cmd.AddCommand(
		withRules(&cobra.Command{Use: "list", Short: "List the rules", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.listRules(set) }}),
		withRules(&cobra.Command{Use: "show ID", Short: "Explain a rule in words", Args: oneArg("vakt rules show needs the name or id of a rule; `vakt rules list` has them"),
			RunE: func(_ *cobra.Command, args []string) error { return a.showRule(set, args[0]) }}),
		&cobra.Command{Use: "check PATH...", Short: "Check Sigma rules: which load and can match, and what is wrong with the others", Args: someArgs("vakt rules check needs a rule file or folder"),
			RunE: func(_ *cobra.Command, args []string) error { return a.checkRules(args) }},
		a.importCommand(),
		a.testCommand(),
		a.coverageCommand(),
		a.docsCommand(),
	)
	return cmd
}

func oneArg(message string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage("%s", message)
		}
		return nil
	}
}

func someArgs(message string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("%s", message)
		}
		return nil
	}
}

// compiled loads and compiles our rules and those of the folders.
func (a *app) compiled(dirs []string, base string) (*event.Schema, *rule.Set, error) {
	b, err := a.loadBaseline(base)
	if err != nil {
		return nil, nil, err
	}
	rules, problems := daemon.LoadRules(vakt.Rules, dirs)
	schema := event.NewSchema()
	set, more := rule.Compile(rules, schema, b)
	if err := a.refused(append(problems, more...)); err != nil {
		return nil, nil, err
	}
	return schema, set, nil
}

// ruleInfo is a rule as `rules list` and `rules show` give it.
type ruleInfo struct {
	Rule        string   `json:"rule"`
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Level       string   `json:"level"`
	Log         string   `json:"log"`
	Kind        string   `json:"kind"` // plain, base or correlation
	GuideRows   []string `json:"guide_rows"`
	MITRE       []string `json:"mitre"`
	State       string   `json:"state"`  // live, mapped, asleep, dead or not_read
	Asleep      []string `json:"asleep"` // baseline lists without which it does not work
	ReadAs      []string `json:"read_as,omitempty"`
	Dead        []string `json:"dead,omitempty"` // why no record can ever match
	File        string   `json:"file"`
	Description string   `json:"description,omitempty"`
	Logic       string   `json:"logic,omitempty"`
	Needs       []string `json:"needs,omitempty"`
	Next        []string `json:"next,omitempty"`
	Blind       []string `json:"blind,omitempty"` // shapes in which it cannot match
}

func infoOf(set *rule.Set, c *rule.Compiled) ruleInfo {
	kind := "plain"
	if c.Correlation != nil {
		kind = "correlation"
	} else if !set.Alerting(c) {
		kind = "base"
	}
	return ruleInfo{
		Rule: c.Key(), ID: c.ID, Title: c.Title, Level: c.Level, Log: c.Log.String(), Kind: kind,
		GuideRows: orEmpty(c.Vakt.Rows), MITRE: orEmpty(c.MITRE()), Asleep: orEmpty(c.Asleep), File: c.File,
		State: string(c.State()), ReadAs: c.Notes, Dead: c.Dead,
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// everyRule lists the rules and correlations of a set, the dead ones too.
func everyRule(set *rule.Set) []*rule.Compiled {
	return slices.Concat(set.Rules(), set.Correlations(), set.Dead())
}

// stateWords says in a few words what becomes of the rule.
func (i *ruleInfo) stateWords() string {
	switch {
	case len(i.Asleep) > 0:
		return "asleep: " + strings.Join(i.Asleep, ", ") + " is empty"
	case len(i.Dead) > 0:
		return "dead: it can never match"
	case i.State == string(rule.NotRead):
		return "its log is not read here"
	}
	return i.State
}

func (a *app) listRules(load func() (*event.Schema, *rule.Set, error)) error {
	_, set, err := load()
	if err != nil {
		return err
	}
	var infos []ruleInfo
	for _, c := range everyRule(set) {
		if i := infoOf(set, c); i.Kind != "base" {
			infos = append(infos, i)
		}
	}
	slices.SortFunc(infos, func(x, y ruleInfo) int { return strings.Compare(x.Rule, y.Rule) })
	row := func(i ruleInfo) []string {
		return []string{i.Rule, i.Level, i.Log, strings.Join(i.GuideRows, " "), i.Title, i.stateWords()}
	}
	head := []string{"rule", "level", "log", "rows", "title", "state"}
	return show(a, view[ruleInfo]{items: infos, head: head, row: row,
		table: func(w io.Writer) error { return a.table(w, head, rowsOf(infos, row)) }})
}

func (a *app) showRule(load func() (*event.Schema, *rule.Set, error), name string) error {
	schema, set, err := load()
	if err != nil {
		return err
	}
	var names []string
	for _, c := range everyRule(set) {
		if strings.EqualFold(c.Key(), name) || strings.EqualFold(c.ID, name) {
			return a.printRule(schema, set, c)
		}
		names = append(names, c.Key())
	}
	hint := ""
	if near := text.Nearest(name, names); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return failed(fmt.Errorf("no rule %q%s; `vakt rules list` has them all", name, hint))
}

func (a *app) printRule(schema *event.Schema, set *rule.Set, c *rule.Compiled) error {
	i := infoOf(set, c)
	i.Description, i.Logic, i.Needs, i.Next = strings.TrimSpace(c.Description), c.Explain(), c.Vakt.Needs, c.Vakt.Next
	i.Blind = cannotMatch(schema, c)
	return show(a, view[ruleInfo]{items: []ruleInfo{i}, head: []string{"rule", "level", "logic"},
		row:   func(i ruleInfo) []string { return []string{i.Rule, i.Level, i.Logic} },
		table: func(w io.Writer) error { return a.ruleText(w, &i) }})
}

// cannotMatch lists the shapes of a rule's logs in which it can never match.
// What a rule reads of a log that the shape does not have may come in another
// file.
func cannotMatch(schema *event.Schema, c *rule.Compiled) (shapes []string) {
	for _, s := range event.Shapes() {
		if len(c.Dead) > 0 || !shapeHas(s, c.Log) {
			continue
		}
		carries := func(f event.Field) bool { return schema.Carriage(s, f) != event.Not || !s.Carries(schema.Log(f)) }
		if _, partly := c.CanMatch(carries); !partly {
			shapes = append(shapes, s.String())
		}
	}
	return shapes
}

// shapeHas says whether a shape carries any of a rule's logs.
func shapeHas(s event.Shape, logs event.Log) bool {
	return slices.ContainsFunc(event.Logs(), func(l event.Log) bool { return logs&l != 0 && s.Carries(l) })
}

func (a *app) ruleText(w io.Writer, i *ruleInfo) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s, %s, log %s", a.paint("1", text.Terminal(i.Title)), text.Terminal(i.Rule), i.Level, i.Kind, i.Log)
	if len(i.GuideRows) > 0 {
		fmt.Fprintf(&b, ", rows %s", text.Terminal(strings.Join(i.GuideRows, " ")))
	}
	if len(i.MITRE) > 0 {
		fmt.Fprintf(&b, ", %s", text.Terminal(strings.Join(i.MITRE, " ")))
	}
	b.WriteString("\n\n")
	if i.Description != "" {
		fmt.Fprintf(&b, "%s\n\n", a.paragraph(i.Description))
	}
	fmt.Fprintf(&b, "%s\n", a.paragraph(i.Logic))
	for _, part := range []struct {
		head  string
		lines []string
	}{{"Dead: no record can match", i.Dead}, {"Read as", i.ReadAs}, {"Needs", i.Needs}, {"Next", i.Next}, {"Asleep: these baseline lists are empty", i.Asleep}, {"Cannot match in", i.Blind}} {
		if len(part.lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n", part.head)
		}
		for _, l := range part.lines {
			fmt.Fprintf(&b, "  - %s\n", text.Terminal(l))
		}
	}
	fmt.Fprintf(&b, "\nFile: %s  Id: %s\n", text.Terminal(i.File), text.Terminal(i.ID))
	_, err := io.WriteString(w, b.String())
	return err
}

// paragraph makes a text of several lines safe and wraps each line, keeping
// its indentation.
func (a *app) paragraph(s string) string {
	var out []string
	for line := range strings.Lines(strings.TrimRight(s, "\n")) {
		line = strings.TrimRight(line, "\n")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for _, l := range wrap(text.Terminal(line), min(a.width(), 100)-len(indent)) {
			out = append(out, indent+l)
		}
	}
	return strings.Join(out, "\n")
}
