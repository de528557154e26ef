package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/report"
	"vakt/internal/text"
)

// reportFlags are the flags of vakt report.
type reportFlags struct {
	scanFlags
	lang  string
	out   string
	table string
	scan  bool
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write what was found as one HTML file, as CSV, XLSX or JSON",
		Long: "Writes the newest scan of a tenant, or the copy of one, as a file: what could not\n" +
			"be seen, the verdicts, MFA coverage before and after, findings, exceptions, and\n" +
			"which rows of the guide are covered here. With --logs the rules run over them too,\n" +
			"and it tells what Conditional Access did to the sign-ins, by week, policy, result\n" +
			"and device. The ending of --out decides the form: .html, .csv, .xlsx or .json. The\n" +
			"HTML file is complete in itself and asks the network for nothing.",
		Example: "  vakt report\n" +
			"  vakt report --lang sv --out rapport.html\n" +
			"  vakt report --offline copy/ --out accounts.xlsx\n" +
			"  vakt report --out verdicts.csv --table verdicts\n" +
			"  vakt report --logs signins/ --out effect.csv --table ca_effect",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	a.lookFlags(cmd, &f.scanFlags)
	flags.StringVar(&f.lang, "lang", "en", "language: "+strings.Join(report.Languages(), " or "))
	flags.StringVar(&f.out, "out", "", "file to write, or - for HTML on standard output; default: vakt-report-TENANT.html")
	flags.StringVar(&f.table, "table", "verdicts", "which table a CSV file holds: "+strings.Join(report.Sheets(), ", "))
	flags.BoolVar(&f.scan, "scan", false, "read the tenant now instead of taking the newest scan")
	return cmd
}

func (a *app) report(ctx context.Context, f *reportFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	f.stored = !f.scan
	all, ledger, err := a.look(ctx, &f.scanFlags)
	if err != nil {
		return err
	}
	missing := a.sayMissing(all, ledger)
	for i := range all {
		if all[i].err != nil {
			continue
		}
		r := &report.Report{Result: all[i].result, Snapshot: all[i].snapshot, Made: time.Now(), Version: version()}
		if r.Rows, r.Effect, err = a.guide(ctx, &f.scanFlags, &all[i]); err != nil {
			return err
		}
		if err := a.writeReport(f, r, all[i].name, len(all) > 1); err != nil {
			return failed(err)
		}
	}
	return scanVerdict(all, nil, missing)
}

func (f *reportFlags) check() error {
	switch {
	case !slices.Contains(report.Languages(), f.lang):
		return usage("--lang %q is none of %s", f.lang, strings.Join(report.Languages(), ", "))
	case !slices.Contains(report.Sheets(), f.table):
		return usage("--table %q is none of %s", f.table, strings.Join(report.Sheets(), ", "))
	case f.out != "" && f.out != "-" && !slices.Contains(reportEndings, filepath.Ext(f.out)):
		return usage("--out %q: the ending decides the form: one of %s", f.out, strings.Join(reportEndings, ", "))
	}
	if f.out == "-" {
		return nil
	}
	return checkPlaces(f.out)
}

var reportEndings = []string{".html", ".csv", ".xlsx", ".json"}

// writeReport writes one tenant's report, whole or not at all.
func (a *app) writeReport(f *reportFlags, r *report.Report, name string, several bool) error {
	if f.out == "-" {
		return r.HTML(a.out, f.lang)
	}
	path := orDefault(f.out, "vakt-report-"+fileName(name)+".html")
	if several && f.out != "" {
		ext := filepath.Ext(path)
		path = strings.TrimSuffix(path, ext) + "-" + fileName(name) + ext
	}
	if err := writeWhole(path, func(w io.Writer) error { return writeForm(r, w, filepath.Ext(path), f) }); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	_, err := fmt.Fprintln(a.out, text.Terminal(path))
	return err
}

func writeForm(r *report.Report, w io.Writer, form string, f *reportFlags) error {
	switch form {
	case ".csv":
		return r.CSV(w, f.lang, f.table)
	case ".xlsx":
		return r.XLSX(w, f.lang)
	case ".json":
		return r.JSON(w)
	}
	return r.HTML(w, f.lang)
}

// fileName is a name as part of a file's name.
func fileName(name string) string {
	name = filepath.Base(filepath.Clean(name))
	return strings.Map(func(c rune) rune {
		if c < '0' && c != '-' && c != '.' || c > 0x7e || strings.ContainsRune(`:;<=>?@[\]^{|}/`, c) {
			return '_'
		}
		return c
	}, name)
}
