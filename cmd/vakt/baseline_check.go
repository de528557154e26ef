package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/text"
)

func (a *app) baselineCheckCommand() *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use: "check FILE [LOGS...]", Short: "Check a baseline file: what is wrong, and what it does to the rules",
		Long: "Refuses what no baseline can hold, by file and line, and then tells what its owner\n" +
			"should know: entries that have ended, lists that need a copy of the directory,\n" +
			"rules that it puts to sleep and rules that it wakes. With logs it also shows the\n" +
			"alerts per rule and day without the baseline and with it.\n\n" +
			"Exit codes: 0 the baseline can be used, 1 it was refused, 2 wrong usage, 3 part of\n" +
			"the logs could not be read.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("vakt baseline check needs a file")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.checkBaseline(cmd, args[0], args[1:], &f) },
	}
	runFlags(cmd, &f)
	return cmd
}

func (a *app) checkBaseline(cmd *cobra.Command, file string, logs []string, f *detectFlags) error {
	data, err := readFile("the baseline", file)
	if err != nil {
		return err
	}
	b, problems := baseline.Parse(file, data)
	if len(problems) > 0 {
		return a.brokenBaseline(problems)
	}
	if b, err = a.withLearned(b, file); err != nil {
		return err
	}
	if b, err = a.loadDirectory(b, f.directory); err != nil {
		return err
	}
	rules, refused := daemon.LoadRules(vakt.Rules, f.rules)
	if err := a.refused(refused); err != nil {
		return err
	}
	notices, err := b.Review(rules, time.Now())
	if err != nil {
		return failed(err)
	}
	if len(logs) > 0 {
		if a.output == "table" {
			if err := a.printNotices(notices); err != nil {
				return failed(err)
			}
		}
		return a.checkAgainst(cmd, b, data, file, logs, f)
	}
	if err := a.printNotices(notices); err != nil {
		return failed(err)
	}
	a.say("%s is a good baseline.", text.Terminal(file))
	return nil
}

// brokenBaseline shows why a baseline was refused.
func (a *app) brokenBaseline(problems []baseline.Problem) error {
	if a.output != "table" {
		var list []baseline.Notice
		for _, p := range problems {
			list = append(list, baseline.Notice{Kind: "problem", Value: fmt.Sprintf("%s:%d", p.File, p.Line), Rules: []string{}, Message: p.Message})
		}
		if err := a.printNotices(list); err != nil {
			return failed(err)
		}
	} else {
		for _, p := range problems {
			_, _ = fmt.Fprintln(a.out, text.Terminal(p.String()))
		}
	}
	return failed(errors.New(plural(len(problems), "problem", "problems") + " in the baseline"))
}

func (a *app) printNotices(list []baseline.Notice) error {
	head := []string{"kind", "parameter", "value", "rules", "message"}
	row := func(n baseline.Notice) []string {
		return []string{n.Kind, n.Parameter, n.Value, strings.Join(n.Rules, " "), n.Message}
	}
	return show(a, view[baseline.Notice]{items: list, head: head, row: row, table: func(w io.Writer) error { return a.noticeLines(w, list) }})
}

// noticeLines writes notices for people, those that say the same together.
func (a *app) noticeLines(w io.Writer, list []baseline.Notice) error {
	for i := 0; i < len(list); {
		n := list[i]
		var about []string
		for ; i < len(list) && list[i].Kind == n.Kind && list[i].Message == n.Message; i++ {
			about = append(about, strings.TrimSpace(list[i].Parameter+" "+list[i].Value))
		}
		words := strings.Join(about, ", ")
		if len(n.Rules) > 0 {
			words = strings.TrimSpace(words + " " + strings.Join(n.Rules, ", "))
		}
		kind := n.Kind
		for _, line := range wrap(text.Terminal(words+" "+n.Message), a.width()-len("expiring  ")) {
			if _, err := fmt.Fprintf(w, "%-8s  %s\n", kind, line); err != nil {
				return err
			}
			kind = ""
		}
	}
	return nil
}

// checkAgainst holds the baseline against none, on logs.
func (a *app) checkAgainst(cmd *cobra.Command, b *baseline.Baseline, data []byte, file string, logs []string, f *detectFlags) error {
	batch, done, err := a.located(f) // with the defaults
	if err != nil {
		return err
	}
	defer done()
	change, problems := batch.Baseline.WithChange(file, data)
	if len(problems) > 0 { // nothing is declared: no more than what was learned
		change = &baseline.Change{}
	}
	change.Baseline = b
	_, missing, err := a.replay(cmd.Context(), batch, logs, change, nil)
	if err != nil {
		return err
	}
	a.say("%s is a good baseline.", text.Terminal(file))
	if missing != "" {
		return &exit{code: exitIncomplete}
	}
	return nil
}
