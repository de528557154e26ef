package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func shared(o Object) bool { return o.Text("RecipientTypeDetails") == "SharedMailbox" }

func (c *client) aMailbox(want func(Object) bool) Object {
	c.t.Helper()
	for _, o := range c.s.state.Primary().All(Mailboxes) {
		if want(o) && o.Text("ExternalDirectoryObjectId") != "" {
			return o
		}
	}
	c.t.Fatal("the tenant has no such mailbox")
	return nil
}

func TestMailboxesComeInPages(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{})
	c.header.Set("Prefer", "odata.maxpagesize=7;odata.continue-on-error")
	kinds := []string{"SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox"}
	want := 0
	for _, o := range c.s.state.Primary().All(Mailboxes) {
		if slices.Contains(kinds, o.Text("RecipientTypeDetails")) && !o.True("IsInactiveMailbox") {
			want++
		}
	}
	body := map[string]any{"CmdletInput": map[string]any{"CmdletName": "Get-Mailbox", "Parameters": map[string]any{"RecipientTypeDetails": kinds, "ResultSize": "Unlimited"}}}
	path, seen := exchangeHost+"/adminapi/beta/"+c.s.tenant+"/InvokeCommand?$select=ExternalDirectoryObjectId,RecipientTypeDetails", []string{}
	for path != "" {
		got := c.send(http.MethodPost, path, body)
		if got.status != http.StatusOK || len(got.values()) > 7 {
			t.Fatalf("%d with %d rows: %s", got.status, len(got.values()), got.body)
		}
		for _, o := range got.values() {
			if names := o.fieldNames(); !slices.Equal(names, []string{"@odata.type", "ExternalDirectoryObjectId", "RecipientTypeDetails"}) &&
				!slices.Equal(names, []string{"@odata.type", "RecipientTypeDetails"}) {
				t.Fatalf("a row shows %q", names)
			}
			seen = append(seen, o.Text("ExternalDirectoryObjectId"))
		}
		path = got.next()
	}
	if len(seen) != want || want < 20 {
		t.Errorf("%d mailboxes, want %d", len(seen), want)
	}
	if got := c.cmdlet("Get-Mailbox", map[string]any{"ResultSize": 3}); len(got.values()) != 3 || !strings.Contains(string(got.body), "more results available") {
		t.Errorf("ResultSize 3: %s", got.body)
	}
}

func TestCmdletsAreThoseOfTheRole(t *testing.T) {
	probe := func(a App) []string {
		a.Secret = "s3cret"
		c := dial(t, "small-business", 0, ServerOptions{Apps: []App{a}})
		c.header.Set("CommandName", "*")
		got := c.get(exchangeHost + "/adminapi/v1.0/" + c.s.tenant + "/EXOModuleFile?Version=3.9.2")
		return strings.Split(got.values()[0].Text("exportedCmdlets"), ",")
	}
	reader, writer := probe(ReadApp()), probe(WriteApp())
	for _, name := range reader {
		if !strings.HasPrefix(name, "Get-") {
			t.Errorf("the reading application may run %s", name)
		}
	}
	if !slices.Contains(reader, "Get-MailboxPermission") || !slices.Contains(writer, "Set-CASMailbox") {
		t.Errorf("reader %q, writer %q", reader, writer)
	}
	app := ReadApp()
	app.Secret = "s3cret"
	c := dial(t, "small-business", 0, ServerOptions{Apps: []App{app}})
	if got := c.tryCmdlet("Set-Mailbox", map[string]any{"Identity": "x"}); got.status != http.StatusForbidden || !strings.Contains(string(got.body), "CommandNotFoundException") {
		t.Errorf("Set-Mailbox by the reader: %d %s", got.status, got.body)
	}
}

func TestWithoutExchangeRights(t *testing.T) {
	noRole, noPermission := ReadApp(), ReadApp().Without("Exchange.ManageAsApp")
	noRole.DirectoryRoles = nil
	for _, a := range []App{noRole, noPermission} {
		a.Secret = "s3cret"
		c := dial(t, "small-business", 0, ServerOptions{Apps: []App{a}})
		if got := c.tryCmdlet("Get-Mailbox", nil); got.status != http.StatusUnauthorized {
			t.Errorf("without rights: %d %s", got.status, got.body)
		}
	}
}

