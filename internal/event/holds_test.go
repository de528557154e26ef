package event

import (
	"strings"
	"testing"
)

// heldRecords are records of several logs and shapes whose fields are there,
// empty, null, lists, escaped and zero ids.
var heldRecords = []string{
	`{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"0000000A-0000-0000-0000-000000000001","userPrincipalName":"Ann@contoso.com","appId":"de8bc8b5","ipAddress":"192.0.2.7:443","sessionId":"","deviceDetail":{"deviceId":"00000000-0000-0000-0000-000000000000","operatingSystem":null},"status":{"errorCode":0},"authenticationDetails":[]}`,
	`{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"00000000-0000-0000-0000-000000000000","userPrincipalName":"","appId":"a","clientAppUsed":["a","b"],"ipAddress":null,"sessionId":[],"deviceDetail":{"deviceId":"\u0030","operatingSystem":[null]},"status":{"errorCode":50126}}`,
	`{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":null,"userPrincipalName":"\u0041nn@contoso.com","isInteractive":true,"appId":"-","status":{"errorCode":0}}`,
	`{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"0-","userPrincipalName":"0-0","isInteractive":true,"appId":"a","status":{"errorCode":0}}`,
	`{"category":"SignInLogs","time":"2026-03-03T08:00:00Z","callerIpAddress":"192.0.2.7","resultType":"0","properties":{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"a","userPrincipalName":"a@contoso.com","status":{"errorCode":0}}}`,
	`{"Type":"SigninLogs","TimeGenerated":"2026-03-03T08:00:00Z","CreatedDateTime":"2026-03-03T08:00:00Z","Id":"1","UserPrincipalName":"a@contoso.com","ResultType":"0","AppId":"b"}`,
	`{"Operation":"UserLoginFailed","CreationTime":"2026-03-02T10:00:00","Workload":"AzureActiveDirectory","UserId":"ann@contoso.com","UserKey":"a","ClientIP":"192.0.2.7","ErrorNumber":"50126"}`,
	`{"Operation":"Set-Mailbox","CreationTime":"2026-03-02T10:00:00","Workload":"Exchange","UserId":"admin@contoso.com","ClientIP":"[2001:db8::1]:443","Parameters":[{"Name":"Identity","Value":"ann"},{"Name":"ForwardingSmtpAddress","Value":"smtp:x@example.net"}]}`,
	`{"id":"a1","activityDateTime":"2026-03-03T09:30:27Z","activityDisplayName":"Update user","result":"success","initiatedBy":{"user":{"id":"3cd9f413-823a-4487-a181-aa4fd3b153da"}},"targetResources":[{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","type":"Policy"},{"id":null,"type":"User","userPrincipalName":"ann@contoso.com","modifiedProperties":[{"displayName":"UserType","oldValue":null,"newValue":"\"Guest\""}]}]}`,
	`{"id":"a1","activityDateTime":"2026-03-03T09:30:27Z","activityDisplayName":"Update policy","initiatedBy":{"app":{"appId":"a"}},"targetResources":[{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","type":"Policy"},{"id":"00000000-0000-0000-0000-000000000000","type":"User"}]}`,
	`{"Operation":"Update user.","CreationTime":"2026-03-02T10:00:00","Workload":"AzureActiveDirectory","UserId":"maja@contoso.com","Target":[{"ID":"User_77d0bfbc-42a9-49ee-a729-c894538c014b","Type":2},{"ID":"77d0bfbc-42a9-49ee-a729-c894538c014b","Type":2},{"ID":"User","Type":2}]}`,
	`{"riskEventType":"leakedCredentials","id":"1","activityDateTime":"2026-03-02T10:00:00Z","userId":"a","userPrincipalName":"","additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"x\"}]"}`,
}

// What is said of a field without making its values is what they say, and a
// plain field is known.
func TestHoldsAgreesWithField(t *testing.T) {
	s := NewSchema()
	var all []Field
	for _, log := range []Log{SignIn, Audit, Risk, Unified, Activity} {
		for _, name := range append(s.Names(log), "modified.UserType.new", "parameters.Identity", "additionalInfo.userAgent") {
			if f, ok := s.Lookup(log, name); ok && !strings.Contains(name, "<") {
				all = append(all, f)
			}
		}
	}
	layout, err := s.Layout(all...)
	if err != nil {
		t.Fatal(err)
	}
	told := map[Standing]int{}
	for _, raw := range heldRecords {
		var r Record
		if err := layout.Read([]byte(raw), &r); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		if r.Logs() == NoLog {
			t.Fatalf("out of scope: %s", raw)
		}
		for _, f := range all {
			is, plain, v := r.Holds(f), r.Plain(f), r.Field(f)
			told[is]++
			right := map[Standing]bool{Unseen: v.Unknown, Empty: !v.Unknown && len(v.List) == 0, Alone: len(v.List) > 0, Mixed: true}
			if !right[is] || plain && v.Unknown {
				t.Errorf("%v %s holds %v, plain %t: %v\n%s", s.Log(f), s.Name(f), is, plain, v, raw)
			}
		}
	}
	for _, is := range []Standing{Unseen, Empty, Alone, Mixed} {
		if told[is] == 0 {
			t.Errorf("no field is %v", is)
		}
	}
}

// Whether an account has a name shows without decoding one.
func TestHoldsAccountNames(t *testing.T) {
	want := []Standing{Alone, Mixed, Mixed, Mixed, Alone, Alone, Alone, Alone, Alone, Mixed, Alone, Alone}
	for i, raw := range heldRecords {
		s := NewSchema()
		var fields []Field
		for _, log := range []Log{SignIn, Audit, Risk, Unified} {
			f, _ := s.Lookup(log, "vakt.accountNames")
			fields = append(fields, f)
		}
		layout, err := s.Layout(fields...)
		if err != nil {
			t.Fatal(err)
		}
		var r Record
		if err := layout.Read([]byte(raw), &r); err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			if is := r.Holds(f); r.Logs()&s.Log(f) != 0 && is != want[i] {
				t.Errorf("%v: accounts are %v, want %v: %s", s.Log(f), is, want[i], raw)
			}
		}
	}
}
