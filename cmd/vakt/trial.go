package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/daemon"
	"vakt/internal/rule"
	"vakt/internal/text"
)

// trial is one run of `rules test`.
type trial struct {
	own      bool // of rules on disk, which need not have cases
	found    bool
	untested int // files of own rules without cases
	cases    int
	trials   int
	bad      int
}

func (a *app) testCommand() *cobra.Command {
	var dirs []string
	cmd := &cobra.Command{
		Use: "test [ID]", Short: "Run the hit and miss cases of our rules, or of your own, in every log shape", Args: cobra.MaximumNArgs(1),
		Long: "Runs the cases that stand beside each rule, NAME.hit.jsonl and NAME.miss.jsonl, in\n" +
			"every shape of log that carries their records, and says which gave another number of\n" +
			"alerts than they ask for. With --rules it tests the rules of that folder or file.",
		Example: "  vakt rules test password-spray\n  vakt rules test --rules my-rules",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.testRules(cmd.Context(), dirs, args) },
	}
	cmd.Flags().StringArrayVar(&dirs, "rules", nil, "test the Sigma rules of this folder or file in place of ours (repeatable)")
	return cmd
}

// testRules runs the cases of our rules, or of those of the folders; with an
// argument, of the file that holds that rule.
func (a *app) testRules(ctx context.Context, dirs, args []string) error {
	var builtin fs.FS
	if len(dirs) == 0 {
		builtin = vakt.Rules
	}
	rules, problems := daemon.LoadRules(builtin, dirs)
	if err := a.refused(problems); err != nil {
		return err
	}
	t := trial{own: builtin == nil, found: len(args) == 0}
	for _, file := range daemon.ByFile(rules) {
		if len(args) == 1 && !holds(file, args[0]) {
			continue
		}
		t.found = true
		if err := a.testFile(ctx, &t, file); err != nil {
			return failed(err)
		}
	}
	return a.tested(&t, args)
}

// holds says whether a file has a rule of this name or id.
func holds(file []*rule.Rule, name string) bool {
	return slices.ContainsFunc(file, func(r *rule.Rule) bool { return strings.EqualFold(r.Key(), name) || strings.EqualFold(r.ID, name) })
}

// testFile runs the cases of one file and shows those that failed.
func (a *app) testFile(ctx context.Context, t *trial, file []*rule.Rule) error {
	list, err := casesOf(file[0].File, t.own)
	if err != nil {
		return err
	}
	if list == nil {
		t.untested++
		return nil
	}
	results, err := daemon.TestRules(ctx, file, list, renderShapes(), renderCase)
	if err != nil {
		return err
	}
	t.cases, t.trials = t.cases+len(list), t.trials+len(results)
	for i := range results {
		if !results[i].Passed() {
			t.bad++
			_, _ = fmt.Fprintln(a.out, text.Terminal(results[i].String()))
		}
	}
	return nil
}

// casesOf reads the cases beside a rule file, with their places as it is named;
// nil where it is one of somebody's own and has none.
func casesOf(file string, own bool) ([]daemon.Case, error) {
	if !own {
		return daemon.LoadCases(vakt.Rules, file)
	}
	stem := strings.TrimSuffix(file, filepath.Ext(file))
	_, hit := os.Stat(stem + ".hit.jsonl")
	_, miss := os.Stat(stem + ".miss.jsonl")
	if hit != nil && miss != nil {
		return nil, nil
	}
	list, err := daemon.LoadCases(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	for i := range list {
		list[i].File = filepath.Join(filepath.Dir(file), list[i].File)
	}
	return list, err
}

// tested says how a run of the cases ended.
func (a *app) tested(t *trial, args []string) error {
	if !t.found {
		return failed(fmt.Errorf("no rule %q; `vakt rules list` has them all", args[0]))
	}
	if t.untested > 0 {
		a.insist("%s no cases: they stand beside a rule, as NAME.hit.jsonl and NAME.miss.jsonl.", plural(t.untested, "rule file has", "rule files have"))
	}
	if t.cases == 0 {
		return failed(errors.New("there is no case to run"))
	}
	a.insist("%s in %s: %s.", plural(t.cases, "case", "cases"), plural(t.trials, "rendering", "renderings"), passed(t.bad))
	if t.bad > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}

func passed(bad int) string {
	if bad == 0 {
		return "all passed"
	}
	return plural(bad, "failed", "failed")
}
