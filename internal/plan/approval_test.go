package plan_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"vakt/internal/check"
	"vakt/internal/plan"
)

// key is an Ed25519 key that is the same in every run.
func key(t testing.TB, n byte) (ed25519.PrivateKey, string, plan.Person) {
	t.Helper()
	k := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	public, err := plan.PublicKey(k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := plan.ParsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return k, public, plan.Person{ID: plan.KeyID(raw), Name: "key " + string('0'+rune(n))}
}

var (
	bo  = plan.Person{ID: "entra:" + tenantID + "/" + id(901), Name: "Bo"}
	cai = plan.Person{ID: "os:cai", Name: "cai"}
)

// two is a configuration that wants two people. Ada has a key too.
func two(t testing.TB) plan.Config {
	t.Helper()
	_, adaKey, _ := key(t, 1)
	_, keyOnly, _ := key(t, 2)
	return plan.Config{Approval: plan.TwoPerson, Approvers: []plan.Approver{
		{Name: "Ada", Entra: id(900), Key: adaKey}, {Name: "Bo", Entra: id(901)}, {Name: "Dag", Key: keyOnly},
	}}
}

// planned is a plan under a configuration.
func planned(t testing.TB, c plan.Config, turn func(*plan.Input)) (*plan.Plan, plan.Admission) {
	t.Helper()
	in := input(t, contoso(shared(3)...))
	in.Policy.Config = c
	if turn != nil {
		turn(&in)
	}
	return build(t, in), plan.Admission{Now: now.Add(time.Hour), Tenant: tenantID, PolicyHash: in.Policy.Hash(), Config: c}
}

var yes = plan.Said{Reason: "agreed in change 17", Count: 3}

func TestOnePersonApproves(t *testing.T) {
	p, a := planned(t, plan.Config{}, nil)
	said, err := plan.NewApproval(p, a.Config, cai, yes, now)
	if err != nil {
		t.Fatal(err)
	}
	a.Approvals = []plan.Approval{*said}
	good, err := plan.Admit(p, a)
	if err != nil || len(good) != 1 || good[0].Kind != plan.Single || good[0].Approver != cai {
		t.Errorf("%+v, %v", good, err)
	}
}

func TestApprovalsThatDoNotCount(t *testing.T) {
	dagKey, _, dag := key(t, 2)
	strangerKey, _, stranger := key(t, 3)
	adaKey, _, adaByKey := key(t, 1)
	for _, c := range []struct {
		name   string
		config plan.Config
		turn   func(*plan.Input)
		who    plan.Person
		said   plan.Said
		sign   ed25519.PrivateKey
		want   string // empty: it counts
	}{
		{"one person", plan.Config{}, nil, cai, yes, nil, ""},
		{"whoever asked, alone", plan.Config{}, nil, ada, yes, nil, ""},
		{"no reason", plan.Config{}, nil, cai, plan.Said{Reason: " ", Count: 3}, nil, "no reason"},
		{"another number", plan.Config{}, nil, cai, plan.Said{Reason: "x", Count: 4}, nil, "4 was typed"},
		{"nobody", plan.Config{}, nil, plan.Person{}, yes, nil, "nobody is named"},
		{"a raised limit that was not typed", plan.Config{}, func(in *plan.Input) { in.Limit = 9 }, cai, yes, nil, "0 was typed"},
		{"a raised limit", plan.Config{}, func(in *plan.Input) { in.Limit = 9 }, cai, plan.Said{Reason: "x", Count: 3, Limit: 9}, nil, ""},
		{"a limit that the plan does not raise", plan.Config{}, nil, cai, plan.Said{Reason: "x", Count: 3, Limit: 9}, nil, "9 was typed"},
		{"beyond the limit", plan.Config{}, func(in *plan.Input) { *in = input(t, contoso(shared(6)...)) }, cai, plan.Said{Reason: "x", Count: 6}, nil, "6 accounts in one run, at most 5"},
		{"one-way, not said", plan.Config{}, revoking, cai, plan.Said{Reason: "x", Count: 1}, nil, "cannot be undone"},
		{"one-way, said", plan.Config{}, revoking, cai, plan.Said{Reason: "x", Count: 1, OneWay: true}, nil, ""},
		{"whom it changes", plan.Config{}, nil, plan.Person{ID: "entra:" + tenantID + "/" + id(100)}, yes, nil, "must not be changed by it"},
		{"the second person", two(t), nil, bo, yes, nil, ""},
		{"a second person's key", two(t), nil, dag, yes, dagKey, ""},
		{"a key without a signature", two(t), nil, dag, yes, nil, "not signed"},
		{"a key that is not listed", two(t), nil, stranger, yes, strangerKey, "not among the approvers"},
		{"a person who is not listed", two(t), nil, plan.Person{ID: "entra:" + tenantID + "/" + id(950)}, yes, nil, "not among the approvers"},
		{"whoever asked", two(t), nil, ada, yes, nil, "somebody else must approve"},
		{"whoever asked, by another way", two(t), nil, adaByKey, yes, adaKey, "somebody else must approve"},
		{"an account of the machine asked", two(t), func(in *plan.Input) { in.Requester = cai }, bo, yes, nil, "account of a machine only"},
		{"an override of one's own", two(t), overridden(bo), bo, plan.Said{Reason: "x", Count: 1}, nil, "somebody else must approve"},
		{"an override of another", two(t), overridden(ada), bo, plan.Said{Reason: "x", Count: 1}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, a := planned(t, c.config, c.turn)
			said, err := plan.NewApproval(p, a.Config, c.who, c.said, now)
			if err == nil && c.sign != nil {
				err = said.Sign(c.sign)
			}
			if err == nil {
				a.Approvals = []plan.Approval{*said}
				_, err = plan.Admit(p, a)
			}
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, c.want)
		})
	}
}

