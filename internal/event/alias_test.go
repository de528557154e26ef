package event

import (
	"slices"
	"testing"
)

// What rules search as text is answered with every text of that part.
func TestPartsAsTexts(t *testing.T) {
	const audit = `{"id":"a1","activityDateTime":"2026-03-03T09:30:27Z","activityDisplayName":"Update user","result":"success",
		"initiatedBy":{"app":null,"user":{"id":"3CD9F413-823a-4487-a181-aa4fd3b153da","displayName":"","userPrincipalName":"Maja@contoso.com","ipAddress":"198.51.100.17"}},
		"targetResources":[{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","type":"Policy","modifiedProperties":[
			{"displayName":"State","oldValue":null,"newValue":"[{\"State\":0}]"},{"displayName":"Name","oldValue":"\"a\"","newValue":"\"b\""}]}]}`
	const byApp = `{"id":"a2","activityDateTime":"2026-03-03T09:30:27Z","activityDisplayName":"Add user","result":"success",
		"initiatedBy":{"user":null,"app":{"appId":"11111111-2222-3333-4444-000000000001","displayName":"Sync","servicePrincipalId":null}},"targetResources":[]}`
	const unified = `{"CreationTime":"2026-03-03T08:00:00","Id":"c2b5b6a0-0f6d-4a8e-9d55-3b9a4a1f7701","Operation":"Update user.","RecordType":8,"Workload":"AzureActiveDirectory",
		"UserId":"maja@contoso.com","Actor":[{"ID":"maja@contoso.com","Type":5},{"ID":"User_3cd9f413-823a-4487-a181-aa4fd3b153da","Type":2},{"ID":"3cd9f413-823a-4487-a181-aa4fd3b153da","Type":2},{"ID":"User","Type":2}],
		"Target":[{"ID":"Policy_77d0bfbc-42a9-49ee-a729-c894538c014b","Type":2},{"ID":"77d0bfbc-42a9-49ee-a729-c894538c014b","Type":2},{"ID":"Policy","Type":2}],
		"ModifiedProperties":[{"Name":"State","OldValue":"","NewValue":"[\r\n  {\r\n    \"State\": 0,\r\n \"N\": \"a \\\" b\"}\r\n]"}]}`
	const signIn = `{"id":"66ea54eb-6301-4ee5-be62-ff5a759b0100","createdDateTime":"2026-03-03T08:00:00Z","userId":"0000000A-0000-0000-0000-000000000001",
		"userPrincipalName":"Ann@contoso.com","appId":"de8bc8b5-d9f9-48b1-a8ad-b748da725064","status":{"errorCode":0}}`
	const deleted = `{"id":"a3","activityDateTime":"2026-03-03T09:30:27Z","activityDisplayName":"Delete user","result":"success","initiatedBy":{"user":{"id":"3cd9f413-823a-4487-a181-aa4fd3b153da"}},
		"targetResources":[{"id":"0000000a-0000-0000-0000-000000000001","type":"User","userPrincipalName":"0000000a000000000000000000000001ann@contoso.com"},{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","type":"Group"}]}`
	f := func(record string, log Log, name string, want ...string) {
		t.Helper()
		s := NewSchema()
		field, ok := s.Lookup(log, name)
		if !ok {
			t.Fatalf("no field %q", name)
		}
		layout, err := s.Layout(field)
		if err != nil {
			t.Fatal(err)
		}
		var r Record
		if err := layout.Read([]byte(record), &r); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range r.Field(field).List {
			got = append(got, string(v.Text))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f(audit, Audit, "initiatedBy", "Maja@contoso.com", "3cd9f413-823a-4487-a181-aa4fd3b153da")
	f(byApp, Audit, "initiatedBy", "11111111-2222-3333-4444-000000000001", "Sync")
	f(unified, Audit, "initiatedBy", "3cd9f413-823a-4487-a181-aa4fd3b153da", "maja@contoso.com")
	f(audit, Audit, "targetResources.modifiedProperties", "State", `[{"State":0}]`, "Name", `"a"`, `"b"`)
	f(audit, Audit, "targetResources.modifiedProperties.displayName", "State", "Name")
	f(audit, Audit, "targetResources.modifiedProperties.oldValue", `"a"`)
	f(audit, Audit, "targetResources.modifiedProperties.newValue", `[{"State":0}]`, `"b"`)
	f(unified, Audit, "targetResources.modifiedProperties.displayName", "State")
	f(unified, Audit, "targetResources.modifiedProperties.newValue", `[{"State":0,"N":"a \" b"}]`)

	f(audit, Audit, "vakt.target", "77d0bfbc-42a9-49ee-a729-c894538c014b")
	f(unified, Audit, "vakt.target", "77d0bfbc-42a9-49ee-a729-c894538c014b")
	f(byApp, Audit, "account")
	f(unified, Unified, "account", "maja@contoso.com")
	f(audit, Audit, "vakt.actorNames", "3cd9f413-823a-4487-a181-aa4fd3b153da", "maja@contoso.com")
	f(byApp, Audit, "vakt.actorNames", "11111111-2222-3333-4444-000000000001")
	f(unified, Audit, "vakt.actorNames", "3cd9f413-823a-4487-a181-aa4fd3b153da", "maja@contoso.com")
	f(signIn, SignIn, "vakt.accountNames", "0000000a-0000-0000-0000-000000000001", "ann@contoso.com")
	f(signIn, SignIn, "vakt.actorNames", "0000000a-0000-0000-0000-000000000001", "ann@contoso.com")
	f(deleted, Audit, "vakt.accountNames", "0000000a-0000-0000-0000-000000000001", "ann@contoso.com")
}
