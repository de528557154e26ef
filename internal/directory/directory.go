// Package directory knows the accounts and mailboxes of a tenant at a moment:
// it collects them, writes them to a folder, reads such a folder, keeps
// snapshots and tells how two of them differ. It judges nothing and changes
// nothing in a tenant.
//
// A part that is absent, partial or broken was not looked at: a fact that
// needs it is unknown, never empty.
package directory

import (
	"io/fs"
	"slices"
)

// Directory is a tenant as a folder of exports shows it, for its lists.
type Directory struct {
	// Tenant is the tenant's id, lower case; empty where nothing says it.
	Tenant string
	// Taken is when the export was made, as its manifest says.
	Taken string

	snapshot *Snapshot
}

// Missing is a part that could not be looked at.
type Missing struct {
	Part string `json:"part"` // file name
	Why  string `json:"why"`
}

// Open reads a folder of exports.
func Open(fsys fs.FS) (*Directory, error) {
	f, err := OpenFolder(fsys)
	if err != nil {
		return nil, err
	}
	s, err := Decode(f)
	if err != nil {
		return nil, err
	}
	_, taken := f.About()
	return &Directory{Tenant: s.Tenant, Taken: taken, snapshot: s}, nil
}

// Lists are the lists of the folder: see Snapshot.Lists.
func (d *Directory) Lists() map[string][]string { return d.snapshot.Lists() }

// DormantAccounts is Snapshot's.
func (d *Directory) DormantAccounts(days int) (ids []string, ok bool) {
	return d.snapshot.DormantAccounts(days)
}

// listParts are the parts that lists are made of.
var listParts = []string{UsersPart, MailboxesPart, AssignmentsPart, EligibilityPart, GroupsPart, DomainsPart}

// Missing lists the parts that Lists needs and could not read, by name.
func (d *Directory) Missing() []Missing {
	return slices.DeleteFunc(slices.Clone(d.snapshot.Missing), func(m Missing) bool { return !slices.Contains(listParts, m.Part) })
}