func TestErrorsOfCmdlets(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{})
	for _, test := range []struct {
		name      string
		params    map[string]any
		status    int
		exception string
	}{
		{"Get-Mailbox", map[string]any{"Identity": "nobody"}, 404, "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"},
		{"Get-Mailbox", map[string]any{"Idendity": "x"}, 400, "ParameterBindingException"},
		{"Get-MailboxPermission", nil, 400, "ParameterBindingException"},
		{"Set-CASMailbox", map[string]any{"Identity": "nobody", "ImapEnabled": false}, 404, "ManagementObjectNotFoundException"},
		{"Remove-BlockedSenderAddress", map[string]any{"SenderAddress": "nobody@contoso.com"}, 404, "ManagementObjectNotFoundException"},
	} {
		got := c.tryCmdlet(test.name, test.params)
		inner, _ := Object(got.body).Field("error")
		details := Object(inner).Items("details")
		if got.status != test.status || len(details) == 0 || strings.Count(details[0].Text("message"), "|") < 2 || !strings.Contains(details[0].Text("message"), test.exception) {
			t.Errorf("%s %v: %d %s", test.name, test.params, got.status, got.body)
		}
	}
	if got := c.tryCmdlet("Set-CASMailbox", map[string]any{"Identity": c.aMailbox(shared).Text("Identity"), "ImapEnabled": "no"}); got.status != 400 {
		t.Errorf("a flag that is none: %d", got.status)
	}
}

// Every write is read back through the same cmdlet, and stands in the truth.
func TestExchangeWritesAreReadBack(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{})
	box := c.aMailbox(shared)
	id := map[string]any{"Identity": box.Text("Identity")}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{"Identity": box.Text("Identity")}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	read := func(cmdlet, member string) string {
		raw, _ := c.cmdlet(cmdlet, id).values()[0].Field(member)
		return string(raw)
	}
	c.cmdlet("Set-Mailbox", with(map[string]any{"ForwardingSmtpAddress": "kansli@example.com", "DeliverToMailboxAndForward": true}))
	if got := read("Get-Mailbox", "ForwardingSmtpAddress"); got != `"smtp:kansli@example.com"` {
		t.Errorf("forwarding is %s", got)
	}
	c.cmdlet("Set-Mailbox", with(map[string]any{"ForwardingSmtpAddress": nil, "DeliverToMailboxAndForward": false}))
	if got := read("Get-Mailbox", "ForwardingSmtpAddress"); got != "null" {
		t.Errorf("after its removal forwarding is %s", got)
	}
	if got := c.cmdlet("Set-Mailbox", with(map[string]any{"DeliverToMailboxAndForward": false})); !strings.Contains(string(got.body), "no settings of") {
		t.Errorf("a write that changes nothing warns: %s", got.body)
	}
	c.cmdlet("Set-CASMailbox", with(map[string]any{"ImapEnabled": true, "EwsEnabled": false}))
	c.cmdlet("Set-CASMailbox", with(map[string]any{"EwsEnabled": nil}))
	if imap, ews := read("Get-CASMailbox", "ImapEnabled"), read("Get-CASMailbox", "EwsEnabled"); imap != "true" || ews != "null" {
		t.Errorf("IMAP %s, EWS %s", imap, ews)
	}
	delegate := c.aUser(enabledMember).Text("userPrincipalName")
	holders := func() string { return string(c.cmdlet("Get-MailboxPermission", id).body) }
	c.cmdlet("Add-MailboxPermission", with(map[string]any{"User": delegate, "AccessRights": []string{"FullAccess"}, "AutoMapping": false}))
	if !strings.Contains(holders(), string(quoted(delegate))) {
		t.Errorf("%s has no access: %s", delegate, holders())
	}
	c.cmdlet("Remove-MailboxPermission", with(map[string]any{"User": delegate, "AccessRights": []string{"FullAccess"}}))
	if strings.Contains(holders(), string(quoted(delegate))) {
		t.Errorf("%s still has access", delegate)
	}
	if got := c.cmdlet("Remove-MailboxPermission", with(map[string]any{"User": delegate, "AccessRights": []string{"FullAccess"}})); !strings.Contains(string(got.body), "because the ACE isn't present") {
		t.Errorf("a second removal: %s", got.body)
	}
	c.cmdlet("Add-RecipientPermission", with(map[string]any{"Trustee": delegate, "AccessRights": []string{"SendAs"}}))
	if got := c.cmdlet("Get-RecipientPermission", id); !strings.Contains(string(got.body), string(quoted(delegate))) {
		t.Errorf("send as: %s", got.body)
	}
	c.cmdlet("Set-Mailbox", with(map[string]any{"GrantSendOnBehalfTo": map[string]any{"@odata.type": "#Exchange.GenericHashTable", "add": []string{delegate}}}))
	if got := read("Get-Mailbox", "GrantSendOnBehalfTo"); !strings.Contains(got, delegate) {
		t.Errorf("send on behalf: %s", got)
	}
	applied := 0
	for _, e := range c.s.state.Truth() {
		if e.Applied && strings.Contains(e.Path, "InvokeCommand/") && e.Principal == c.s.apps[0].ObjectID {
			applied++
		}
	}
	if applied != 8 {
		t.Errorf("%d writes in the truth, want 8", applied)
	}
}

