package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vakt/internal/baseline"
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
	cmd.AddCommand(show, a.baselineCheckCommand(), a.baselineLearnCommand(), a.baselineBacktestCommand())
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

// withLearned reads what a baseline says was learned for each account, beside
// the baseline's own file.
func (a *app) withLearned(b *baseline.Baseline, file string) (*baseline.Baseline, error) {
	name := b.LearnedFile()
	if name == "" {
		return b, nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(file), name)
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, failed(fmt.Errorf("read what %q says was learned: %w: nothing was run; put the file back, or take the line learned out", file, err))
	}
	defer in.Close() //nolint:errcheck // read only
	with, problems := b.WithLearned(name, in)
	for _, p := range problems {
		a.complain(errors.New(p.String()))
	}
	if len(problems) > 0 {
		return nil, failed(fmt.Errorf("%q, which %q names, was refused: nothing was run", name, file))
	}
	return with, nil
}
