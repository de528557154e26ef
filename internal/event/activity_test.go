package event_test

import (
	"strings"
	"testing"
	"time"

	"vakt/internal/event"
)

const activityBody = `{\"Id\":\"0ea1c1a0-0000-4000-8000-000000000001\",\"Properties\":{\"PrincipalId\":\"BBBBBBBB-0000-4000-8000-000000000002\",\"PrincipalType\":\"User\",\"RoleDefinitionId\":\"/providers/Microsoft.Authorization/roleDefinitions/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635\",\"Scope\":\"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444\"}}`

const (
	activityClaims = `{"http://schemas.microsoft.com/identity/claims/objectidentifier":"EEEEEEEE-0000-4000-8000-000000000005","http://schemas.microsoft.com/identity/claims/tenantid":"11111111-2222-3333-4444-555555555555","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"adm_maja@contoso.com","ipaddr":"198.51.100.7","appid":"c44b4083-3bb0-49c1-b47d-974e53cbdf3c"}`
	activityAuth   = `{"scope":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444","action":"Microsoft.Authorization/roleAssignments/write"}`
	activityProps  = `{"requestbody":"` + activityBody + `","eventCategory":"Administrative","message":"Microsoft.Authorization/roleAssignments/write"}`
	activityPath   = `/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/providers/Microsoft.Authorization/roleAssignments/0ea1c1a0-0000-4000-8000-000000000001`

	restActivity    = `{"authorization":` + activityAuth + `,"caller":"adm_maja@contoso.com","claims":` + activityClaims + `,"correlationId":"DDDDDDDD-0000-4000-8000-000000000004","eventDataId":"ffffffff-0000-4000-8000-000000000006","category":{"value":"Administrative","localizedValue":"Administrativt"},"level":"Informational","operationName":{"value":"Microsoft.Authorization/roleAssignments/write","localizedValue":"Create role assignment"},"resourceId":"` + activityPath + `","status":{"value":"Started","localizedValue":"Startat"},"subStatus":{"value":"","localizedValue":""},"eventTimestamp":"2026-03-02T10:00:00.1234567Z","properties":` + activityProps + `}`
	monitorActivity = `{"time":"2026-03-02T10:00:00.1234567Z","resourceId":"/SUBSCRIPTIONS/AAAAAAAA-1111-4222-8333-444444444444/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/0EA1C1A0-0000-4000-8000-000000000001","operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","category":"Administrative","resultType":"Start","resultSignature":"Started.","durationMs":"0","callerIpAddress":"198.51.100.7","correlationId":"dddddddd-0000-4000-8000-000000000004","identity":{"authorization":` + activityAuth + `,"claims":` + activityClaims + `},"level":"Information","properties":` + activityProps + `}`
)

func rowActivity() string {
	return `{"TimeGenerated":"2026-03-02T10:00:00.1234567Z","OperationNameValue":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","ActivityStatusValue":"Start","ActivitySubstatusValue":"","CategoryValue":"Administrative","Category":"Administrative","CorrelationId":"dddddddd-0000-4000-8000-000000000004","EventDataId":"ffffffff-0000-4000-8000-000000000006","Caller":"adm_maja@contoso.com","CallerIpAddress":"198.51.100.7","Authorization":` + quote(activityAuth) + `,"Claims":` + quote(activityClaims) + `,"Level":"Information","Properties":` + quote(activityProps) + `,"_ResourceId":"` + strings.ToLower(activityPath) + `","TenantId":"99999999-8888-4777-8666-555555555555","Type":"AzureActivity"}`
}

