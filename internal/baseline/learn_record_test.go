package baseline_test

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/baseline"
	"vakt/internal/event"
)

// proposalOf learns from records in Graph's beta form.
func proposalOf(t *testing.T, b *baseline.Baseline, out baseline.LeaveOut, records []string) *baseline.Proposal {
	t.Helper()
	schema := event.NewSchema()
	l, err := baseline.NewLearner(schema, b)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := schema.Layout(l.Fields()...)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[event.Key]bool{}
	once := func(k event.Key) bool {
		again := seen[k]
		seen[k] = true
		return !again
	}
	var r event.Record
	for _, text := range records {
		if err := layout.Read([]byte(text), &r); err != nil || r.OutOfScope() != "" || r.Check() != nil {
			t.Fatalf("%s: %v %s %v", text, err, r.OutOfScope(), r.Check())
		}
		l.See(&r, once)
		l.See(&r, once) // a second copy says nothing new
	}
	p, err := l.Propose(out)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func accountID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// success is a sign-in of an account on a day of March 2026.
func success(n, account, day int, more string) string {
	return fmt.Sprintf(`{"id":"%08d-0000-4000-9000-000000000000","createdDateTime":"2026-03-%02dT09:00:%02dZ","userId":%q,"userPrincipalName":"p%d.berg@contoso.com","appId":"11111111-0000-4000-8000-000000000000","isInteractive":true,"status":{"errorCode":0}%s}`,
		n, day, n%60, accountID(account), account, more)
}

// failures is so many wrong passwords of an account within a minute.
func failures(from, account, day, count int) []string {
	var list []string
	for i := range count {
		text := success(from+i, account, day, "")
		list = append(list, strings.Replace(text, `"errorCode":0`, `"errorCode":50126`, 1))
	}
	return list
}

// ordinary is four days of thirty people.
func ordinary() []string {
	var list []string
	for day := 2; day <= 5; day++ {
		for account := 1; account <= 30; account++ {
			list = append(list, success(day*1000+account, account, day, `,"location":{"countryOrRegion":"SE"},"ipAddress":"198.51.100.7"`))
		}
	}
	return list
}

func creation(n, day int, actor, property string) string {
	return fmt.Sprintf(`{"id":"Directory_%d","activityDateTime":"2026-03-%02dT10:00:00Z","activityDisplayName":"Add user","category":"UserManagement","loggedByService":"Core Directory","result":"success","correlationId":"%08d-0000-4000-9000-000000000001","initiatedBy":{"user":{"id":%q,"userPrincipalName":"%s@contoso.com"}},"targetResources":[{"id":%q,"type":"User","userPrincipalName":"new%d.berg@contoso.com","modifiedProperties":[{"displayName":"EmployeeId","oldValue":"[]","newValue":"[\"7\"]"},{"displayName":%q,"oldValue":"[]","newValue":"[\"x\"]"}]}]}`,
		n, day, n, accountID(900+len(actor)), actor, accountID(500+n), n, property)
}

// linesOf are the values of a parameter: "+" is active.
func linesOf(p *baseline.Proposal, param string) string {
	var all []string
	for _, l := range p.Lines {
		if l.Parameter == param {
			sign := "-"
			if l.Active {
				sign = "+"
			}
			all = append(all, sign+strings.TrimPrefix(l.Key+" ", " ")+l.Value)
		}
	}
	return strings.Join(all, ", ")
}

// grant is a right that somebody gave on a mailbox.
func grant(n, day int, who, operation, whose, result string) string {
	return fmt.Sprintf(`{"CreationTime":"2026-03-%02dT10:00:00","Id":"%08d-0000-4000-9000-000000000002","Operation":%q,"OrganizationId":"11111111-2222-3333-4444-555555555555","RecordType":1,"ResultStatus":%q,"UserKey":"1003","UserType":2,"Version":1,"Workload":"Exchange","ObjectId":%q,"UserId":%q,"Parameters":[{"Name":"Identity","Value":%q},{"Name":"User","Value":"ann"},{"Name":"Type","Value":"Shared"}]}`,
		day, n, operation, result, whose, who, whose)
}

// TestLearnMailboxAdmins: who gives rights on mailboxes of others on several
// days; not who shares the own one, once, or without success.
func TestLearnMailboxAdmins(t *testing.T) {
	records := ordinary()
	for n := range 12 {
		operation := []string{"Add-MailboxPermission", "Add-RecipientPermission", "Set-Mailbox"}[n%3]
		records = append(records, grant(n, 2+n%4, "boss@contoso.com", operation, fmt.Sprintf("box%d@contoso.com", n), "True"),
			grant(100+n, 2+n%4, "own@contoso.com", operation, "OWN", "True"), grant(200+n, 2+n%4, "vain@contoso.com", operation, fmt.Sprintf("box%d", n), "False"),
			grant(300+n, 2+n%4, "other@contoso.com", "Set-MailboxFolderPermission", fmt.Sprintf("box%d", n), "True"))
	}
	records = append(records, grant(500, 2, "once@contoso.com", "Add-MailboxPermission", "box1@contoso.com", "True"))
	p := proposalOf(t, baseline.Default(), baseline.LeaveOut{}, records)
	if got := linesOf(p, "approved_exchange_admins"); got != "+boss@contoso.com, -once@contoso.com" {
		t.Errorf("approved_exchange_admins: %s", got)
	}
}

func TestLearnLists(t *testing.T) {
	records := append(ordinary(),
		success(1, 1, 3, `,"location":{"countryOrRegion":"NO"}`), success(2, 2, 3, `,"location":{"countryOrRegion":"no"}`),
		success(3, 3, 3, `,"location":{"countryOrRegion":"DK"}`), success(4, 3, 4, `,"location":{"countryOrRegion":"DK"}`),
		success(5, 4, 3, `,"location":{"countryOrRegion":"FI"}`), success(6, 5, 3, `,"location":{"countryOrRegion":"FI"}`),
		success(7, 6, 3, `,"clientAppUsed":"IMAP4"`), success(8, 7, 3, `,"riskState":"atRisk"`),
		success(9, 8, 3, `,"homeTenantId":"22222222-0000-4000-8000-000000000000","resourceTenantId":"33333333-0000-4000-8000-000000000000"`),
		success(10, 9, 3, `,"homeTenantId":"22222222-0000-4000-8000-000000000000","resourceTenantId":"33333333-0000-4000-8000-000000000000"`))
	stopped := success(11, 10, 3, `,"appliedConditionalAccessPolicies":[{"id":"44444444-0000-4000-8000-000000000000","result":"failure"},{"id":"55555555-0000-4000-8000-000000000000","result":"success"}]`)
	records = append(records, strings.Replace(stopped, `"errorCode":0`, `"errorCode":53003`, 1))
	b := baseline.Default().WithDirectory(map[string][]string{"resource_accounts": {accountID(11), accountID(900)}})
	p := proposalOf(t, b, baseline.LeaveOut{Accounts: map[string]string{"p5.berg@contoso.com": "alert x"}}, records)
	for param, want := range map[string]string{
		"approved_countries":       "+SE, +NO, -DK, -FI", // FI: the second account is left out
		"known_egress_cidrs":       "+198.51.100.7",
		"approved_upn_domains":     "+contoso.com",
		"approved_partner_tenants": "+33333333-0000-4000-8000-000000000000",
		"legacy_exceptions":        "-" + accountID(6),
		"ca_block_noise_policies":  "-44444444-0000-4000-8000-000000000000",

		"resource_signin_exceptions": "-" + accountID(11),
		"country_timezones":          "+SE Europe/Stockholm, +NO Europe/Oslo",
		"upn_regex_user":             `+(?i)^[a-z]+[0-9]+\.[a-z]+@contoso\.com$`,
	} {
		if got := linesOf(p, param); got != want {
			t.Errorf("%s: %s, want %s", param, got, want)
		}
	}
	var left []string
	for _, o := range p.LeftOut {
		left = append(left, o.Name+": "+o.Why)
	}
	if got := strings.Join(left, ", "); got != "p5.berg@contoso.com: alert x, p7.berg@contoso.com: a sign-in with risk state atRisk" {
		t.Errorf("left out: %s", got)
	}
	if p.People != 27 || p.SignIns != 131 || p.Days != 4 {
		t.Errorf("%d people, %d sign-ins, %d days", p.People, p.SignIns, p.Days)
	}
}

// People and administrators have numbers of their own.
func TestLearnThresholdsApart(t *testing.T) {
	var admins []string
	for i := 1; i <= 3; i++ {
		admins = append(admins, accountID(i))
	}
	b := baseline.Default().WithDirectory(map[string][]string{"privileged_users": admins})
	records := ordinary()
	for account := 1; account <= 3; account++ { // administrators fail often, and so does one person
		records = append(records, failures(10_000+account*100, account, 3, 12)...)
	}
	records = append(records, failures(20_000, 9, 3, 40)...)
	p := proposalOf(t, b, baseline.LeaveOut{}, records)
	if got := linesOf(p, "failed_signin_threshold_user"); got != "-20" {
		t.Errorf("people: %s", got)
	}
	if got := linesOf(p, "failed_signin_threshold_admin"); got != "+18" {
		t.Errorf("administrators: %s", got)
	}
	if p.People != 27 || p.Privileged != 3 {
		t.Errorf("%d people, %d privileged", p.People, p.Privileged)
	}
}

func TestLearnActorsAndAttributes(t *testing.T) {
	records := ordinary()
	for n := range 30 {
		property := "Department"
		if n%10 == 0 {
			property = "AccountEnabled" // and no department
		}
		records = append(records, creation(n, 2+n%4, "helpdesk", property))
	}
	records = append(records, creation(40, 3, "once", "Department"))
	p := proposalOf(t, baseline.Default(), baseline.LeaveOut{}, records)
	if got, want := linesOf(p, "approved_account_admins"), "+"+accountID(908)+", -"+accountID(904); got != want {
		t.Errorf("actors: %s, want %s", got, want)
	}
	if got := linesOf(p, "required_attributes"); got != "-department .+, +employeeId .+" {
		t.Errorf("attributes: %s", got)
	}
	// With the one who does the work left out, the list would not be whole.
	p = proposalOf(t, baseline.Default(), baseline.LeaveOut{Accounts: map[string]string{accountID(908): "alert x"}}, records)
	if got := linesOf(p, "approved_account_admins"); strings.Contains(got, "+") {
		t.Errorf("actors without the busiest: %s", got)
	}
}
