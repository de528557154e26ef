package plan

import (
	"errors"
	"fmt"
	"strings"
)

// The ways to approve a plan.
const (
	// Single: one person types the number of changes and a reason.
	Single = "single"
	// TwoPerson: somebody on the list of approvers, who did not ask for it.
	TwoPerson = "two_person"
	// ByPolicy is the approval of a run of the keep-blocked policy.
	ByPolicy = "policy"
)

// Config is what the configuration says about plans: the keys `approval` and
// `approvers` of vakt.yaml. The zero value is one person's approval.
type Config struct {
	// Approval is single or two_person; empty is single.
	Approval  string     `yaml:"approval"`
	Approvers []Approver `yaml:"approvers"`
}

// Approver is one human being who may approve plans of others. Whoever has
// both an Entra account and a key stands in the list once, with both: two
// entries count as two people.
type Approver struct {
	Name string `yaml:"name"`
	// Entra is the object id of the approver's account.
	Entra string `yaml:"entra"`
	// Key is an Ed25519 public key: 32 bytes in base64.
	Key string `yaml:"key"`
}

func (c Config) mode() string {
	if c.Approval == "" {
		return Single
	}
	return c.Approval
}

// Validate says what is wrong with the configuration; the error joins one
// problem for each thing.
func (c Config) Validate() error {
	var all []error
	if m := c.mode(); m != Single && m != TwoPerson {
		all = append(all, fmt.Errorf("approval: want %s or %s, found %q", Single, TwoPerson, m))
	}
	seen := map[string]string{}
	for i, a := range c.Approvers {
		where := fmt.Sprintf("approvers: entry %d", i+1)
		if a.Name == "" {
			all = append(all, fmt.Errorf("%s: name: is missing", where))
		}
		if a.Entra == "" && a.Key == "" {
			all = append(all, fmt.Errorf("%s: wants entra (an object id), key (an Ed25519 public key in base64), or both", where))
		}
		if a.Entra != "" && !isObjectID(strings.ToLower(a.Entra)) {
			all = append(all, fmt.Errorf("%s: entra: want an object id, found %q", where, a.Entra))
		}
		if _, err := ParsePublicKey(a.Key); a.Key != "" && err != nil {
			all = append(all, fmt.Errorf("%s: key: %w", where, err))
		}
		for _, id := range []string{strings.ToLower(a.Name), strings.ToLower(a.Entra), a.Key} {
			if other, twice := seen[id]; twice && id != "" {
				all = append(all, fmt.Errorf("%s: %q stands in %s already: one person is one entry", where, id, other))
			}
			seen[id] = where
		}
	}
	if c.mode() == TwoPerson && len(c.Approvers) < 2 {
		all = append(all, errors.New("approvers: with two_person at least two people are needed, so that one can approve what the other asks for"))
	}
	return errors.Join(all...)
}