func revoking(in *plan.Input) { in.Wanted = []plan.Wanted{{Account: id(100), Action: plan.Revoke}} }

func overridden(by plan.Person) func(*plan.Input) {
	return func(in *plan.Input) {
		in.Policy.Exceptions = []check.Exception{{Account: id(100), Owner: "Bo", Reason: "scanner", Until: now.Add(48 * time.Hour)}}
		in.Wanted = []plan.Wanted{{Account: id(100)}}
		in.Overrides = []plan.Lift{{Account: id(100), Override: plan.Override{By: by, Reason: "agreed"}}}
	}
}

func TestAdmitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		turn func(*plan.Plan, *plan.Admission)
		want string
		is   error
	}{
		"no approval":         {turn: func(_ *plan.Plan, a *plan.Admission) { a.Approvals = nil }, is: plan.ErrNotApproved},
		"an expired plan":     {turn: func(_ *plan.Plan, a *plan.Admission) { a.Now = now.Add(24*time.Hour + time.Second) }, is: plan.ErrExpired},
		"a plan to come":      {turn: func(_ *plan.Plan, a *plan.Admission) { a.Now = now.Add(-time.Hour) }, want: "to come"},
		"an expired approval": {turn: func(_ *plan.Plan, a *plan.Admission) { a.Now = now.Add(4*time.Hour + time.Second) }, want: "expired at"},
		"an approval to come": {turn: func(_ *plan.Plan, a *plan.Admission) {
			a.Approvals[0].At = a.Now.Add(time.Hour)
			a.Approvals[0].Expires = a.Approvals[0].At
		}, want: "to come"},
		"a longer approval":   {turn: func(_ *plan.Plan, a *plan.Admission) { a.Approvals[0].Expires = a.Now.Add(20 * time.Hour) }, want: "longer than 4 hours"},
		"another tenant":      {turn: func(_ *plan.Plan, a *plan.Admission) { a.Tenant = id(5) }, want: "for tenant"},
		"no tenant":           {turn: func(_ *plan.Plan, a *plan.Admission) { a.Tenant = "" }, want: "for tenant"},
		"another policy":      {turn: func(_ *plan.Plan, a *plan.Admission) { a.PolicyHash = "x" }, is: plan.ErrPolicy},
		"another plan":        {turn: func(_ *plan.Plan, a *plan.Admission) { a.Approvals[0].Plan = "x" }, is: plan.ErrNotApproved},
		"a changed plan":      {turn: func(p *plan.Plan, _ *plan.Admission) { p.Changes[0].After = json.RawMessage("true") }, is: plan.ErrChanged},
		"an account more":     {turn: func(p *plan.Plan, _ *plan.Admission) { p.Changes = append(p.Changes, p.Changes[0]) }, is: plan.ErrChanged},
		"a changed reason":    {turn: func(p *plan.Plan, _ *plan.Admission) { p.Changes[0].Reason += "." }, is: plan.ErrChanged},
		"a no behind the yes": {turn: func(_ *plan.Plan, a *plan.Admission) { a.Approvals = append(a.Approvals, no(a.Approvals[0])) }, is: plan.ErrDenied},
		"a no before the yes": {turn: func(_ *plan.Plan, a *plan.Admission) {
			a.Approvals = append([]plan.Approval{no(a.Approvals[0])}, a.Approvals...)
		}, is: plan.ErrDenied},
		"a no that has expired": {turn: func(_ *plan.Plan, a *plan.Admission) {
			x := no(a.Approvals[0])
			x.Expires = now
			a.Approvals = append(a.Approvals, x)
		}, is: plan.ErrDenied},
		"a policy's approval": {turn: func(p *plan.Plan, a *plan.Admission) {
			a.Approvals[0].Kind, a.Approvals[0].Approver.ID = plan.ByPolicy, "policy:"+p.PolicyHash
		}, want: "its own runs only"},
		"another configuration": {turn: func(_ *plan.Plan, a *plan.Admission) { a.Config = two(t) }, want: "wants approval: two_person"},
	} {
		t.Run(name, func(t *testing.T) {
			p, a := planned(t, plan.Config{}, nil)
			said, err := plan.NewApproval(p, a.Config, cai, yes, now)
			if err != nil {
				t.Fatal(err)
			}
			a.Approvals = []plan.Approval{*said}
			c.turn(p, &a)
			_, err = plan.Admit(p, a)
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %v, want %v", err, c.is)
			}
			wantError(t, err, c.want)
		})
	}
}

