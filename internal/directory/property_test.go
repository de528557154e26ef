package directory_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vakt/internal/directory"
)

// value draws what may stand behind a name: right, null, absent or odd.
func value(t *rapid.T, o map[string]any, name string, right ...any) {
	switch rapid.IntRange(0, 9).Draw(t, name+" is") {
	case 0, 1: // absent
	case 2:
		o[name] = nil
	case 3:
		o[name] = rapid.SampledFrom([]any{7, "odd", []any{}, map[string]any{"value": 1}}).Draw(t, "odd "+name)
	default:
		o[name] = rapid.SampledFrom(right).Draw(t, name)
	}
}

func object(t *rapid.T, fill func(o map[string]any)) json.RawMessage {
	o := map[string]any{}
	fill(o)
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// drawn are the parts that a random tenant has, and how an object of each is
// drawn.
var drawn = map[string]func(t *rapid.T, n int, o map[string]any){
	"users.json": func(t *rapid.T, n int, o map[string]any) {
		o["id"] = []string{"a1", "B2", "c3", "g1", "app"}[n]
		value(t, o, "userPrincipalName", "x@contoso.com", "Y@fabrikam.com")
		value(t, o, "userType", "Member", "Guest")
		value(t, o, "accountEnabled", true, false)
		value(t, o, "onPremisesSyncEnabled", true, false)
		value(t, o, "employeeId", "E1")
		value(t, o, "manager", map[string]any{"id": "a1"}, "c3")
		value(t, o, "assignedLicenses", []any{map[string]any{"skuId": "s1", "disabledPlans": []any{"p1"}}}, []any{})
	},
	"signInActivity.json": func(t *rapid.T, n int, o map[string]any) {
		o["id"] = []string{"a1", "B2", "c3", "g1", "app"}[n]
		value(t, o, "signInActivity", map[string]any{"lastSuccessfulSignInDateTime": "2026-01-02T03:04:05Z"}, map[string]any{"lastSignInDateTime": "2026-01-02T03:04:05Z"})
	},
	"mailboxes.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "ExternalDirectoryObjectId", "a1", "b2", "zz")
		value(t, o, "UserPrincipalName", "x@contoso.com")
		value(t, o, "RecipientTypeDetails", "SharedMailbox", "UserMailbox", "RoomMailbox")
		value(t, o, "GrantSendOnBehalfTo", []any{"anna"}, "anna")
		value(t, o, "WhenCreated", "2021-03-02T09:14:02+00:00")
	},
	"mailboxPermissions.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "Mailbox", "a1", "b2")
		value(t, o, "User", "anna@contoso.com", `NT AUTHORITY\SELF`)
		value(t, o, "AccessRights", []any{"FullAccess"}, "{FullAccess}")
	},
	"roleAssignments.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "principalId", "a1", "g1", "app")
		value(t, o, "roleDefinitionId", "r1")
	},
	"roleEligibilitySchedules.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "principalId", "c3", "g2")
		value(t, o, "roleDefinitionId", "r1")
	},
	"groups.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "id", "g1", "g2")
		value(t, o, "members", []any{map[string]any{"@odata.type": "#microsoft.graph.user", "id": "C3"}, map[string]any{"@odata.type": "#microsoft.graph.group", "id": "g2"}})
	},
	"subscribedSkus.json": func(t *rapid.T, _ int, o map[string]any) {
		value(t, o, "skuId", "s1")
		value(t, o, "servicePlans", []any{map[string]any{"servicePlanId": "p1", "servicePlanName": "ONE"}, map[string]any{"servicePlanId": "p2", "servicePlanName": "TWO"}})
	},
}

// tenant draws parts of any state.
func tenantOf(t *rapid.T) *directory.Memory {
	m := directory.NewMemory("contoso", noon)
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		draw := drawn[name]
		state := rapid.SampledFrom([]string{directory.StateComplete, directory.StateComplete, directory.StatePartial, directory.StateAbsent}).Draw(t, name)
		var items []directory.Item
		for n := range rapid.IntRange(0, 5).Draw(t, "number of "+name) {
			items = append(items, directory.Item{Raw: object(t, func(o map[string]any) { draw(t, n, o) })})
		}
		if state == directory.StateAbsent {
			items = nil
		}
		why := map[bool]string{true: "", false: "broke off"}[state == directory.StateComplete]
		ctx := t.Context()
		for _, err := range []error{m.Begin(ctx, name), m.Put(ctx, name, items, ""), m.End(ctx, directory.PartState{Name: name, State: state, Why: why})} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// Whatever is read comes out of an export as it went in; a snapshot does not
// differ from itself; and nobody is told less or more than their own facts.
func TestExportKeepsEveryFact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := tenantOf(t)
		live, err := directory.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		dir, err := os.MkdirTemp("", "export")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // the system clears what is left
		if err := directory.Export(dir, m); err != nil {
			t.Fatal(err)
		}
		offline, err := directory.Load(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		// Counts differ where an object came twice, and reasons where the
		// manifest names another file.
		forget := cmpopts.IgnoreFields(directory.Snapshot{}, "Parts", "Missing", "Odd", "Complete")
		whys := cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), ".Why") }, cmp.Ignore())
		if diff := cmp.Diff(live, offline, bare, cmpopts.EquateEmpty(), forget, whys); diff != "" {
			t.Fatal(diff)
		}
		if d := directory.Diff(live, offline, nil); len(d.Changes) != 0 {
			t.Fatalf("a snapshot differs from itself: %v", d)
		}
		checkSnapshot(t, live)
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

