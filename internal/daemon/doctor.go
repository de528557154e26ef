package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// Diagnosis is what a credential may do in a tenant, set against what the
// features need, and what the tenant's licences hide.
type Diagnosis struct {
	Tenant      string `json:"tenant"`
	Application string `json:"application"`
	Principal   string `json:"principal"`
	Name        string `json:"name"`
	// Delegated is true for a person's credential, whose rights are those of
	// the person as far as the application has consent.
	Delegated bool      `json:"delegated"`
	Features  []Right   `json:"features"`
	Surplus   []Surplus `json:"surplus"`
	// Licences is null where the tenant's products could not be read; then
	// LicencesWhy says why, and Gaps are not known.
	Licences    *tenant.Licences `json:"licences"`
	LicencesWhy string           `json:"licences_why,omitempty"`
	Gaps        []Gap            `json:"gaps"`
	// Cmdlets are those of Exchange that reading needs and the credential may
	// not call; null where Exchange could not be asked, and CmdletsWhy says why.
	Cmdlets    []string `json:"cmdlets_missing"`
	CmdletsWhy string   `json:"cmdlets_why,omitempty"`
}

// Right is one permission that a feature needs.
type Right struct {
	Feature    string `json:"feature"`
	Title      string `json:"title"`
	Permission string `json:"permission"`
	// State is granted, missing, or unknown where no token could be had.
	State string `json:"state"`
	// By is a wider permission that grants it; more than is needed.
	By    string `json:"by,omitempty"`
	Tier0 bool   `json:"tier0"`
	Loses string `json:"loses"`
}

// The states of a Right.
const (
	RightGranted = "granted"
	RightMissing = "missing"
	RightUnknown = "unknown"
)

// Surplus is a permission that no feature needs.
type Surplus struct {
	Permission string   `json:"permission"`
	Tier0      bool     `json:"tier0"`
	Instead    []string `json:"instead,omitempty"`
}

// Gap is what the tenant's licences hide.
type Gap struct {
	Feature string `json:"feature"`
	Licence string `json:"licence"`
	Hides   string `json:"hides"`
	Instead string `json:"instead"`
}

// Whole is true where nothing is missing and everything could be asked.
func (d *Diagnosis) Whole() bool {
	whole := d.Licences != nil && d.CmdletsWhy == "" && len(d.Cmdlets) == 0
	for _, r := range d.Features {
		whole = whole && r.State == RightGranted
	}
	return whole
}

// doctored is what an examination asks of a tenant.
type doctored interface {
	Granted(ctx context.Context) (graph.Granted, error)
	Cmdlets(ctx context.Context) ([]string, error)
	List(ctx context.Context, l graph.List, resume string, page func(graph.Page) error) error
}

// Examine asks what the credential of a reader may do. It reads tokens, the
// list of cmdlets and the tenant's products, and nothing about accounts. An
// error means that there is no token at all.
func Examine(ctx context.Context, r doctored, features []tenant.Capability) (*Diagnosis, error) {
	g, err := r.Granted(ctx)
	if err != nil {
		return nil, fmt.Errorf("get a token: %w", err)
	}
	d := &Diagnosis{Tenant: g.Tenant, Application: g.Application, Principal: g.Principal, Name: g.Name, Delegated: g.Delegated,
		Features: []Right{}, Surplus: []Surplus{}, Gaps: []Gap{}}
	d.compare(g, features)
	if err := d.licences(ctx, r, features); err != nil {
		return nil, err
	}
	return d, d.cmdlets(ctx, r, g)
}

func (d *Diagnosis) compare(g graph.Granted, features []tenant.Capability) {
	c := tenant.Compare(slices.Concat(g.Roles, g.ExchangeRoles), features)
	for _, grant := range c.Grants {
		f, err := tenant.FeatureByID(string(grant.Feature))
		if err != nil {
			continue // Compare gives features of the same table
		}
		r := Right{Feature: string(f.ID), Title: f.Title, Permission: grant.Permission.Name, State: RightMissing, Tier0: grant.Permission.Tier0, Loses: f.Loses}
		switch {
		case grant.Granted:
			r.State = RightGranted
			if grant.By != grant.Permission.Name {
				r.By = grant.By
			}
		case grant.Permission.Service == tenant.Exchange && g.ExchangeErr != nil:
			r.State = RightUnknown
		}
		d.Features = append(d.Features, r)
	}
	for _, s := range c.Surplus {
		d.Surplus = append(d.Surplus, Surplus{s.Permission.Name, s.Permission.Tier0, s.Instead})
	}
}

// licences reads the tenant's products. That they cannot be read is a finding
// of the examination and no failure of it.
func (d *Diagnosis) licences(ctx context.Context, r doctored, features []tenant.Capability) error {
	var skus []json.RawMessage
	err := r.List(ctx, graph.List{Path: "/subscribedSkus"}, "", func(p graph.Page) error {
		skus = append(skus, p.Items...)
		return nil
	})
	var l tenant.Licences
	if err == nil {
		l, err = tenant.ReadLicences(skus)
	}
	if err != nil {
		d.LicencesWhy = err.Error()
		return ctx.Err()
	}
	d.Licences = &l
	for _, g := range l.Gaps(features) {
		d.Gaps = append(d.Gaps, Gap{string(g.Feature), g.Licence.Title(), g.Hides, g.Instead})
	}
	return nil
}

func (d *Diagnosis) cmdlets(ctx context.Context, r doctored, g graph.Granted) error {
	err := g.ExchangeErr
	var may []string
	if err == nil {
		may, err = r.Cmdlets(ctx)
	}
	if err != nil {
		d.CmdletsWhy = err.Error()
		return ctx.Err()
	}
	d.Cmdlets = []string{}
	for _, c := range directory.Cmdlets() {
		if !slices.ContainsFunc(may, func(m string) bool { return strings.EqualFold(m, c) }) {
			d.Cmdlets = append(d.Cmdlets, c)
		}
	}
	return nil
}
