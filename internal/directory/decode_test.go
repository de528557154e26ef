package directory_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
)

func load(t testing.TB, files map[string]string) *directory.Snapshot {
	t.Helper()
	s, err := directory.Load(folder(files))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// account finds an account of a snapshot by id or UPN.
func account(t testing.TB, s *directory.Snapshot, name string) *directory.Account {
	t.Helper()
	for i := range s.Accounts {
		if a := &s.Accounts[i]; a.ID == name || strings.EqualFold(a.UPN, name) {
			return a
		}
	}
	t.Fatalf("no account %q", name)
	return nil
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// Null is none, absent is none where others carry the property, and unknown
// where nobody does.
func TestAbsentPropertyIsUnknownUnlessOthersCarryIt(t *testing.T) {
	s := load(t, map[string]string{"users.json": `{"value":[
		{"id":"A1","userPrincipalName":"a@contoso.com","accountEnabled":true,"employeeId":"E7","onPremisesSyncEnabled":true,"passwordPolicies":"None","manager":{"id":"BOSS"}},
		{"id":"b2","userPrincipalName":"b@contoso.com","accountEnabled":null,"employeeId":null,"onPremisesSyncEnabled":false},
		{"ID":"c3","USERPRINCIPALNAME":"c@contoso.com","AccountEnabled":"False"}]}`})
	a, b, c := account(t, s, "a1"), account(t, s, "b2"), account(t, s, "c3")
	type facts struct {
		Enabled          directory.Fact[bool]
		Employee, Synced directory.Fact[string]
		Manager          directory.Fact[string]
		JobTitle         directory.Fact[string]
	}
	of := func(a *directory.Account) facts {
		return facts{a.Enabled, a.EmployeeID, a.Synced, a.Manager, a.JobTitle}
	}
	noTitle := directory.Unknown[string]("users.json does not carry jobTitle")
	want := []facts{
		{directory.Known(true), directory.Known("E7"), directory.Known("now"), directory.Known("boss"), noTitle},
		{directory.Unknown[bool]("accountEnabled is not there or cannot be read"), directory.Known(""), directory.Known("was"), directory.Known(""), noTitle},
		{directory.Known(false), directory.Known(""), directory.Known("never"), directory.Known(""), noTitle},
	}
	if diff := cmp.Diff(want, []facts{of(a), of(b), of(c)}); diff != "" {
		t.Error(diff)
	}
	if !directory.Is(a.PasswordPolicies, "") {
		t.Errorf("password policies %v", a.PasswordPolicies)
	}
}

func TestSignInActivity(t *testing.T) {
	f := func(users, manifest string, want directory.Fact[directory.Activity]) {
		t.Helper()
		files := map[string]string{"users.json": `[` + users + `]`}
		if manifest != "" {
			files["manifest.json"] = `{"parts":{"users.json":{"state":"complete"},"signInActivity.json":` + manifest + `}}`
		}
		if diff := cmp.Diff(want, account(t, load(t, files), "a").Activity); diff != "" {
			t.Error(diff)
		}
	}
	success := day(2026, 1, 2)
	other := `,{"id":"b","signInActivity":{"lastSignInDateTime":"2026-01-01T00:00:00Z","lastSuccessfulSignInDateTime":null}}`
	f(`{"id":"a","signInActivity":{"lastSuccessfulSignInDateTime":"2026-01-02T00:00:00Z"}}`, "", directory.Known(directory.Activity{LastSuccess: success}))
	f(`{"id":"a"}`+other, "", directory.Known(directory.Activity{})) // never signed in
	f(`{"id":"a"}`+other, `{"state":"complete"}`, directory.Known(directory.Activity{}))
	f(`{"id":"a"}`+other, `{"state":"partial","why":"throttled"}`, directory.Unknown[directory.Activity]("signInActivity.json is partial: throttled"))
	f(`{"id":"a"}`, `{"state":"absent","why":"the tenant has no Entra ID P1"}`, directory.Unknown[directory.Activity]("signInActivity.json is absent: the tenant has no Entra ID P1"))
	f(`{"id":"a"}`, "", directory.Unknown[directory.Activity]("signInActivity.json is absent: users.json does not carry signInActivity"))
	f(`{"id":"a","signInActivity":{}}`+other, "", directory.Unknown[directory.Activity]("the sign-in activity has no row for the account"))
	// An attempt without the successes beside it is no answer.
	f(`{"id":"a","signInActivity":{"lastSignInDateTime":"2026-01-02T00:00:00Z"}}`, "",
		directory.Fact[directory.Activity]{Value: directory.Activity{LastAttempt: success}, Why: "lastSuccessfulSignInDateTime was not read, and an attempt is not use"})
}

// The same tenant as other tools write it.
func TestForeignShapesAreUnderstood(t *testing.T) {
	mailbox := `{"ExternalDirectoryObjectId":"AAAA","RecipientTypeDetails":"SharedMailbox","GrantSendOnBehalfTo":["anna"],"WhenCreated":"2021-03-02T09:14:02+00:00","ForwardingSmtpAddress":"smtp:x@example.com"}`
	want := load(t, map[string]string{"users.json": `{"value":[{"id":"aaaa"}]}`, "mailboxes.json": `[` + mailbox + `]`})
	f := func(name, users, boxes string) {
		t.Helper()
		got := load(t, map[string]string{"users.json": users, "mailboxes.json": boxes})
		if diff := cmp.Diff(want, got, bare); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	array, page := `[{"id":"aaaa"}]`, `{"value":[`+mailbox+`]}`
	f("arrays and pages", array, page)
	f("a mark at the beginning", "\ufeff"+array, page)
	f("UTF-16", "\xff\xfe"+utf16le(array), page)
	f("pages one after the other", `{"@odata.nextLink":"x","value":[]}`+array, `{"value":[],"@odata.nextLink":"x"}`+page)
	f("other case of names", array, strings.NewReplacer("RecipientTypeDetails", "recipientTypeDetails", `"value"`, `"Value"`).Replace(page))
	f("numbers for types", array, strings.Replace(page, `"SharedMailbox"`, `4`, 1))
	f("objects for types", array, strings.Replace(page, `"SharedMailbox"`, `{"value":4,"Value":"SharedMailbox"}`, 1))
	f("one instead of a list", array, strings.Replace(page, `["anna"]`, `"anna"`, 1))
	f("PowerShell's lists", array, strings.Replace(page, `["anna"]`, `{"value":["anna"],"Count":1}`, 1))
	f("PowerShell's times", array, strings.Replace(page, `2021-03-02T09:14:02+00:00`, `\/Date(1614676442000)\/`, 1))
	f("times without a zone", array, strings.Replace(page, `2021-03-02T09:14:02+00:00`, `2021-03-02T09:14:02`, 1))
}

func utf16le(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func TestKind(t *testing.T) {
	f := func(user, mailbox, settings, want string) {
		t.Helper()
		files := map[string]string{
			"users.json":          `[{"id":"a","userPrincipalName":"a@contoso.com","userType":"Member",` + strings.TrimPrefix(user, "{") + `,{"id":"other","department":"x","employeeId":"1","isResourceAccount":false,"assignedLicenses":[]}]`,
			"subscribedSkus.json": `[]`,
		}
		if strings.HasPrefix(user, "{}") || user == "" {
			files["users.json"] = `[{"id":"a","userPrincipalName":"a@contoso.com","userType":"Member"},{"id":"other"}]`
		}
		if mailbox != "-" {
			files["mailboxes.json"] = `[` + mailbox + `]`
		}
		if settings != "" {
			files["mailboxSettings.json"] = `{"a":` + settings + `}`
		}
		kind := account(t, load(t, files), "a").Kind
		got := string(kind.Value)
		if !kind.Known {
			got = "?" + kind.Why
		}
		if got != want {
			t.Errorf("user %s mailbox %s settings %s: %q, want %q", user, mailbox, settings, got, want)
		}
	}
	box := func(kind string) string {
		return `{"ExternalDirectoryObjectId":"A","RecipientTypeDetails":"` + kind + `"}`
	}
	for kind, want := range map[string]string{
		"UserMailbox": "person", "SharedMailbox": "shared", "roommailbox": "room", "EquipmentMailbox": "equipment", "SchedulingMailbox": "scheduling",
		"DiscoveryMailbox": "system", "RemoteSharedMailbox": "shared", "FutureMailbox": "unknown_mailbox",
	} {
		f("", box(kind), "", want)
	}
	// Exchange's word goes before Graph's.
	f("", box("SharedMailbox"), `{"userPurpose":"user"}`, "shared")
	f("", "", "", "person")
	f("", "-", "", "?mailboxes.json is absent: absent")
	f("", "-", `{"userPurpose":"room"}`, "room")
	f("", "-", `{"userPurpose":{"value":"equipment"}}`, "equipment")
	f("", "-", `{"userPurpose":"others"}`, "unknown_mailbox")
	f("", "-", `{"userPurpose":"user"}`, "person")
	f("", "-", `{"error":{"code":"MailboxNotEnabledForRESTAPI"}}`, "person")
	f("", "-", `{"error":{"code":"ErrorAccessDenied"}}`, "?mailboxes.json is absent: absent")
	f(`{"userType":"Guest"}`, "-", "", "guest")
	f(`{"userType":"Guest"}`, box("SharedMailbox"), "", "shared")
	// A name that only Microsoft gives counts where no mailbox says otherwise.
	f(`{"userPrincipalName":"DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}@contoso.com"}`, "", "", "system")
	f(`{"userPrincipalName":"DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}@contoso.com"}`, box("SharedMailbox"), "", "shared")
	f(`{"userPrincipalName":"DiscoverySearchMailbox{mine}@contoso.com"}`, "", "", "person")
	f(`{"userPrincipalName":"Sync_DC01_0123456789ab@contoso.com"}`, "", "", "system")
	// Auto attendants and call queues.
	f(`{"assignedLicenses":[{"skuId":"440EAAA8-b3e0-484b-a8be-62870b9ba70a"}]}`, "", "", "teams_resource")
	f(`{"department":"Microsoft Communication Application Instance"}`, "", "", "teams_resource")
	f(`{"isResourceAccount":true}`, "", "", "teams_resource")
	f(`{"isResourceAccount":true,"employeeId":"E1"}`, "", "", "person")
	f(`{"isResourceAccount":true}`, box("UserMailbox"), "", "person")
}

func TestMailboxIsJoinedById(t *testing.T) {
	f := func(boxes, want string) {
		t.Helper()
		s := load(t, map[string]string{
			"users.json":     `[{"id":"a","userPrincipalName":"info@contoso.com"},{"id":"b","userPrincipalName":"old@contoso.com","mail":"sales@contoso.com"}]`,
			"mailboxes.json": boxes,
		})
		var got []string
		for _, a := range s.Accounts {
			text := a.ID + ":none"
			if m := a.Mailbox.Value; m != nil {
				text = a.ID + ":" + m.Type
			} else if !a.Mailbox.Known {
				text = a.ID + ":?" + a.Mailbox.Why
			}
			got = append(got, text)
		}
		for range s.Orphans {
			got = append(got, "orphan")
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %q, want %q", boxes, text, want)
		}
	}
	f(`[{"ExternalDirectoryObjectId":"B","UserPrincipalName":"info@contoso.com","RecipientTypeDetails":"SharedMailbox"}]`, "a:none b:SharedMailbox")
	f(`[{"UserPrincipalName":"INFO@contoso.com","RecipientTypeDetails":"SharedMailbox"}]`, "a:SharedMailbox b:none")
	f(`[{"PrimarySmtpAddress":"sales@contoso.com","RecipientTypeDetails":"SharedMailbox"}]`, "a:none b:SharedMailbox")
	f(`[{"ExternalDirectoryObjectId":"c","UserPrincipalName":"info@contoso.com","RecipientTypeDetails":"SharedMailbox"}]`,
		"a:?a mailbox has the account's UPN but another object id b:none orphan")
	f(`[{"ExternalDirectoryObjectId":"a","RecipientTypeDetails":"SharedMailbox"},{"ExternalDirectoryObjectId":"a","RecipientTypeDetails":"UserMailbox"}]`,
		"a:?two mailboxes name the account, SharedMailbox and UserMailbox b:none")
	f(`[{"ExternalDirectoryObjectId":"a"}]`, "a:?mailboxes.json is partial: an object in it could not be understood b:?mailboxes.json is partial: an object in it could not be understood")
}

func TestDelegates(t *testing.T) {
	s := load(t, map[string]string{
		"users.json":  `[{"id":"a","userPrincipalName":"info@contoso.com","accountEnabled":true},{"id":"b","userPrincipalName":"anna@contoso.com","accountEnabled":true}]`,
		"groups.json": `[{"id":"g","mail":"team@contoso.com","members":[{"@odata.type":"#microsoft.graph.user","id":"b"}]}]`,
		"mailboxes.json": `[{"ExternalDirectoryObjectId":"a","Identity":"Info","RecipientTypeDetails":"SharedMailbox","GrantSendOnBehalfTo":"anna"},
			{"ExternalDirectoryObjectId":"b","Identity":"Anna","RecipientTypeDetails":"UserMailbox"}]`,
		"mailboxPermissions.json": `[{"Identity":"Info","User":"NT AUTHORITY\\SELF","AccessRights":["FullAccess"]},
			{"Identity":"info","User":"anna@contoso.com","AccessRights":"{FullAccess, ReadPermission}"},
			{"Identity":"Info","User":"team@contoso.com","AccessRights":["FullAccess"]},
			{"Identity":"Info","User":"CONTOSO\\Organization Management","AccessRights":["FullAccess"],"IsInherited":true},
			{"Identity":"Info","User":"reader@contoso.com","AccessRights":["ReadPermission"]}]`,
		"recipientPermissions.json": `[{"Identity":"Info","Trustee":"S-1-5-21-7","AccessRights":["SendAs"]}]`,
	})
	m := account(t, s, "a").Mailbox.Value
	want := []directory.Delegate{{Name: "anna@contoso.com", IDs: []string{"b"}}, {Name: "team@contoso.com", IDs: []string{"b"}}}
	if diff := cmp.Diff(directory.Known(want), m.FullAccess); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(directory.Known([]directory.Delegate{{Name: "S-1-5-21-7"}}), m.SendAs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(directory.Known([]string{"anna"}), m.SendOnBehalf); diff != "" {
		t.Error(diff)
	}
	person := account(t, s, "b").Mailbox.Value
	if person.FullAccess.Known || person.FullAccess.Why != "permissions are read for enabled resource mailboxes only" {
		t.Errorf("full access of a person's mailbox: %v", person.FullAccess)
	}
	if diff := cmp.Diff(directory.Known[[]directory.Delegate](nil), person.SendAs); diff != "" {
		t.Error(diff)
	}
}

func TestRoles(t *testing.T) {
	whole := map[string]string{
		"users.json":                    `[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"}]`,
		"roleDefinitions.json":          `[{"id":"r","templateId":"T","displayName":"User Administrator","isBuiltIn":true}]`,
		"roleAssignments.json":          `[{"principalId":"A","roleDefinitionId":"R","directoryScopeId":"/"},{"principalId":"g","roleDefinitionId":"r"},{"principalId":"app","principal":{"@odata.type":"#microsoft.graph.servicePrincipal"},"roleDefinitionId":"r"}]`,
		"roleEligibilitySchedules.json": `[{"principalId":"c","roleDefinitionId":"r","directoryScopeId":"/administrativeUnits/u"}]`,
		"groups.json": `[{"id":"g","isAssignableToRole":true,"members":[{"@odata.type":"#microsoft.graph.group","id":"inner"}]},
			{"id":"inner","members":[{"@odata.type":"#microsoft.graph.user","id":"b"},{"@odata.type":"#microsoft.graph.group","id":"g"}]}]`,
	}
	f := func(change func(map[string]string), want ...string) {
		t.Helper()
		files := map[string]string{}
		for name, text := range whole {
			files[name] = text
		}
		change(files)
		var got []string
		for _, a := range load(t, files).Accounts {
			text := a.ID
			for _, r := range a.Roles.Value {
				text += " " + r.Name + "/" + r.Template + "/" + r.Via + "/" + r.Group + "/" + r.Scope
				if r.Eligible {
					text += "/eligible"
				}
			}
			if !a.Roles.Known {
				text += " ?" + a.Roles.Why
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	direct, group := " User Administrator/t/direct///", " User Administrator/t/group/g//"
	eligible := " User Administrator/t/direct///administrativeUnits/u/eligible"
	f(func(map[string]string) {}, "a"+direct, "b"+group, "c"+eligible, "d")
	// What was seen stays as a lower bound, and nobody is clean.
	why := " ?roleEligibilitySchedules.json is absent: absent"
	f(func(m map[string]string) { delete(m, "roleEligibilitySchedules.json") }, "a"+direct+why, "b"+group+why, "c"+why, "d"+why)
	why = " ?the members of group g, which holds a role, were not read"
	f(func(m map[string]string) { m["groups.json"] = `[{"id":"g"}]` }, "a"+direct+why, "b"+why, "c"+eligible+why, "d"+why)
	why = " ?group x, which holds a role, was not read"
	f(func(m map[string]string) {
		m["roleAssignments.json"] = `[{"principalId":"x","principal":{"@odata.type":"#microsoft.graph.group"},"roleDefinitionId":"r"}]`
	}, "a"+why, "b"+why, "c"+eligible+why, "d"+why)
	// Without the licence nobody can be eligible; a missing permission shows
	// nothing.
	f(func(m map[string]string) {
		delete(m, "roleEligibilitySchedules.json")
		m["manifest.json"] = `{"parts":{"users.json":{"state":"complete"},"roleAssignments.json":{"state":"complete"},"roleDefinitions.json":{"state":"complete"},
			"groups.json":{"state":"complete"},"roleEligibilitySchedules.json":{"state":"absent","why":"no P2","licence":"P2"}}}`
	}, "a"+direct, "b"+group, "c", "d")
}

func TestPolicyNamesWhatItDoesNotKnow(t *testing.T) {
	s := load(t, map[string]string{"conditionalAccessPolicies.json": `[{"id":"p","displayName":"MFA","state":"enabled","conditions":{
		"clientAppTypes":["all"],"users":{"includeUsers":["All"],"excludeUsers":["AAAAAAAA-0000-4000-8000-000000000001"],"excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest"}},
		"applications":{"includeApplications":["All"],"includeUserActions":[]},"locations":null,"authenticationFlows":{"transferMethods":"deviceCodeFlow"},"insiderRiskLevels":null,
		"devices":{"deviceFilter":{"mode":"include","rule":"device.isCompliant -eq True"}}},
		"grantControls":{"operator":"OR","builtInControls":["mfa"],"authenticationStrength":{"id":"S"}},"sessionControls":{"signInFrequency":null,"persistentBrowser":{"isEnabled":true}}}]`})
	want := directory.Known([]directory.Policy{{
		ID: "p", Name: "MFA", State: "enabled", IncludeApps: []string{"All"}, UserActions: []string{}, ClientAppTypes: []string{"all"},
		Users: directory.PolicyUsers{
			IncludeUsers: []string{"All"}, ExcludeUsers: []string{"aaaaaaaa-0000-4000-8000-000000000001"}, ExcludeGuests: []string{"internalGuest", "b2bCollaborationGuest"},
		},
		DeviceFilter: "device.isCompliant -eq True", DeviceFilterMode: "include",
		Operator: "OR", Controls: []string{"mfa"}, Strength: "s", HasSession: true, Unknown: []string{"authenticationflows"},
	}})
	if diff := cmp.Diff(want, s.Policies); diff != "" {
		t.Error(diff)
	}
}

func TestTeamsRoomIsLicenceAndRoomMailbox(t *testing.T) {
	f := func(licences, mailbox string, want directory.Fact[bool]) {
		t.Helper()
		s := load(t, map[string]string{
			"users.json":          `[{"id":"a","assignedLicenses":` + licences + `}]`,
			"mailboxes.json":      `[{"ExternalDirectoryObjectId":"a","RecipientTypeDetails":"` + mailbox + `"}]`,
			"subscribedSkus.json": `[{"skuId":"new","skuPartNumber":"Teams_Rooms_Next","servicePlans":[{"servicePlanId":"0374D34C-6be4-4dbb-b3f0-26105db0b28a","servicePlanName":"Teams_Rooms_Pro"}]}]`,
		})
		if diff := cmp.Diff(want, account(t, s, "a").TeamsRoom()); diff != "" {
			t.Errorf("%s %s: %s", licences, mailbox, diff)
		}
	}
	pro := `[{"skuId":"4CDE982A-ede4-4409-9ae6-b003453c8ea6"}]`
	f(pro, "RoomMailbox", directory.Known(true))
	f(pro, "SharedMailbox", directory.Known(false))
	f(`[]`, "RoomMailbox", directory.Known(false))
	f(`[{"skuId":"new"}]`, "RoomMailbox", directory.Known(true))
	f(`[{"skuId":"new","disabledPlans":["0374d34c-6be4-4dbb-b3f0-26105db0b28a"]}]`, "RoomMailbox", directory.Known(false))
	f(`7`, "RoomMailbox", directory.Unknown[bool]("assignedLicenses cannot be read"))
}

func TestAuditsTellOfThePast(t *testing.T) {
	s := load(t, map[string]string{
		"users.json": `[{"id":"a","accountEnabled":false},{"id":"b","accountEnabled":false},{"id":"c","accountEnabled":true}]`,
		"directoryAudits.jsonl": `{"activityDateTime":"2026-01-05T00:00:00Z","activityDisplayName":"Disable account","result":"success","targetResources":[{"id":"A","type":"User"}]}
{"activityDateTime":"2026-01-04T00:00:00Z","activityDisplayName":"Enable account","result":"success","targetResources":[{"id":"a","type":"User"}]}
{"activityDateTime":"2026-01-03T00:00:00Z","activityDisplayName":"Disable account","result":"failure","targetResources":[{"id":"b","type":"User"}]}
{"activityDateTime":"2026-01-02T00:00:00Z","activityDisplayName":"Update user","targetResources":[{"id":"x","type":"User","modifiedProperties":[{"displayName":"AccountEnabled","oldValue":"[true]","newValue":"[false]"}]}]}
{"activityDateTime":"2026-01-09T00:00:00Z","activityDisplayName":"Hard Delete user","targetResources":[{"id":"x","type":"User","userPrincipalName":"x@contoso.com"}]}
`,
	})
	var since []directory.Fact[time.Time]
	for _, a := range s.Accounts {
		since = append(since, a.DisabledSince)
	}
	want := []directory.Fact[time.Time]{directory.Known(day(2026, 1, 5)), directory.Unknown[time.Time]("no audit record shows when"), directory.Known(time.Time{})}
	if diff := cmp.Diff(want, since); diff != "" {
		t.Error(diff)
	}
	deleted := directory.Known([]directory.Deleted{{ID: "x", UPN: "x@contoso.com", At: day(2026, 1, 9), Hard: true, Disabled: directory.Known(day(2026, 1, 2))}})
	if diff := cmp.Diff(deleted, s.Deleted); diff != "" {
		t.Error(diff)
	}
}