// checkSnapshot holds for every snapshot, whatever it was made of.
func checkSnapshot(t failer, s *directory.Snapshot) {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		switch {
		case i > 0 && s.Accounts[i-1].ID >= a.ID:
			t.Fatalf("accounts are not ordered: %q before %q", s.Accounts[i-1].ID, a.ID)
		case a.ID == "" || a.ID != strings.ToLower(a.ID):
			t.Fatalf("account id %q", a.ID)
		case !a.Kind.Known && a.Kind.Why == "", !a.Roles.Known && a.Roles.Why == "", !a.Activity.Known && a.Activity.Why == "",
			!a.Enabled.Known && a.Enabled.Why == "", !a.Mailbox.Known && a.Mailbox.Why == "", !a.Registration.Known && a.Registration.Why == "",
			!a.Methods.Known && a.Methods.Why == "", !a.Groups.Known && a.Groups.Why == "", !a.Licences.Known && a.Licences.Why == "":
			t.Fatalf("account %q does not tell why something is unknown: %+v", a.ID, a)
		case a.Mailbox.Value != nil && a.Mailbox.Value.Protocols.Value == nil:
			t.Fatalf("account %q has no protocols", a.ID)
		}
	}
	for _, p := range s.Parts {
		if p.State == directory.StateComplete == (p.Why != "") && p.Licence == "" {
			t.Fatalf("part %s is %s: %q", p.Name, p.State, p.Why)
		}
	}
	if s.Complete != (len(s.Missing) == 0) {
		t.Fatalf("complete %v, missing %v", s.Complete, s.Missing)
	}
}

// FuzzPart reads any bytes as any part.
func FuzzPart(f *testing.F) {
	seeds := []string{
		users, mailboxes, assignments, groups, domains, `[]`, `{}`, `null`, `{"value":[{"id":"a"},7]}`, "\ufeff[]", "\xff\xfe[\x00]\x00", "\xff\xfe",
		`{"value":[],"@odata.nextLink":"x"}`, `{"error":{"code":"Forbidden"}}`, `{"a":{"value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"1"}]},"b":{"error":{"code":"x"}}}`,
		`{"createdDateTime":"2026-01-01T00:00:00Z","userId":"aaaa","status":{"errorCode":0}}` + "\n" + `{"value":[]}`, `[{"id":"g","members":null}]`,
		`[{"ExternalDirectoryObjectId":"aaaa","RecipientTypeDetails":{"value":4},"WhenCreated":"/Date(99999999999999999999)/"}]`,
		`[{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":"All"},"x":1},"grantControls":null}]`,
	}
	names := []string{
		directory.UsersPart, directory.ActivityPart, directory.MailboxesPart, directory.CASPart, directory.PermissionsPart, directory.RecipientPart,
		directory.BypassPart, directory.SettingsPart, directory.OrganizationalPart, directory.TransportPart, directory.RegistrationPart, directory.MethodsPart,
		directory.AssignmentsPart, directory.SchedulesPart, directory.DefinitionsPart, directory.EligibilityPart, directory.GroupsPart, directory.AccessPart,
		directory.LocationsPart, directory.PoliciesPart, directory.SKUsPart, directory.DomainsPart, directory.OrganizationPart, directory.DeletedPart,
		directory.RulesPart, directory.AzureRolesPart, directory.BlockedPart, directory.SignaturesPart, directory.SearchPart, directory.SignInsPart, directory.RefusedPart, directory.AuditsPart,
	}
	for i := range max(len(names), len(seeds)) {
		f.Add(uint8(i), seeds[i%len(seeds)])
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		name := names[int(which)%len(names)]
		files := fstest.MapFS{
			"users.json":     {Data: []byte(`[{"id":"aaaa","userPrincipalName":"a@contoso.com"},{"id":"b"}]`)},
			"mailboxes.json": {Data: []byte(`[{"ExternalDirectoryObjectId":"aaaa","RecipientTypeDetails":"SharedMailbox"}]`)},
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
		s, err := directory.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		checkSnapshot(t, s)
		for list, members := range s.Lists() {
			if members == nil {
				t.Fatalf("list %s is nil", list)
			}
		}
	})
}