func TestActivitySaysTheSameInEveryShape(t *testing.T) {
	want := map[string]string{
		"operationName": "microsoft.authorization/roleassignments/write", "status": "Started", "category": "Administrative",
		"resourceProviderName": "microsoft.authorization", "subscriptionId": "aaaaaaaa-1111-4222-8333-444444444444",
		"account": "bbbbbbbb-0000-4000-8000-000000000002", "actor": "eeeeeeee-0000-4000-8000-000000000005", "ip": "198.51.100.7",
		"caller": "adm_maja@contoso.com", "vakt.principalId": "bbbbbbbb-0000-4000-8000-000000000002", "vakt.principalType": "User",
		"vakt.roleId": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "vakt.roleScope": "subscription", "correlationId": "dddddddd-0000-4000-8000-000000000004",
		"claims.appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "authorization.action": "Microsoft.Authorization/roleAssignments/write",
		"properties.message": "Microsoft.Authorization/roleAssignments/write", "claims.nothing": "(none)",
	}
	keys := map[string]bool{}
	for shape, raw := range map[string]string{"azure_rest": restActivity, "azure_monitor": monitorActivity, "log_analytics": rowActivity()} {
		for name, text := range want {
			if got := show(t, event.Activity, raw, name); got != text {
				t.Errorf("%s: %s = %q, want %q", shape, name, got, text)
			}
		}
		_, r := read(t, event.Activity, raw)
		if r.Shape().String() != shape || r.Logs() != event.Activity {
			t.Errorf("recognised as %v of %v %q, want %s", r.Shape(), r.Logs(), r.OutOfScope(), shape)
		}
		if err := r.Check(); err != nil || time.Unix(r.Time(), 0).UTC().Format(time.RFC3339) != "2026-03-02T10:00:00Z" {
			t.Errorf("%s: time %d, %v", shape, r.Time(), err)
		}
		if string(r.Tenant()) != "11111111-2222-3333-4444-555555555555" {
			t.Errorf("%s: tenant %q", shape, r.Tenant())
		}
		keys[r.Key().String()] = true
		var got []string
		for _, e := range r.Entities() {
			got = append(got, e.Kind+" "+e.ID+" "+e.Name)
		}
		const entities = "account bbbbbbbb-0000-4000-8000-000000000002 bbbbbbbb-0000-4000-8000-000000000002\naccount eeeeeeee-0000-4000-8000-000000000005 adm_maja@contoso.com\n" +
			"role 8e3af657-a8ff-443c-a75c-2fe8c4bcb635 8e3af657-a8ff-443c-a75c-2fe8c4bcb635\nip 198.51.100.7 198.51.100.7"
		if all := strings.Join(got, "\n"); all != entities {
			t.Errorf("%s: entities\n%s", shape, all)
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d keys of one event", len(keys))
	}
}

// What begins and what ends an operation are two records.
func TestActivityKeyTellsStatesApart(t *testing.T) {
	key := func(raw string) string {
		_, r := read(t, event.Activity, raw)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		return r.Key().String()
	}
	first := key(restActivity)
	for _, change := range [][2]string{
		{`"Started"`, `"Succeeded"`}, {"DDDDDDDD-0000", "DDDDDDDD-0001"}, {"10:00:00.1", "10:00:01.1"},
		{"roleAssignments/write\",\"local", "roleAssignments/delete\",\"local"}, {"/0ea1c1a0", "/0ea1c1a1"},
	} {
		other := strings.Replace(restActivity, change[0], change[1], 1)
		if other == restActivity || key(other) == first {
			t.Errorf("%q for %q: the same key", change[1], change[0])
		}
	}
	if key(strings.Replace(restActivity, "10:00:00.1", "10:00:00.9", 1)) != first {
		t.Error("a fraction of a second makes another key")
	}
}

func TestActivityRoles(t *testing.T) {
	f := func(raw, name, want string) {
		t.Helper()
		if got := show(t, event.Activity, raw, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	answer := strings.Replace(restActivity, `"requestbody"`, `"responseBody"`, 1)
	f(answer, "vakt.principalId", "bbbbbbbb-0000-4000-8000-000000000002")
	app := strings.Replace(restActivity, `\"PrincipalType\":\"User\"`, `\"PrincipalType\":\"ServicePrincipal\"`, 1)
	f(app, "account", "(none)")
	f(app, "vakt.principalId", "bbbbbbbb-0000-4000-8000-000000000002")
	cut := strings.Replace(restActivity, `,\"Scope\":\"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444\"}}`, `,\"Sco`, 1)
	f(cut, "vakt.roleId", "(none)")
	f(strings.Replace(restActivity, "roleAssignments/write", "roleDefinitions/write", 1), "vakt.roleId", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
	f(strings.Replace(restActivity, `"value":"Microsoft.Authorization/roleAssignments/write"`, `"value":"Microsoft.Compute/virtualMachines/write"`, 1), "vakt.principalId", "(none)")
	f(strings.Replace(restActivity, `"resourceId":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/`, `"resourceUri":"/providers/Microsoft.Management/managementGroups/root/`, 1), "vakt.roleScope", "management_group")
	f(strings.Replace(restActivity, `"resourceId":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/`, `"resourceId":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/resourceGroups/x/`, 1), "vakt.roleScope", "resource_group")
	f(strings.Replace(restActivity, `"resourceId":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/`, `"resourceId":"/`, 1), "vakt.roleScope", "tenant")
}
