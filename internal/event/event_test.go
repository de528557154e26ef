package event_test

import (
	"strings"
	"testing"
	"time"

	"vakt/internal/event"
)

// read makes a record that answers for the given fields of a log.
func read(t *testing.T, log event.Log, raw string, names ...string) (*event.Schema, *event.Record) {
	t.Helper()
	s := event.NewSchema()
	var fields []event.Field
	for _, n := range names {
		f, ok := s.Lookup(log, n)
		if !ok {
			t.Fatalf("no field %q in %v", n, log)
		}
		fields = append(fields, f)
	}
	l, err := s.Layout(fields...)
	if err != nil {
		t.Fatal(err)
	}
	r := new(event.Record)
	if err := l.Read([]byte(raw), r); err != nil {
		t.Fatalf("read %s: %v", raw, err)
	}
	return s, r
}

// show writes what a record says about a field: values joined by "|",
// "(none)" or "(unknown)".
func show(t *testing.T, log event.Log, raw, name string) string {
	t.Helper()
	s, r := read(t, log, raw, name)
	f, _ := s.Lookup(log, name)
	v := r.Field(f)
	if v.Unknown {
		return "(unknown)"
	}
	if len(v.List) == 0 {
		return "(none)"
	}
	var texts []string
	for _, x := range v.List {
		texts = append(texts, string(x.Text))
	}
	return strings.Join(texts, "|")
}

const (
	graphSignIn   = `{"id":"AAAAAAAA-0000-4000-8000-000000000001","createdDateTime":"2026-03-02T08:15:30.1234567Z","userDisplayName":"Åsa \"Ö\" Berg","userPrincipalName":"Asa.Berg@contoso.com","userId":"BBBBBBBB-0000-4000-8000-000000000002","appId":"cccccccc-0000-4000-8000-000000000003","appDisplayName":"Office","ipAddress":"203.0.113.9","clientAppUsed":"IMAP4","isInteractive":true,"authenticationRequirement":"singleFactorAuthentication","originalRequestId":"aaaaaaaa-0000-4000-8000-000000000000","status":{"errorCode":50126,"failureReason":"bad","additionalDetails":null},"location":{"city":"Lund","countryOrRegion":"SE","geoCoordinates":{"latitude":55.7,"longitude":13.2}},"deviceDetail":{"deviceId":"","operatingSystem":"Windows"},"riskEventTypes_v2":["a","b"],"authenticationDetails":[{"authenticationStepRequirement":"Primary authentication","succeeded":false,"authenticationStepResultDetail":"Incorrect password"}]}`
	monitorSignIn = `{"time":"2026-03-02T09:00:00Z","operationName":"Sign-in activity","category":"SignInLogs","tenantId":"11111111-2222-3333-4444-555555555555","resultType":"50126","callerIpAddress":"203.0.113.9:4711","identity":"Åsa \"Ö\" Berg","location":"SE","properties":{"id":"aaaaaaaa-0000-4000-8000-000000000001","createdDateTime":"2026-03-02T08:15:30.1234567+00:00","userPrincipalName":"Asa.Berg@contoso.com","userId":"bbbbbbbb-0000-4000-8000-000000000002","appId":"cccccccc-0000-4000-8000-000000000003","appDisplayName":"Office","ipAddress":"203.0.113.9","clientAppUsed":"IMAP4","isInteractive":"true","authenticationRequirement":"singleFactorAuthentication","originalRequestId":"aaaaaaaa-0000-4000-8000-000000000000","location":"{\"city\":\"Lund\",\"countryOrRegion\":\"SE\",\"geoCoordinates\":{\"latitude\":55.7,\"longitude\":13.2}}","deviceDetail":{"operatingSystem":"Windows"},"riskEventTypes_v2":["a","b"],"authenticationDetails":"[{\"authenticationStepRequirement\":\"Primary authentication\",\"succeeded\":false,\"authenticationStepResultDetail\":\"Incorrect password\"}]"}}`
	rowSignIn     = `{"TimeGenerated":"2026-03-02T09:00:00Z","CreatedDateTime":"3/2/2026, 8:15:30.123 AM","Id":"aaaaaaaa-0000-4000-8000-000000000001","AADTenantId":"11111111-2222-3333-4444-555555555555","UserPrincipalName":"Asa.Berg@contoso.com","UserId":"bbbbbbbb-0000-4000-8000-000000000002","Identity":"Åsa \"Ö\" Berg","AppId":"cccccccc-0000-4000-8000-000000000003","AppDisplayName":"Office","IPAddress":"203.0.113.9","ClientAppUsed":"IMAP4","IsInteractive":true,"AuthenticationRequirement":"singleFactorAuthentication","OriginalRequestId":"aaaaaaaa-0000-4000-8000-000000000000","ResultType":"50126","Location":"SE","LocationDetails":"{\"city\":\"Lund\",\"geoCoordinates\":{\"latitude\":55.7,\"longitude\":13.2}}","DeviceDetail":{"deviceId":null,"operatingSystem":"Windows"},"RiskEventTypes_V2":"[\"a\",\"b\"]","AuthenticationDetails":"[{\"authenticationStepRequirement\":\"Primary authentication\",\"succeeded\":false,\"authenticationStepResultDetail\":\"Incorrect password\"}]","Type":"SigninLogs"}`
)

