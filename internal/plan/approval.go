package plan

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/check"
	"vakt/internal/extract"
)

// ApprovalLife is how long an approval holds.
const ApprovalLife = 4 * time.Hour

// Approval is one person's yes or no to exactly one plan.
type Approval struct {
	Plan     string    `json:"plan"` // hash
	Kind     string    `json:"kind"` // single, two_person or policy
	Approver Person    `json:"approver"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Expires  time.Time `json:"expires"`
	// Count is the number of changes and Limit the raised limit, both as the
	// approver typed them; Limit is 0 where the limit is not raised.
	Count int `json:"count"`
	Limit int `json:"limit"`
	// OneWay says that steps which cannot be undone are meant.
	OneWay bool `json:"one_way"`
	// Denied makes it a no. A no wins over every yes.
	Denied bool `json:"denied"`
	// Signature is the Ed25519 signature of a key of the configuration, in
	// base64; empty for approvers of other kinds.
	Signature string `json:"signature,omitempty"`
}

// Said is what somebody says to a plan, as typed.
type Said struct {
	Reason string
	Count  int
	Limit  int
	OneWay bool
	Denied bool
}

// NewApproval is what somebody says to a plan under a configuration. It refuses
// a yes that would not count, and tells why. Whoever approves with a key must
// still Sign it.
func NewApproval(p *Plan, c Config, who Person, said Said, now time.Time) (*Approval, error) {
	at := now.UTC().Truncate(time.Second)
	a := &Approval{
		Plan: p.Hash, Kind: c.mode(), Approver: who, Reason: strings.TrimSpace(said.Reason), At: at, Expires: at.Add(ApprovalLife),
		Count: said.Count, Limit: said.Limit, OneWay: said.OneWay, Denied: said.Denied,
	}
	if err := p.Sealed(); err != nil {
		return nil, err
	}
	if err := a.counts(p, c); err != nil {
		return nil, fmt.Errorf("approve plan %s: %w", p.ID, err)
	}
	return a, nil
}

// message is what is signed: the approval as canonical JSON, behind a line that
// fits nothing else.
func (a Approval) message() ([]byte, error) {
	a.Signature = ""
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	v, err := decodeExact(text)
	if err != nil {
		return nil, err
	}
	return extract.AppendCanonical([]byte("vakt approval\n"), v), nil
}

// Sign signs the approval, and with it the plan's hash, with the key that the
// approver's id names.
func (a *Approval) Sign(key ed25519.PrivateKey) error {
	public, err := publicOf(key)
	if err != nil {
		return fmt.Errorf("sign an approval: %w", err)
	}
	if KeyID(public) != a.Approver.ID {
		return fmt.Errorf("sign an approval: the key is not that of %q", a.Approver.ID)
	}
	text, err := a.message()
	if err != nil {
		return fmt.Errorf("sign an approval: %w", err)
	}
	a.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))
	return nil
}

// signed refuses an approval by a key that is not listed or did not sign it.
func (a *Approval) signed(c Config) error {
	if !strings.HasPrefix(a.Approver.ID, "key:") {
		return nil
	}
	for _, listed := range c.Approvers {
		public, err := ParsePublicKey(listed.Key)
		if err != nil || KeyID(public) != a.Approver.ID {
			continue
		}
		text, err := a.message()
		if err != nil {
			return err
		}
		signature, err := base64.StdEncoding.Strict().DecodeString(a.Signature)
		if err != nil || !ed25519.Verify(public, text, signature) {
			return fmt.Errorf("the approval of %q is not signed with its key", a.Approver.Name)
		}
		return nil
	}
	return fmt.Errorf("the key %s is not among the approvers of the configuration", a.Approver.ID)
}

// counts refuses an approval that does not fit the plan: a yes of somebody who
// may not give it, or that was typed for another plan.
func (a *Approval) counts(p *Plan, c Config) error {
	switch {
	case a.Plan != p.Hash:
		return errors.New("the approval is for another plan")
	case a.Approver.ID == "":
		return errors.New("nobody is named as its approver")
	case a.Denied:
		return nil
	case a.Reason == "":
		return errors.New("it gives no reason")
	case a.Count != len(p.Changes):
		return fmt.Errorf("the plan has %d changes, %d was typed", len(p.Changes), a.Count)
	case a.Limit != p.Limits.Raised:
		return fmt.Errorf("the plan raises the limit to %d, %d was typed", p.Limits.Raised, a.Limit)
	case p.OneWay() > 0 && !a.OneWay:
		return fmt.Errorf("%d changes cannot be undone: that needs an approval which says so", p.OneWay())
	case a.Kind == ByPolicy:
		return a.ofPolicy(p)
	}
	if err := a.ofPerson(p, c); err != nil {
		return err
	}
	return p.Within()
}

// ofPerson refuses who may not approve the plan.
func (a *Approval) ofPerson(p *Plan, c Config) error {
	for i := range p.Changes {
		if sameID(p.Changes[i].Subject.ID, objectOf(a.Approver.ID)) || c.human(a.Approver.ID, p.Changes[i].Subject.ID) {
			return errors.New("whoever approves a plan must not be changed by it")
		}
	}
	if c.mode() != a.Kind {
		return fmt.Errorf("the configuration wants approval: %s, this one is %s", c.mode(), a.Kind)
	}
	if a.Kind == Single {
		return nil
	}
	return a.second(p, c)
}

// second is the rule of two: a listed approver, who is somebody else than
// whoever asked for the plan and for each override in it.
func (a *Approval) second(p *Plan, c Config) error {
	if c.entry(a.Approver.ID) < 0 {
		return fmt.Errorf("%q is not among the approvers of the configuration", a.Approver.ID)
	}
	first := []Person{p.Requester}
	for i := range p.Changes {
		if o := p.Changes[i].Override; o != nil {
			first = append(first, o.By)
		}
	}
	for _, f := range first {
		switch {
		case !strings.HasPrefix(f.ID, "entra:") && !strings.HasPrefix(f.ID, "key:"):
			return fmt.Errorf("%q is known by the account of a machine only: with two_person whoever asks must sign in too, or two people could be one", f.ID)
		case c.human(a.Approver.ID, f.ID):
			return fmt.Errorf("%q asked for it: somebody else must approve", cmpName(f))
		}
	}
	return nil
}

func cmpName(p Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

// ofPolicy refuses what the keep-blocked policy may not do by itself.
func (a *Approval) ofPolicy(p *Plan) error {
	if a.Approver.ID != "policy:"+p.PolicyHash {
		return errors.New("the policy that approved it is not the one that it was made under")
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Action != Disable || c.Verdict != check.Block || c.Override != nil {
			return fmt.Errorf("the policy may not do %q: it only blocks accounts with the verdict block", c.ID)
		}
	}
	if p.Limits.Raised != 0 {
		return errors.New("the policy cannot raise a limit")
	}
	return p.Within()
}

// entry is the place of a person in the list of approvers; -1 for nobody.
func (c Config) entry(person string) int {
	return slices.IndexFunc(c.Approvers, func(a Approver) bool {
		if key, err := ParsePublicKey(a.Key); err == nil && KeyID(key) == person {
			return true
		}
		return a.Entra != "" && sameID(a.Entra, objectOf(person))
	})
}

// human tells whether two ids are those of one person.
func (c Config) human(x, y string) bool {
	return sameID(objectOf(x), objectOf(y)) || c.entry(x) >= 0 && c.entry(x) == c.entry(y)
}

// OneWay is the number of changes that cannot be undone.
func (p *Plan) OneWay() (n int) {
	for i := range p.Changes {
		if p.Changes[i].Reversible == OneWay {
			n++
		}
	}
	return n
}