func no(a plan.Approval) plan.Approval {
	a.Denied, a.Reason = true, "not now"
	return a
}

// A signature is for one plan and one answer.
func TestASignatureFitsNothingElse(t *testing.T) {
	dagKey, _, dag := key(t, 2)
	p, a := planned(t, two(t), nil)
	said, err := plan.NewApproval(p, a.Config, dag, yes, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := said.Sign(dagKey); err != nil {
		t.Fatal(err)
	}
	for name, turn := range map[string]func(*plan.Approval){
		"a later time": func(x *plan.Approval) {
			x.At, x.Expires = x.At.Add(time.Minute), x.Expires.Add(time.Minute)
		},
		"another reason":    func(x *plan.Approval) { x.Reason = "because" },
		"a one-way yes":     func(x *plan.Approval) { x.OneWay = true },
		"another name":      func(x *plan.Approval) { x.Approver.Name = "Bo" },
		"another signature": func(x *plan.Approval) { x.Signature = "AAAA" },
	} {
		x := *said
		turn(&x)
		a.Approvals = []plan.Approval{x}
		_, err := plan.Admit(p, a)
		wantError(t, err, "not signed with its key")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	wrong, _, _ := key(t, 3)
	wantError(t, said.Sign(wrong), "not that of")
}

func TestAPolicyApprovesOnlyWhatItMay(t *testing.T) {
	for name, c := range map[string]struct {
		turn   func(*plan.Input)
		late   time.Duration
		policy string
		want   string
	}{
		"accounts with the verdict block": {want: ""},
		"another policy":                  {policy: "policy:x", want: "not the one that it was made under"},
		"an old snapshot":                 {late: 51 * time.Minute, want: "last hour only"},
		"an account without a verdict":    {turn: func(in *plan.Input) { in.Result = nil; in.Wanted = []plan.Wanted{{Account: id(100)}} }, want: "it only blocks"},
		"another action":                  {turn: func(in *plan.Input) { in.Wanted = []plan.Wanted{{Account: id(100), Action: plan.Revoke}} }, want: "it only blocks"},
		"an override":                     {turn: overridden(ada), want: "it only blocks"},
		"a raised limit":                  {turn: func(in *plan.Input) { in.Limit = 50 }, want: "cannot raise"},
		"more than the limit":             {turn: func(in *plan.Input) { *in = input(t, contoso(shared(6)...)) }, want: "at most 5"},
	} {
		t.Run(name, func(t *testing.T) {
			p, a := planned(t, plan.Config{}, c.turn)
			a.Now, a.Policy = now.Add(c.late), true
			a.Approvals = []plan.Approval{{
				Plan: p.Hash, Kind: plan.ByPolicy, Approver: plan.Person{ID: "policy:" + p.PolicyHash}, Reason: "keep blocked",
				At: now, Expires: now.Add(plan.ApprovalLife), Count: len(p.Changes), Limit: p.Limits.Raised, OneWay: true,
			}}
			if c.policy != "" {
				a.Approvals[0].Approver.ID = c.policy
			}
			_, err := plan.Admit(p, a)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, c.want)
		})
	}
}

func TestConfigValidate(t *testing.T) {
	_, public, _ := key(t, 1)
	if err := two(t).Validate(); err != nil {
		t.Error(err)
	}
	for want, c := range map[string]plan.Config{
		`"both"`:                         {Approval: "both"},
		"at least two people":            {Approval: plan.TwoPerson, Approvers: []plan.Approver{{Name: "Ada", Entra: id(900)}}},
		"entry 1: name: is missing":      {Approvers: []plan.Approver{{Entra: id(900)}}},
		"entry 1: wants entra":           {Approvers: []plan.Approver{{Name: "Ada"}}},
		"entry 1: entra: want an object": {Approvers: []plan.Approver{{Name: "Ada", Entra: "ada@contoso.com"}}},
		"no Ed25519 public key":          {Approvers: []plan.Approver{{Name: "Ada", Key: "AAAA"}}},
		"one person is one entry":        {Approvers: []plan.Approver{{Name: "Ada", Key: public}, {Name: "Bo", Key: public}}},
	} {
		wantError(t, c.Validate(), want)
	}
}

func TestKeysAreReadAsTheyWereWritten(t *testing.T) {
	private, public, err := plan.NewKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	k, err := plan.ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := plan.PublicKey(k); err != nil || again != public {
		t.Errorf("%q, %v, want %q", again, err, public)
	}
	for _, bad := range [][]byte{nil, []byte("x"), private[:40], append(bytes.Clone(private), 'x')} {
		if _, err := plan.ParseKey(bad); err == nil {
			t.Errorf("%q is read as a key", bad)
		}
	}
	if _, err := plan.PublicKey(nil); err == nil {
		t.Error("no key has a public half")
	}
}