// A rule that Exchange disables is disabled in Graph, and the other way round.
func TestInboxRulesAreOneInBothServices(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{Unlimited: true})
	var user string
	for at := range c.s.state.Primary().All(MessageRules) {
		user = c.s.state.Primary().Owner(MessageRules, at)
		if _, ok := c.s.state.Primary().Get(InboxRules, user); ok {
			break
		}
	}
	path := "/v1.0/users/" + user + "/mailFolders/inbox/messageRules"
	rule := c.get(path).values()[0]
	find := func() Object {
		for _, o := range c.cmdlet("Get-InboxRule", map[string]any{"Mailbox": user, "IncludeHidden": true}).values() {
			if o.Text("Name") == rule.Text("displayName") {
				return o
			}
		}
		t.Fatalf("Exchange has no rule %q", rule.Text("displayName"))
		return nil
	}
	for _, on := range []bool{false, true} {
		verb := map[bool]string{true: "Enable", false: "Disable"}[on]
		c.cmdlet(verb+"-InboxRule", map[string]any{"Identity": find().Text("Identity"), "Mailbox": user, "Confirm": false})
		if got := c.get(path).values()[0].True("isEnabled"); got != on || find().True("Enabled") != on {
			t.Errorf("after %s-InboxRule Graph says %v", verb, got)
		}
		c.send(http.MethodPatch, path+"/"+rule.Text("id"), map[string]any{"isEnabled": !on})
		if find().True("Enabled") == on {
			t.Errorf("after a PATCH in Graph, Exchange still says %v", on)
		}
	}
}

func TestBatchesOfCmdlets(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{})
	address := exchangeHost + "/adminapi/beta/" + c.s.tenant + "/InvokeCommand"
	var requests []any
	for i, identity := range []string{c.aMailbox(shared).Text("Identity"), "nobody"} {
		requests = append(requests, map[string]any{
			"id": fmt.Sprint(i), "method": "POST", "url": address, "headers": map[string]string{"Content-Type": "application/json", "Prefer": "odata.maxpagesize=1"},
			"body": map[string]any{"CmdletInput": map[string]any{"CmdletName": "Get-MailboxPermission", "Parameters": map[string]any{"Identity": identity}}},
		})
	}
	got := c.send(http.MethodPost, strings.Replace(address, "InvokeCommand", "$batch", 1), map[string]any{"requests": requests})
	var out struct{ Responses []batchAnswer }
	if err := json.Unmarshal(got.body, &out); err != nil || len(out.Responses) != 2 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, a := range out.Responses {
		if want := map[string]int{"0": 200, "1": 404}[a.ID]; a.Status != want {
			t.Errorf("part %s: %d %s", a.ID, a.Status, a.Body)
		}
	}
}

func TestTheComplianceHostLeadsToItsRegion(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	host := "https://ps.compliance.protection.outlook.com"
	c.token = c.tokenFor(c.s.apps[0], host)
	got := c.send(http.MethodGet, host+"/adminapi/beta/"+c.s.tenant+"/EXOBanner('AutogenSession')?Version=3.9.2", nil)
	if where := got.header.Get("Location"); got.status != http.StatusFound || !strings.HasPrefix(where, "https://eur01b.ps.compliance.protection.outlook.com:446/") {
		t.Errorf("%d %q", got.status, where)
	}
}

func FuzzInvokeCommand(f *testing.F) {
	state, _, err := Generate(scene(f, "small-business", 10), testOptions(1))
	if err != nil {
		f.Fatal(err)
	}
	app := allPowers()
	s := Handler(state, ServerOptions{Apps: []App{app}})
	for _, body := range []string{
		`{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":"Unlimited"}}}`,
		`{"CmdletInput":{"CmdletName":"Set-Mailbox","Parameters":{"Identity":"reception","GrantSendOnBehalfTo":{"add":["a"],"remove":[null]}}}}`,
		`{"CmdletInput":{"CmdletName":"Add-MailboxPermission","Parameters":{"Identity":"a","User":"b","AccessRights":"FullAccess,SendAs"}}}`,
		`{"CmdletInput":{"CmdletName":"Get-InboxRule","Parameters":{"Mailbox":"a\\b"}}}`, `{"CmdletInput":null}`, `[]`, `{`,
	} {
		f.Add(body)
	}
	c := &client{t: f, s: s, header: http.Header{}}
	token := c.tokenFor(app, exchangeHost)
	f.Fuzz(func(t *testing.T, body string) {
		c := &client{t: t, s: s, header: http.Header{}, exo: token}
		got := c.send(http.MethodPost, exchangeHost+"/adminapi/beta/"+s.tenant+"/InvokeCommand", body)
		if got.err != nil || !json.Valid(got.body) {
			t.Errorf("%d %v %s", got.status, got.err, got.body)
		}
	})
}
