package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vakt/internal/rule"
	"vakt/internal/text"
)

func (a *app) importCommand() *cobra.Command {
	var out, base string
	var force bool
	cmd := &cobra.Command{
		Use: "import PATH...", Short: "Copy the Sigma rules that can match here into a folder of one's own",
		Long: "Judges the Sigma rules of the paths and copies the files that hold a rule that can\n" +
			"match here: live, mapped (read in our names) or asleep (waiting for a baseline\n" +
			"list). Files are copied as they are, with their author and licence. Rules that can\n" +
			"never match, and rules for logs that are not read here, are named and left out.\n\n" +
			"Exit code: 0 done, 1 failed, 2 wrong usage, 3 done, but some files are no valid rules.",
		Example: "  vakt rules import sigma/rules/cloud --out my-rules\n" +
			"  vakt detect --rules my-rules exports/",
		Args: someArgs("vakt rules import needs a rule file or folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usage("vakt rules import needs --out DIR: the folder to copy the rules to")
			}
			return a.importRules(args, out, base, force)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder to copy the rules to")
	cmd.Flags().StringVar(&base, "baseline", "", "a baseline file, which wakes rules")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files in the folder that differ")
	return cmd
}

// imported is what `rules import` did with a file.
type imported struct {
	File    string     `json:"file"`
	State   rule.State `json:"state"`
	Reasons []string   `json:"reasons"`
	Copied  string     `json:"copied"` // the copy; empty where the file was left out
}

// importRules decides on every file before it writes the first.
func (a *app) importRules(paths []string, out, base string, force bool) error {
	b, err := a.loadBaseline(base)
	if err != nil {
		return err
	}
	j, err := judge(paths, b)
	if err != nil {
		return err
	}
	all := make([]imported, 0, len(j.verdicts))
	sources := map[string]string{}
	for _, v := range j.verdicts {
		i := imported{File: v.File, State: v.State, Reasons: orEmpty(v.Reasons)}
		if v.State.Runs() {
			i.Copied = filepath.Join(out, below(paths, v.File))
			if other, taken := sources[i.Copied]; taken {
				return failed(fmt.Errorf("%q and %q would both be %q: import them into two folders", other, v.File, i.Copied))
			}
			sources[i.Copied] = v.File
		}
		all = append(all, i)
	}
	if err := copyRules(sources, force); err != nil {
		return failed(err)
	}
	return a.printImported(all, out)
}

// below is the path of a file as seen from the path by which it was found.
func below(paths []string, file string) string {
	for _, p := range paths {
		rel, err := filepath.Rel(p, file)
		if err != nil || !filepath.IsLocal(rel) || rel == "." {
			continue
		}
		return rel
	}
	return filepath.Base(file)
}

// copyRules copies files byte for byte. Without force nothing is written when
// a target holds anything else.
func copyRules(sources map[string]string, force bool) error {
	data := map[string][]byte{}
	var taken []string
	for _, target := range sortedKeys(sources) {
		content, err := os.ReadFile(sources[target])
		if err != nil {
			return fmt.Errorf("read the rule: %w", err)
		}
		present, err := os.ReadFile(target)
		switch {
		case err == nil && bytes.Equal(present, content):
			continue
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("import the rule: %w", err)
		case err == nil && !force:
			taken = append(taken, target)
		}
		data[target] = content
	}
	if len(taken) > 0 {
		return fmt.Errorf("nothing was copied: %s there and different: %s; --force overwrites",
			plural(len(taken), "file is", "files are"), list(taken, 5))
	}
	for _, target := range sortedKeys(data) {
		if err := writeFile(target, data[target]); err != nil {
			return fmt.Errorf("import the rule %q: %w", target, err)
		}
	}
	return nil
}

// writeFile puts a file in place in one step, with its folder.
func writeFile(file string, data []byte) (err error) {
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // rules are no secret
		return err
	}
	tmp, err := os.CreateTemp(folder, ".vakt-rule-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return err
	}
	if err = tmp.Chmod(0o644); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

func (a *app) printImported(all []imported, out string) error {
	total, copied := map[rule.State]int{}, 0
	for i := range all {
		total[all[i].State]++
		if all[i].Copied != "" {
			copied++
		}
	}
	if n := total[rule.Invalid]; n > 0 {
		a.insist("Incomplete: %s no valid Sigma; `vakt rules check` says where.", plural(n, "file is", "files are"))
	}
	head := []string{"file", "state", "why"}
	row := func(i imported) []string { return []string{i.File, string(i.State), strings.Join(i.Reasons, "; ")} }
	err := show(a, view[imported]{items: all, head: head, row: row,
		table: func(w io.Writer) error { return a.table(w, head, rowsOf(all, row)) }})
	if err != nil {
		return failed(err)
	}
	var counts []string
	for _, s := range rule.States() {
		if total[s] > 0 {
			counts = append(counts, thousands(total[s])+" "+strings.ReplaceAll(string(s), "_", " "))
		}
	}
	a.say("%s: %s. %s in %s.", plural(len(all), "file", "files"), strings.Join(counts, ", "), plural(copied, "rule file is", "rule files are"), text.Terminal(out))
	if slices.ContainsFunc(all, func(i imported) bool { return i.State == rule.Invalid }) {
		return &exit{code: exitIncomplete}
	}
	return nil
}