func TestSignInSaysTheSameInEveryShape(t *testing.T) {
	want := map[string]string{
		"account": "bbbbbbbb-0000-4000-8000-000000000002", "actor": "bbbbbbbb-0000-4000-8000-000000000002", "ip": "203.0.113.9",
		"userDisplayName": `Åsa "Ö" Berg`, "status.errorCode": "50126", "isInteractive": "true",
		"location.city": "Lund", "location.countryOrRegion": "SE", "location.geoCoordinates.latitude": "55.7",
		"deviceDetail.deviceId": "(none)", "deviceDetail.operatingSystem": "Windows", "riskEventTypes_v2": "a|b",
		"vakt.errorClass": "bad_credentials", "vakt.passwordAccepted": "false", "vakt.stepDetails": "Incorrect password",
		"vakt.clientClass": "legacy", "vakt.userDomain": "contoso.com", "vakt.guestDomain": "(none)",
		"vakt.attempt": "aaaaaaaa-0000-4000-8000-000000000000", "authenticationRequirement": "singleFactorAuthentication",
	}
	shapes := map[string]string{"graph_beta": graphSignIn, "azure_monitor": monitorSignIn, "log_analytics": rowSignIn}
	var key string
	for shape, raw := range shapes {
		for name, text := range want {
			if got := show(t, event.SignIn, raw, name); got != text {
				t.Errorf("%s: %s = %q, want %q", shape, name, got, text)
			}
		}
		_, r := read(t, event.SignIn, raw)
		if r.Shape().String() != shape || r.Logs() != event.SignIn || r.OutOfScope() != "" {
			t.Errorf("recognised as %v of %v %q, want %s", r.Shape(), r.Logs(), r.OutOfScope(), shape)
		}
		if err := r.Check(); err != nil || time.Unix(r.Time(), 0).UTC().Format(time.RFC3339) != "2026-03-02T08:15:30Z" {
			t.Errorf("%s: time %d, %v", shape, r.Time(), err)
		}
		k := r.Key().String() + r.Attempt().String()
		if key == "" {
			key = k
		}
		if k != key {
			t.Errorf("%s: another key than the other shapes", shape)
		}
	}
}

