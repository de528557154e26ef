package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vakt/internal/check"
	"vakt/internal/extract"
)

// mostPlan bounds a plan file, in bytes: some 100,000 changes.
const mostPlan = 256 << 20

// ErrChanged says that a plan is not the one that was sealed.
var ErrChanged = errors.New("the plan was changed after it was made: make it again with `vakt plan`")

// Seal gives the plan its hash. It is changed no more after that.
func (p *Plan) Seal() error {
	if err := p.tidy(); err != nil {
		return err
	}
	sum, err := p.sum()
	if err != nil {
		return fmt.Errorf("seal plan %s: %w", p.ID, err)
	}
	p.Hash = sum
	return nil
}

// tidy brings values into the one form that they have in a file.
func (p *Plan) tidy() error {
	p.Tenant = strings.ToLower(p.Tenant)
	for _, t := range []*time.Time{&p.Created, &p.Expires, &p.Taken} {
		*t = t.UTC().Truncate(time.Second)
	}
	p.Changes, p.Manual, p.Skipped, p.Coverage = orEmpty(p.Changes), orEmpty(p.Manual), orEmpty(p.Skipped), orEmpty(p.Coverage)
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, value := range []*json.RawMessage{&c.Before, &c.After} {
			kept, err := exact(*value)
			if err != nil {
				return fmt.Errorf("change %q: %w", c.ID, err)
			}
			*value = kept
		}
	}
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// values is the plan as plain JSON values.
func (p *Plan) values() (map[string]any, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	return values, nil
}

// sum is the hash that the plan must have.
func (p *Plan) sum() (string, error) {
	values, err := p.values()
	if err != nil {
		return "", err
	}
	delete(values, "hash")
	return extract.Hash(values), nil
}

// Sealed refuses a plan that differs from the one that got its hash.
func (p *Plan) Sealed() error {
	if sum, err := p.sum(); err != nil || sum != p.Hash {
		return ErrChanged
	}
	return nil
}

// Write writes a sealed plan as its file: indented JSON.
func (p *Plan) Write(w io.Writer) error {
	if err := p.Sealed(); err != nil {
		return fmt.Errorf("write plan %s: %w", p.ID, err)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return fmt.Errorf("write plan %s: %w", p.ID, err)
	}
	return nil
}

// Read reads a plan file. It refuses one that says anything that Vakt does not
// understand, that contradicts itself, or whose hash does not fit: what is
// read is all that stands there, and nothing else.
func Read(r io.Reader) (*Plan, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostPlan+1))
	if err != nil {
		return nil, fmt.Errorf("read a plan: %w", err)
	}
	if len(text) > mostPlan {
		return nil, fmt.Errorf("read a plan: it is larger than %d MiB", mostPlan>>20)
	}
	p, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read a plan: %w", err)
	}
	return p, nil
}

func parse(text []byte) (*Plan, error) {
	said, err := decodeExact(text)
	if err != nil {
		return nil, fmt.Errorf("not a plan file: %w: `vakt plan --out FILE` writes one", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	p := &Plan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("not a plan file: %w: `vakt plan --out FILE` writes one", err)
	}
	understood, err := p.values()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(extract.AppendCanonical(nil, said), extract.AppendCanonical(nil, understood)) {
		return nil, ErrChanged
	}
	if err := p.Sealed(); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check refuses a plan that nothing here could have made, whatever its hash.
func (p *Plan) check() error {
	switch {
	case p.ID == "" || p.Tenant == "" || p.Requester.ID == "" || p.Created.IsZero() || p.Taken.IsZero():
		return errors.New("it does not say what it is, for which tenant, by whom and when")
	case p.Expires.Sub(p.Created) > Life || p.Expires.Before(p.Created):
		return fmt.Errorf("it may not be valid from %s to %s: a plan lives for %d hours", p.Created.Format(time.RFC3339), p.Expires.Format(time.RFC3339), int(Life.Hours()))
	}
	if err := p.Limits.check(); err != nil {
		return err
	}
	return errors.Join(p.checkChanges(), p.checkManual())
}

func (p *Plan) checkChanges() error {
	seen := map[string]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		switch {
		case seen[c.ID]:
			return fmt.Errorf("the change %q stands in it twice", c.ID)
		case c.ID != changeID(c.Action, c.Subject.ID) || !isObjectID(c.Subject.ID):
			return fmt.Errorf("the change %q does not name its object by an id", c.ID)
		case !slices.Contains([]string{Exact, Equivalent, Compensating, OneWay}, c.Reversible):
			return fmt.Errorf("the change %q is of the unknown class %q", c.ID, c.Reversible)
		case c.Field == "" || c.Reason == "":
			return fmt.Errorf("the change %q names no field or no reason", c.ID)
		case c.Override != nil && (c.Override.By.ID == "" || c.Override.Reason == ""):
			return fmt.Errorf("the change %q has an override without a name or a reason", c.ID)
		}
		seen[c.ID] = true
	}
	return nil
}

func (p *Plan) checkManual() error {
	seen := map[string]bool{}
	for _, m := range p.Manual {
		if m.ID == "" || m.Do == "" || seen[m.ID] {
			return fmt.Errorf("the manual step %q has no id, nothing to do, or stands in it twice", m.ID)
		}
		seen[m.ID] = true
	}
	return nil
}

// covered is the coverage before and after some accounts are disabled.
func covered(before check.Coverage, gone map[string]bool) []check.Coverage {
	after := before
	after.Population = AfterPlan
	after.Words = "all enabled accounts but guests, after this plan"
	left := func(ids []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return gone[id] })
	}
	after.CapableIDs, after.NotIDs, after.UnknownIDs = left(before.CapableIDs), left(before.NotIDs), left(before.UnknownIDs)
	after.Capable, after.Unknown = len(after.CapableIDs), len(after.UnknownIDs)
	after.Total = after.Capable + after.Unknown + len(after.NotIDs)
	return []check.Coverage{before, after}
}

// AfterPlan is the population of a plan's coverage afterwards.
const AfterPlan = "after_plan"

// isObjectID is true of an Entra object id in lower case.
func isObjectID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i, c := range []byte(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}
