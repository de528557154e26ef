package tenant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"vakt/internal/text"
)

// Emits lists what Emit writes.
func Emits() []string { return []string{"table", "json", "az", "powershell", "bicep"} }

// AppRegistration is one app registration as the set-up code makes it: one that
// reads; where a feature writes, a second one that is used during approved runs
// only; and a third for what only an optional tier-0 feature may do.
type AppRegistration struct {
	Name        string          `json:"name"`
	Write       bool            `json:"write"`
	Permissions []EmittedRole   `json:"permissions"`
	Roles       []string        `json:"entra_roles"`
	Features    []EmittedAction `json:"features"`
}

// EmittedRole is an application permission of a registration.
type EmittedRole struct {
	App   string `json:"app_id"`
	Name  string `json:"name"`
	ID    string `json:"id,omitempty"` // "": looked up by name
	Tier0 bool   `json:"tier0"`
}

// EmittedAction is a feature with its reasons.
type EmittedAction struct {
	ID      Capability `json:"id"`
	Title   string     `json:"title"`
	Needs   []string   `json:"needs"`
	Role    string     `json:"entra_role,omitempty"`
	Licence Licence    `json:"licence,omitempty"`
	Why     string     `json:"why"`
	Loses   string     `json:"without"`
}

// Registrations gives what the features need, the reading registration first.
func Registrations(ids []Capability) []AppRegistration {
	var out []AppRegistration
	for _, name := range []string{readApp, writeApp, rolesApp} {
		r := AppRegistration{Name: name, Write: name != readApp}
		for _, f := range featuresOf(ids) {
			if f.registration() == name {
				r.add(f)
			}
		}
		if len(r.Features) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// Names of the registrations that the set-up code makes.
const (
	readApp  = "vakt-read"
	writeApp = "vakt-write"
	rolesApp = "vakt-roles"
)

func (f Feature) registration() string {
	switch {
	case f.ID == RemoveRoles:
		return rolesApp
	case f.Write:
		return writeApp
	}
	return readApp
}

func (r *AppRegistration) add(f Feature) {
	r.Features = append(r.Features, EmittedAction{f.ID, f.Title, f.Needs, f.Role, f.Licence, f.Why, f.Loses})
	if f.Role != "" && !slices.Contains(r.Roles, f.Role) {
		r.Roles = append(r.Roles, f.Role)
	}
	for _, name := range f.Needs {
		p, _ := PermissionByName(name)
		e := EmittedRole{p.Service.AppID(), p.Name, p.ID, p.Tier0}
		if !slices.Contains(r.Permissions, e) {
			r.Permissions = append(r.Permissions, e)
		}
	}
}

// Emit writes what the features need: a table or JSON to read, or set-up code
// for the two app registrations. The code creates, and grants nothing that is
// not in the table.
func Emit(kind string, ids []Capability) (string, error) {
	all := Registrations(ids)
	switch kind {
	case "table":
		return emitTable(all)
	case "json":
		out, err := json.MarshalIndent(all, "", "  ")
		return string(out) + "\n", err
	case "az":
		return emitEach(all, "#!/bin/sh\n"+azHead, azRegistration), nil
	case "powershell":
		return emitEach(all, powershellHead, powershellRegistration), nil
	case "bicep":
		return emitEach(all, bicepHead, bicepRegistration), nil
	}
	if near := text.Nearest(kind, Emits()); near != "" {
		return "", fmt.Errorf("cannot write %q: did you mean %q?", kind, near)
	}
	return "", fmt.Errorf("cannot write %q: choose one of %s", kind, strings.Join(Emits(), ", "))
}

func emitEach(all []AppRegistration, head string, one func(AppRegistration) string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range all {
		b.WriteString("\n" + one(r))
	}
	return b.String()
}

func emitTable(all []AppRegistration) (string, error) {
	rows := []string{"REGISTRATION\tFEATURE\tPERMISSION\tLICENCE\tTIER 0\tWITHOUT IT"}
	for _, r := range all {
		for _, f := range r.Features {
			for _, name := range f.Needs {
				tier := ""
				if p, _ := PermissionByName(name); p.Tier0 {
					tier = "yes"
				}
				rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", r.Name, f.ID, name, f.Licence, tier, f.Loses))
			}
			if f.Role != "" {
				rows = append(rows, fmt.Sprintf("%s\t%s\trole: %s\t\t\t", r.Name, f.ID, f.Role))
			}
		}
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, strings.Join(rows, "\n")); err != nil {
		return "", fmt.Errorf("write the table: %w", err)
	}
	if err := w.Flush(); err != nil {
		return "", fmt.Errorf("write the table: %w", err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// roleTemplates are the template ids of the Entra roles that registrations
// get; a role that is not here is given by hand.
var roleTemplates = map[string]string{
	GlobalReader:      "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
	UserAdministrator: "fe930be7-5e62-47db-91af-98c3a49a38b1",
}

// byApp groups permissions by the application that defines them.
func (r AppRegistration) byApp() [][]EmittedRole {
	var out [][]EmittedRole
	for _, p := range r.Permissions {
		i := slices.IndexFunc(out, func(g []EmittedRole) bool { return g[0].App == p.App })
		if i < 0 {
			out = append(out, nil)
			i = len(out) - 1
		}
		out[i] = append(out[i], p)
	}
	return out
}

// byHand are the roles that the set-up code cannot give.
func (r AppRegistration) byHand() []string {
	return slices.DeleteFunc(slices.Clone(r.Roles), func(role string) bool { return roleTemplates[role] != "" })
}
