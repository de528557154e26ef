package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vakt/internal/tenant"
)

func (a *app) permissionsCommand() *cobra.Command {
	var emit string
	var names []string
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Show the exact permissions of each feature, and the set-up of the two applications as code",
		Long: "Shows what each feature needs, why, and what is lost without it. With --emit it\n" +
			"writes code that registers two applications, one that reads and one that writes;\n" +
			"read it, then run it yourself. Nothing is sent anywhere.",
		Example: "  vakt permissions\n  vakt permissions --emit az > register.sh\n  vakt permissions --emit bicep --feature accounts --feature roles",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.permissions(emit, names) },
	}
	cmd.Flags().StringVar(&emit, "emit", "table", "table, json, az, powershell or bicep")
	cmd.Flags().StringArrayVar(&names, "feature", nil, "only this feature (repeatable); without it, all but the optional ones")
	return cmd
}

func (a *app) permissions(emit string, names []string) error {
	features := slices.Concat(tenant.ReadFeatures(), tenant.WriteFeatures())
	if len(names) > 0 {
		features = nil
	}
	for _, name := range names {
		f, err := tenant.FeatureByID(name)
		if err != nil {
			return usage("--feature: %w", err)
		}
		features = append(features, f.ID)
	}
	if emit == "table" {
		return a.permissionTable(features)
	}
	text, err := tenant.Emit(emit, features)
	if err != nil {
		return usage("--emit: %w", err)
	}
	_, err = io.WriteString(a.out, text)
	return err
}

// permissionRow is one permission of one feature, as it is shown.
type permissionRow struct {
	Application string `json:"application"` // read or write
	Feature     string `json:"feature"`
	Permission  string `json:"permission"`
	ID          string `json:"id"`
	Service     string `json:"service"`
	Role        string `json:"role,omitempty"`
	Licence     string `json:"licence,omitempty"`
	Tier0       bool   `json:"tier0"`
	Why         string `json:"why"`
	Loses       string `json:"loses"`
}

func (a *app) permissionTable(features []tenant.Capability) error {
	var rows []permissionRow
	for _, f := range tenant.Features() {
		if slices.Contains(features, f.ID) {
			rows = append(rows, permissionRows(f)...)
		}
	}
	head := []string{"application", "feature", "permission", "needs too", "why", "without it"}
	row := func(r permissionRow) []string {
		permission, also := r.Permission, r.Role
		if r.Tier0 {
			permission += " (tier 0)"
		}
		if r.Licence != "" {
			also = strings.Trim(also+", "+r.Licence, ", ")
		}
		return []string{r.Application, r.Feature, permission, also, r.Why, r.Loses}
	}
	return show(a, view[permissionRow]{items: rows, head: head, row: row, table: func(w io.Writer) error { return a.table(w, head, rowsOf(rows, row)) }})
}

func permissionRows(f tenant.Feature) []permissionRow {
	app := "read"
	if f.Write {
		app = "write"
	}
	var rows []permissionRow
	for _, name := range f.Needs {
		p, _ := tenant.PermissionByName(name)
		r := permissionRow{Application: app, Feature: string(f.ID), Permission: p.Name, ID: p.ID, Service: fmt.Sprint(p.Service), Role: f.Role,
			Tier0: p.Tier0, Why: f.Why, Loses: f.Loses}
		if f.Licence != "" {
			r.Licence = f.Licence.Title()
		}
		rows = append(rows, r)
	}
	return rows
}
