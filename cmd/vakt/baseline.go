package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"vakt/internal/baseline"
	"vakt/internal/text"
)

func (a *app) baselineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "baseline", Short: "What is normal in this organisation", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var file string
	var example bool
	show := &cobra.Command{Use: "show", Short: "Show every parameter with its value, where it comes from and what it is for", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.showBaseline(file, example) }}
	show.Flags().StringVar(&file, "baseline", "", "a baseline file; without it, the defaults")
	show.Flags().BoolVar(&example, "example", false, "print a commented baseline file to start from")
	check := &cobra.Command{Use: "check FILE", Short: "Check a baseline file", Args: oneArg("vakt baseline check needs a file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.checkBaseline(args[0]) }}
	cmd.AddCommand(show, check)
	return cmd
}

func (a *app) showBaseline(file string, example bool) error {
	if example {
		_, err := a.out.Write(baseline.Example())
		return err
	}
	b, err := a.loadBaseline(file)
	if err != nil {
		return err
	}
	head := []string{"parameter", "value", "origin", "rows", "question"}
	row := func(s baseline.Setting) []string {
		return []string{s.Name, s.Value, string(s.Origin), strings.Join(s.Rows, " "), s.Question}
	}
	settings := b.Settings()
	return show(a, view[baseline.Setting]{items: settings, head: head, row: row,
		table: func(w io.Writer) error { return a.table(w, head, rowsOf(settings, row)) }})
}

func (a *app) checkBaseline(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return failed(fmt.Errorf("read the baseline: %w", err))
	}
	_, problems := baseline.Parse(file, data)
	for _, p := range problems {
		_, _ = fmt.Fprintln(a.out, text.Terminal(p.String()))
	}
	if len(problems) > 0 {
		return failed(errors.New(plural(len(problems), "problem", "problems") + " in the baseline"))
	}
	a.say("%s is a good baseline.", text.Terminal(file))
	return nil
}
