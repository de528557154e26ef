// Package directory knows the accounts and mailboxes of a tenant at a moment.
// It begins with the lists that rules ask for, read from a folder of exported
// API replies.
//
// A part that is absent, partial or broken was not looked at: a list that
// needs it is unread, never empty. The package judges nothing.
package directory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Directory is a tenant as a folder of exports shows it.
type Directory struct {
	// Tenant is the tenant's id, lower case; empty where no manifest says.
	Tenant string
	// Taken is when the export was made, as its manifest says.
	Taken string

	fsys     fs.FS
	manifest map[string]part
	missing  []Missing
}

// Missing is a part that could not be looked at.
type Missing struct {
	Part string // file name
	Why  string
}

// part is what a manifest says of one file.
type part struct {
	State string `json:"state"` // complete, partial or absent
	Why   string `json:"why"`
	Count *int   `json:"count"`
}

// Open reads the manifest of a folder of exports. Without one, a file that is
// there counts as complete. A folder that holds none of the known files is an
// error.
func Open(fsys fs.FS) (*Directory, error) {
	d := &Directory{fsys: fsys}
	data, err := fs.ReadFile(fsys, "manifest.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !slices.ContainsFunc([]string{usersFile, mailboxesFile, assignmentsFile}, d.exists) {
			return nil, fmt.Errorf("no manifest.json, %s, %s or %s in it: give a folder written by `vakt scan --export`", usersFile, mailboxesFile, assignmentsFile)
		}
		return d, nil
	case err != nil:
		return nil, fmt.Errorf("read manifest.json: %w", err)
	}
	var m struct {
		Tenant string          `json:"tenant"`
		Taken  string          `json:"taken"`
		Parts  map[string]part `json:"parts"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	d.Tenant, d.Taken, d.manifest = strings.ToLower(m.Tenant), m.Taken, m.Parts
	if d.manifest == nil {
		return nil, errors.New("manifest.json names no parts")
	}
	return d, nil
}

func (d *Directory) exists(name string) bool {
	_, err := fs.Stat(d.fsys, name)
	return err == nil
}

// The files that lists are made of.
const (
	usersFile         = "users.json"
	mailboxesFile     = "mailboxes.json"
	assignmentsFile   = "roleAssignments.json"
	eligibilitiesFile = "roleEligibilitySchedules.json"
	groupsFile        = "groups.json"
	domainsFile       = "domains.json"
)

// Missing lists the parts that Lists asked for and could not read, by name.
func (d *Directory) Missing() []Missing { return d.missing }

// load reads the items of one part. It is false, and the part is noted as
// missing, where the whole of it was not exported.
func load[T any](d *Directory, name string) ([]T, bool) {
	items, err := read[T](d, name)
	if err != nil {
		if !slices.ContainsFunc(d.missing, func(m Missing) bool { return m.Part == name }) {
			d.missing = append(d.missing, Missing{name, err.Error()})
			slices.SortFunc(d.missing, func(a, b Missing) int { return cmp.Compare(a.Part, b.Part) })
		}
		return nil, false
	}
	return items, true
}

// read takes a list reply ({"value":[…]}) or a plain array. A reply with a
// link to a next page is only part of a list.
func read[T any](d *Directory, name string) ([]T, error) {
	p, listed := d.manifest[name]
	if d.manifest != nil && (!listed || p.State != "complete") {
		return nil, errors.New(cmp.Or(p.Why, p.State, "absent"))
	}
	data, err := fs.ReadFile(d.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("absent")
	} else if err != nil {
		return nil, err
	}
	var list struct {
		Value []T    `json:"value"`
		Next  string `json:"@odata.nextLink"`
	}
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		err = json.Unmarshal(data, &list.Value)
	} else {
		err = json.Unmarshal(data, &list)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("broken: %w", err)
	case list.Value == nil:
		return nil, errors.New("holds no list")
	case list.Next != "":
		return nil, errors.New("partial: the list has a next page")
	case p.Count != nil && *p.Count != len(list.Value):
		return nil, fmt.Errorf("partial: %d items, the manifest says %d", len(list.Value), *p.Count)
	}
	return list.Value, nil
}