func TestV1KnowsNoBetaField(t *testing.T) {
	v1 := `{"id":"a","createdDateTime":"2026-03-02T08:15:30Z","userPrincipalName":"a@contoso.com","appId":"x","ipAddress":"203.0.113.9","status":{"errorCode":53003,"additionalDetails":"MFA denied; user declined the authentication"}}`
	f := func(name, want string) {
		t.Helper()
		if got := show(t, event.SignIn, v1, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	f("authenticationRequirement", "(unknown)")
	f("authenticationDetails", "(unknown)")
	f("clientAppUsed", "(none)")
	f("account", "a@contoso.com")
	f("vakt.passwordAccepted", "true")
	f("vakt.stepDetails", "MFA denied; user declined the authentication")
	f("vakt.attempt", "a")
}

func TestColumnThatWasNotExportedIsUnknown(t *testing.T) {
	row := `{"TimeGenerated":"2026-03-02T09:00:00Z","CreatedDateTime":"2026-03-02T08:15:30Z","UserPrincipalName":"a@contoso.com","AppId":"x","IPAddress":"203.0.113.9","ResultType":"0","UserAgent":null}`
	f := func(name, want string) {
		t.Helper()
		if got := show(t, event.SignIn, row, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	f("clientAppUsed", "(unknown)")
	f("userAgent", "(none)")
	f("status.errorCode", "0")
}

const (
	graphAudit   = `{"id":"Directory_1","category":"UserManagement","correlationId":"dddddddd-0000-4000-8000-000000000004","result":"success","activityDisplayName":"Update user","activityDateTime":"2026-03-02T10:00:00.5Z","loggedByService":"Core Directory","initiatedBy":{"app":null,"user":{"id":"eeeeeeee-0000-4000-8000-000000000005","userPrincipalName":"admin@contoso.com","ipAddress":"198.51.100.7"}},"targetResources":[{"id":"BBBBBBBB-0000-4000-8000-000000000002","displayName":null,"type":"User","userPrincipalName":"ann_fabrikam.com#EXT#@contoso.com","modifiedProperties":[{"displayName":"UserType","oldValue":"[\"Guest\"]","newValue":"[\"Member\"]"},{"displayName":"TargetId.UserType","oldValue":null,"newValue":"\"Member\""}]}],"additionalDetails":[{"key":"UserType","value":"Member"}]}`
	unifiedAudit = `{"CreationTime":"2026-03-02T10:00:00","Id":"ffffffff-0000-4000-8000-000000000006","Operation":"Update user.","OrganizationId":"11111111-2222-3333-4444-555555555555","RecordType":8,"ResultStatus":"Success","UserKey":"k","UserType":0,"Workload":"AzureActiveDirectory","ObjectId":"ann_fabrikam.com#EXT#@contoso.com","UserId":"admin@contoso.com","ActorIpAddress":"198.51.100.7","InterSystemsId":"dddddddd-0000-4000-8000-000000000004","ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"UserType\":\"Member\"}"}],"ModifiedProperties":[{"Name":"UserType","NewValue":"[\r\n  \"Member\"\r\n]","OldValue":"[\r\n  \"Guest\"\r\n]"},{"Name":"TargetId.UserType","NewValue":"Member","OldValue":""}],"Actor":[{"ID":"admin@contoso.com","Type":5},{"ID":"10032001020A3408","Type":3},{"ID":"User_eeeeeeee-0000-4000-8000-000000000005","Type":2},{"ID":"eeeeeeee-0000-4000-8000-000000000005","Type":2},{"ID":"User","Type":2}],"Target":[{"ID":"User_bbbbbbbb-0000-4000-8000-000000000002","Type":2},{"ID":"bbbbbbbb-0000-4000-8000-000000000002","Type":2},{"ID":"User","Type":2},{"ID":"ann_fabrikam.com#EXT#@contoso.com","Type":5},{"ID":"1003","Type":3}]}`
)

func TestAuditSaysTheSameInEveryShape(t *testing.T) {
	want := map[string]string{
		"activityDisplayName": "Update user", "result": "success", "account": "bbbbbbbb-0000-4000-8000-000000000002",
		"actor": "eeeeeeee-0000-4000-8000-000000000005", "ip": "198.51.100.7",
		"modified.UserType.old": "Guest", "modified.usertype.NEW": "Member", "modified.TargetId.UserType.new": "Member", "modified.Nothing.new": "(none)",
		"targetResources.userPrincipalName": "ann_fabrikam.com#EXT#@contoso.com", "vakt.guestDomain": "fabrikam.com",
		"additionalDetails.UserType": "Member", "correlationId": "dddddddd-0000-4000-8000-000000000004",
	}
	monitor := `{"time":"2026-03-02T10:00:01Z","operationName":"Update user","category":"AuditLogs","tenantId":"11111111-2222-3333-4444-555555555555","properties":` + graphAudit + `}`
	wrapped := `{"id":"ffffffff-0000-4000-8000-000000000006","auditLogRecordType":"azureActiveDirectory","operation":"Update user.","auditData":` + unifiedAudit + `}`
	export := `{"RecordType":"AzureActiveDirectory","CreationDate":"2026-03-02T10:00:00.0000000Z ","UserIds":"admin@contoso.com","Operations":"Update user.","AuditData":` + quote(unifiedAudit) + `}`
	for shape, raw := range map[string]string{"graph_v1": graphAudit, "azure_monitor": monitor, "unified_audit": unifiedAudit, "audit_log_record": wrapped, "unified_export": export} {
		for name, text := range want {
			if got := show(t, event.Audit, raw, name); got != text {
				t.Errorf("%s: %s = %q, want %q", shape, name, got, text)
			}
		}
		_, r := read(t, event.Audit, raw)
		if r.Shape().String() != shape || r.Logs()&event.Audit == 0 {
			t.Errorf("recognised as %v of %v %q, want %s", r.Shape(), r.Logs(), r.OutOfScope(), shape)
		}
		if err := r.Check(); err != nil || time.Unix(r.Time(), 0).UTC().Format(time.RFC3339) != "2026-03-02T10:00:00Z" {
			t.Errorf("%s: time %d, %v", shape, r.Time(), err)
		}
		var got []string
		for _, e := range r.Entities() {
			got = append(got, e.Kind+" "+e.ID+" "+e.Name)
		}
		if all := strings.Join(got, "\n"); all != "account bbbbbbbb-0000-4000-8000-000000000002 ann_fabrikam.com#EXT#@contoso.com\naccount eeeeeeee-0000-4000-8000-000000000005 admin@contoso.com\nip 198.51.100.7 198.51.100.7" {
			t.Errorf("%s: entities\n%s", shape, all)
		}
	}
}

// quote makes a JSON string of a document.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func TestRecogniseByContent(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		_, r := read(t, event.SignIn, raw)
		got := r.OutOfScope()
		if r.Logs() != event.NoLog {
			got = r.Shape().String() + " " + r.Logs().String()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
	f(`{}`, "empty")
	f(`{"a":1,"b":2}`, "unknown(a,b)")
	f(`{"path":"x","name":null,"body":{"value":[]},"z":1,"y":2}`, "unknown(path,name,body,z)")
	f("{\"\\u001b[31m\":1}", "unknown(??31m)")
	f(`{"category":"RiskyUsers","properties":{"id":"a","userPrincipalName":"a@contoso.com"}}`, "riskyusers")
	f(`{"category":"AdvancedHunting-EmailEvents","properties":{"id":"1"}}`, "advancedhunting-emailevents")
	f(`{"eventDataId":"1","category":{"value":"x"}}`, "azure_activity")
	f(`{"MessageTraceId":"1","Received":"2026-03-02T10:00:00"}`, "message_trace")
	f(`{"id":"1","azureTenantId":"t","vendorInformation":{}}`, "security_alert")
	f(`{"businessPhones":[],"userPrincipalName":"a@contoso.com","id":"1"}`, "user")
	f(`{"Operation":"MailItemsAccessed","Workload":"Exchange","UserId":"a@contoso.com"}`, "unified_audit unified_audit")
	f(`{"operation":"Set-Mailbox","creationtime":"2026-03-02T10:00:00","parameters":[]}`, "unified_audit unified_audit")
	f(`{"Operation":"ViewReport","CreationTime":"2026-03-02T10:00:00","Workload":"PowerBI"}`, "powerbi")
	f(`{"Operation":"UserLoginFailed","CreationTime":"2026-03-02T10:00:00","Workload":"AzureActiveDirectory"}`, "unified_audit signin+unified_audit")
	f(`{"riskEventType":"leakedCredentials","id":"1"}`, "graph_v1 risk")
	f(`{"riskEventType":"generic","riskType":"x","id":"1"}`, "graph_beta risk")
	f(`{"category":"UserRiskEvents","time":"3/2/2026 7:08:09 PM","properties":{"riskEventType":"x"}}`, "azure_monitor risk")
	f(`{"Type":"Heartbeat","TimeGenerated":"2026-03-02T10:00:00Z"}`, "heartbeat")
	f(restActivity, "azure_rest azure_activity")
	f(monitorActivity, "azure_monitor azure_activity")
	f(rowActivity(), "log_analytics azure_activity")
	f(`{"category":"Administrative","operationName":"Sign-in activity","properties":{"id":"1"}}`, "administrative")
	f(`{"error":{"code":"Forbidden","message":"no"}}`, "api_error")
}

func TestUnifiedFields(t *testing.T) {
	raw := `{"CreationTime":"2026-03-02T10:00:00","Id":"1","Operation":"Set-Mailbox","Workload":"Exchange","ClientIP":"[2001:db8::1]:443","UserId":"Admin@contoso.com","Parameters":[{"Name":"Identity","Value":"ann"},{"Name":"ForwardingSmtpAddress","Value":"smtp:x@example.net"}]}`
	f := func(name, want string) {
		t.Helper()
		if got := show(t, event.Unified, raw, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	f("parameters.forwardingsmtpaddress", "smtp:x@example.net")
	f("parameters.Name", "(none)")
	f("ip", "2001:db8::1")
	f("account", "admin@contoso.com")
	f("LogonType", "(none)")
	f("Operation", "Set-Mailbox")

	raw = `{"CreationTime":"2026-03-02T10:00:00","Id":"1","Operation":"Update application – Certificates and secrets management ","Workload":"AzureActiveDirectory"}`
	f("Operation", "Update application - Certificates and secrets management|Update application – Certificates and secrets management ")
	raw = `{"CreationTime":"2026-03-02T10:00:00","Id":"1","Operation":"Add member to role.","Workload":"AzureActiveDirectory"}`
	f("Operation", "Add member to role|Add member to role.")
}

func TestRecordKeyWithoutID(t *testing.T) {
	key := func(raw string) string {
		_, r := read(t, event.SignIn, raw)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		return r.Key().String()
	}
	same := func(a, b string) {
		t.Helper()
		if key(a) != key(b) {
			t.Errorf("another key:\n%s\n%s", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if key(a) == key(b) {
			t.Errorf("same key:\n%s\n%s", a, b)
		}
	}
	zero := `{"id":"00000000-0000-0000-0000-000000000000","createdDateTime":"2026-03-02T10:00:00Z","userPrincipalName":"a@contoso.com","appId":"x","status":{"errorCode":0}}`
	differ(zero, strings.Replace(zero, "a@contoso", "b@contoso", 1))
	same(zero, strings.ReplaceAll(zero, ",", ", "))
	audit := strings.Replace(graphAudit, `"id":"Directory_1",`, "", 1)
	same(audit, strings.Replace(audit, "Update user", "Update user.", 1))
	same(audit, strings.Replace(audit, "10:00:00.5Z", "10:00:00.7Z", 1))
	differ(audit, strings.Replace(audit, "10:00:00.5Z", "10:00:01.7Z", 1))
	differ(graphAudit, strings.Replace(graphAudit, "Directory_1", "Directory_2", 1))
}

func TestCheckNamesTheTimeThatCannotBeRead(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		_, r := read(t, event.SignIn, raw)
		if err := r.Check(); err == nil || err.Error() != want {
			t.Errorf("Check = %v, want %s", err, want)
		}
	}
	f(`{"activityDisplayName":"Update user"}`, "no readable event time: activityDateTime is missing")
	f(`{"Operation":"x","CreationTime":"2023-10-10T17:08:65","Workload":"Exchange"}`, `no readable event time: CreationTime is "2023-10-10T17:08:65"`)
	f(`{"category":"AuditLogs","time":"2026-03-02T10:00:00Z","properties":{"id":"1"}}`, "no readable event time: properties.activityDateTime is missing")
	f(`{"Operation":"UserLoggedIn","CreationTime":"x","Workload":"AzureActiveDirectory"}`, `no readable event time: CreationTime is "x"`)
}
