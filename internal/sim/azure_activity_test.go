package sim

import (
	"strings"
	"testing"
)

const activityEvent = `{"caller":"adm_maja@contoso.com","claims":{"ipaddr":"198.51.100.7"},"correlationId":"c1","eventDataId":"e1","category":{"value":"Administrative"},
	"operationName":{"value":"Microsoft.Authorization/roleAssignments/write","localizedValue":"Create role assignment"},"resourceProviderName":{"value":"Microsoft.Authorization"},
	"resourceId":"/subscriptions/A/providers/Microsoft.Authorization/roleAssignments/B","status":{"value":"Succeeded"},"subStatus":{"value":"Created"},"level":"Informational",
	"eventTimestamp":"2026-03-03T08:00:02.1234567Z","subscriptionId":"A","properties":{"requestbody":"{\"a\":1}"}}`

// Each form of the activity log has the names and spellings that its page
// describes, and nothing that it has not.
func TestActivityForms(t *testing.T) {
	rec, err := ParseRecord([]byte(activityEvent))
	if err != nil || rec.Log != Activity || rec.Time.IsZero() {
		t.Fatalf("read as %s at %v: %v", rec.Log, rec.Time, err)
	}
	f := func(shape Shape, has, lacks []string) {
		t.Helper()
		rows, err := RenderOne(shape, rec, Options{})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %d rows, %v", shape, len(rows), err)
		}
		for _, text := range has {
			if !strings.Contains(string(rows[0]), text) {
				t.Errorf("%s lacks %s:\n%s", shape, text, rows[0])
			}
		}
		for _, text := range lacks {
			if strings.Contains(string(rows[0]), text) {
				t.Errorf("%s has %s:\n%s", shape, text, rows[0])
			}
		}
	}
	f(AzureREST, []string{`"eventTimestamp":"2026-03-03T08:00:02.1234567Z"`, `"status":{"value":"Succeeded"}`}, nil)
	f(AzureMonitor, []string{`"time":"2026-03-03T08:00:02.1234567Z"`, `"operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE"`, `"resultType":"Success"`,
		`"resultSignature":"Succeeded.Created"`, `"callerIpAddress":"198.51.100.7"`, `"identity":{"claims":{"ipaddr":"198.51.100.7"}}`, `"level":"Information"`,
		`"requestbody":"{\"a\":1}"`}, []string{"eventDataId", `"caller"`, "localizedValue"})
	f(LogAnalytics, []string{`"TimeGenerated":"2026-03-03T08:00:02.1234567Z"`, `"ActivityStatusValue":"Success"`, `"ActivitySubstatusValue":"Created"`, `"Type":"AzureActivity"`,
		`"Claims":"{\"ipaddr\":\"198.51.100.7\"}"`, `"Claims_d":{"ipaddr":"198.51.100.7"}`, `"_ResourceId":"/subscriptions/a/providers/microsoft.authorization/roleassignments/b"`}, []string{`"claims"`})
	for _, shape := range []Shape{GraphV1, GraphBeta, ManagementActivity, PortalCSV} {
		if shape.Carries(Activity) {
			t.Errorf("%s carries the activity log", shape)
		}
	}
}
