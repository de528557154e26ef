package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/daemon"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what the credential may do, what it lacks, what it has too much, and what cannot be seen",
		Long: "Asks for a token and compares it with what each feature needs: granted, missing,\n" +
			"and surplus (with tier-0 rights flagged). Says which licences the tenant lacks,\n" +
			"what that hides and what replaces it. Reads nothing about accounts.\n\n" +
			"Exit code: 0 everything is there, 3 something is missing or could not be asked.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	tenants, err := a.tenants(c)
	if err != nil {
		return err
	}
	var all []*daemon.Diagnosis
	whole := true
	for _, t := range tenants {
		d, err := a.examine(ctx, t)
		if err != nil {
			a.complain(err)
			whole = false
			continue
		}
		whole = whole && d.Whole()
		all = append(all, d)
	}
	if len(all) == 0 {
		return &exit{exitFailed, nil}
	}
	head := []string{"feature", "permission", "state", "without it"}
	err = show(a, view[*daemon.Diagnosis]{items: all, head: head, row: func(d *daemon.Diagnosis) []string { return []string{d.Tenant, "", "", ""} },
		table: func(w io.Writer) error { return a.diagnoses(w, all) }})
	switch {
	case err != nil:
		return failed(err)
	case !whole:
		return &exit{exitIncomplete, nil}
	}
	return nil
}

func (a *app) examine(ctx context.Context, t tenant.Tenant) (*daemon.Diagnosis, error) {
	r, err := daemon.Connect(t, a.connection())
	if err != nil {
		return nil, err
	}
	d, err := daemon.Examine(ctx, r, tenant.ReadFeatures())
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", t.Name, err)
	}
	return d, nil
}

// connection is what connecting needs of this process.
func (a *app) connection() daemon.Connection {
	return daemon.Connection{Now: time.Now, Log: a.logger(), Prompt: func(message string) { a.insist("%s", text.Terminal(message)) }}
}

func (a *app) diagnoses(w io.Writer, all []*daemon.Diagnosis) error {
	for _, d := range all {
		if err := a.diagnosis(w, d); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) diagnosis(w io.Writer, d *daemon.Diagnosis) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", a.paint("1", "Tenant "+text.Terminal(d.Tenant)))
	who := text.Terminal(strings.Trim(d.Name+" "+d.Application, " "))
	if d.Delegated {
		who += " (a person's rights)"
	}
	fmt.Fprintf(&b, "  as %s\n\n", who)
	for _, r := range d.Features {
		a.right(&b, r)
	}
	a.licences(&b, d)
	a.surplus(&b, d)
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

func (a *app) right(b *strings.Builder, r daemon.Right) {
	sign, colour := "✓", "32"
	if r.State != daemon.RightGranted {
		sign, colour = "✗", "31"
	}
	if r.State == daemon.RightUnknown {
		sign, colour = "?", "33"
	}
	fmt.Fprintf(b, "  %s %-22s %s", a.paint(colour, sign), r.Title, r.Permission)
	if r.By != "" {
		fmt.Fprintf(b, " (by %s, which is more than needed)", r.By)
	}
	if r.State != daemon.RightGranted {
		fmt.Fprintf(b, ": %s. Without it: %s", r.State, r.Loses)
	}
	b.WriteByte('\n')
}

func (a *app) licences(b *strings.Builder, d *daemon.Diagnosis) {
	b.WriteByte('\n')
	if d.Licences == nil {
		fmt.Fprintf(b, "  %s Licences could not be read: %s\n", a.paint("33", "?"), text.Terminal(d.LicencesWhy))
	}
	for _, g := range d.Gaps {
		fmt.Fprintf(b, "  %s No %s: it hides %s. Instead: %s.\n", a.paint("33", "–"), g.Licence, g.Hides, g.Instead)
	}
	switch {
	case d.CmdletsWhy != "":
		fmt.Fprintf(b, "  %s Exchange could not be asked which cmdlets are allowed: %s\n", a.paint("33", "?"), text.Terminal(d.CmdletsWhy))
	case len(d.Cmdlets) > 0:
		fmt.Fprintf(b, "  %s Exchange does not allow %s: give the application the role Global Reader or View-Only Organization Management.\n",
			a.paint("31", "✗"), strings.Join(d.Cmdlets, ", "))
	}
}

func (a *app) surplus(b *strings.Builder, d *daemon.Diagnosis) {
	for _, s := range d.Surplus {
		what := "needed by nothing here"
		if len(s.Instead) > 0 {
			what = "narrower would do: " + strings.Join(s.Instead, ", ")
		}
		if s.Tier0 {
			what = "TIER 0, whoever holds it can take over the tenant; " + what
		}
		fmt.Fprintf(b, "  %s Surplus: %s (%s). Take it away.\n", a.paint("33", "!"), text.Terminal(s.Permission), what)
	}
}
