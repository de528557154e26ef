package check_test

import (
	"io/fs"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/rule"
)

// taken is when the snapshots of these tests were taken.
var taken = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func ago(n int) time.Time { return taken.AddDate(0, 0, -n) }

const roomsPro = "4cde982a-ede4-4409-9ae6-b003453c8ea6" // Microsoft_Teams_Rooms_Pro

// idle is a shared mailbox that nothing speaks for: the verdict is block.
func idle(id string) directory.Account {
	return directory.Account{
		ID: id, UPN: id + "@contoso.com", Name: "Mailbox " + id, UserType: "Member",
		Kind: directory.Known(directory.KindShared), KindFrom: "Exchange: SharedMailbox",
		Enabled: directory.Known(true), Created: directory.Known(ago(2000)), CreationType: directory.Known(""),
		Synced: directory.Known(directory.SyncedNever), Federated: directory.Known(false),
		EmployeeID: directory.Known(""), EmployeeType: directory.Known(""), Department: directory.Known(""), JobTitle: directory.Known(""),
		GivenName: directory.Known(""), Surname: directory.Known(""), Mobile: directory.Known(""), Manager: directory.Known(""),
		PasswordChanged: directory.Known(ago(2000)), PasswordPolicies: directory.Known(""), Licences: directory.Known([]directory.Licence{}),
		TeamsResource: directory.Known(false), Activity: directory.Known(directory.Activity{LastAttempt: ago(1), LastSuccess: ago(400)}),
		Registration: directory.Known(&directory.Registration{}), Methods: directory.Known([]directory.Method{}),
		Roles: directory.Known([]directory.Role{}), Groups: directory.Known([]string{}), DisabledSince: directory.Known(time.Time{}),
		Mailbox: directory.Known(&directory.Mailbox{
			ID: id, Type: "SharedMailbox", Created: directory.Known(ago(2000)), Changed: directory.Known(ago(5)), PreviousType: directory.Known(""),
			ForwardingSMTP: directory.Known(""), ForwardingAddress: directory.Known(""), ManagedBy: directory.Known([]string{}),
			SendOnBehalf: directory.Known([]string{}), FullAccess: directory.Known([]directory.Delegate{}), SendAs: directory.Known([]directory.Delegate{}),
			Audit: directory.Known(true), AuditBypass: directory.Known(false),
			Protocols: directory.Known(&directory.Protocols{
				IMAP: directory.Known(false), POP: directory.Known(false), ActiveSync: directory.Known(false), SMTPAuthOff: directory.Known(true),
			}),
			Rules: directory.Known([]directory.InboxRule{}),
		}),
	}
}

// room makes a Teams Room of it.
func room(a *directory.Account) {
	a.Kind, a.Mailbox.Value.Type = directory.Known(directory.KindRoom), "RoomMailbox"
	a.Licences = directory.Known([]directory.Licence{{SKU: roomsPro, Part: "Microsoft_Teams_Rooms_Pro"}})
}

// snapshot holds some accounts, and a tenant without policies.
func snapshot(accounts ...directory.Account) *directory.Snapshot {
	return &directory.Snapshot{
		ID: "s1", Tenant: "11111111-2222-3333-4444-555555555555", Taken: taken, Accounts: accounts, Complete: true,
		Groups: directory.Known([]directory.Group{}), Policies: directory.Known([]directory.Policy{}), Locations: directory.Known([]directory.Location{}),
		SecurityDefaults: directory.Known(false), Roles: directory.Known([]directory.RoleDefinition{}), Assignments: directory.Known([]directory.Assignment{}),
		AzureRoles: directory.Known([]directory.AzureRole{}), SKUs: directory.Known([]directory.SKU{}),
		Domains:     directory.Known([]directory.Domain{{Name: "contoso.com", Verified: true}}),
		SMTPAuthOff: directory.Known(true), AuditOff: directory.Known(false), Deleted: directory.Known([]directory.Deleted{}),
	}
}

// loaded reads our checks once.
var loaded = sync.OnceValues(func() (*check.Checks, []rule.Problem) { return check.Load(os.DirFS("../.."), "checks") })

func checks(t testing.TB) *check.Checks {
	t.Helper()
	c, problems := loaded()
	for _, p := range problems {
		t.Fatalf("%v", p)
	}
	return c
}

func settings(t testing.TB, values map[string]any) *baseline.Baseline {
	t.Helper()
	b, err := baseline.FromValues(values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func run(t testing.TB, s *directory.Snapshot, o check.Options) *check.Result {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = taken.Add(time.Hour)
	}
	r, err := check.Run(s, checks(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// findings lists what a check said, as "status severity subject".
func findings(r *check.Result, name string) []string {
	var list []string
	for _, f := range r.Findings {
		if f.Check == name {
			list = append(list, string(f.Status)+" "+f.Severity.String()+" "+f.Subject.ID)
		}
	}
	return list
}

func ids(reasons []check.Reason) []string {
	list := make([]string, len(reasons))
	for i := range reasons {
		list[i] = reasons[i].ID
	}
	return list
}

// mapFS is a folder of files in memory.
type mapFS map[string]string

func (m mapFS) fs() fstest.MapFS {
	all := fstest.MapFS{}
	for name, text := range m {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func caseFS(t testing.TB) fs.FS {
	t.Helper()
	return os.DirFS("../..")
}
