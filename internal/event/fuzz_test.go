package event_test

import (
	"testing"

	"vakt/internal/event"
)

// every makes a layout that reads all fields of all logs, and some open ones.
func every(t testing.TB) (*event.Layout, []event.Field) {
	t.Helper()
	s := event.NewSchema()
	var fields []event.Field
	for _, log := range event.Logs() {
		for _, name := range append(s.Names(log), "modified.UserType.new", "additionalDetails.x", "parameters.Identity", "operationProperties.x", "additionalInfo.x", "claims.appid", "authorization.scope") {
			if f, ok := s.Lookup(log, name); ok {
				fields = append(fields, f)
			}
		}
	}
	l, err := s.Layout(fields...)
	if err != nil {
		t.Fatal(err)
	}
	return l, fields
}

// mailRule is a rule that a client made, with grants of a folder beside it.
const mailRule = `{"Operation":"UpdateInboxRules","CreationTime":"2026-03-02T10:00:00","Workload":"Exchange","UserId":"a@contoso.com","Parameters":[{"Name":"Identity","Value":"ann"},{"Name":"ForwardTo","Value":["x@example.net"]}],"OperationProperties":[{"Name":"x","Value":null},{"Name":"RuleActions","Value":"[{\"ActionType\":\"Move\",\"Folder\":\"RSS\"}]"}],"Item":{"ParentFolder":{"MemberUpn":"b@contoso.com","Path":"\\Inbox"}}}`

// Whatever a record holds, it is refused, out of scope, or answers for every
// field, twice the same, and the fast scan and the reference agree on it.
func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		graphSignIn, monitorSignIn, rowSignIn, graphAudit, unifiedAudit, restActivity, monitorActivity, rowActivity(), mailRule, `{}`, `{"Operation":"x","Workload":1,"Actor":[{"ID":{},"Type":[]}]}`,
		`{"activityDisplayName":"x.","targetResources":[null,1,"x",{"type":3,"modifiedProperties":{"a":[]}}]}`,
		`{"id":"1","riskEventType":["a",{"b":null}],"additionalInfo":"[{\"Key\":\"x\",\"Value\":[1,2]}]"}`,
	} {
		f.Add([]byte(seed))
	}
	layout, fields := every(f)
	var fast, strict event.Record
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := layout.Read(raw, &fast)
		if strictErr := layout.ReadStrict(raw, &strict); (err == nil) != (strictErr == nil) {
			t.Fatalf("fast: %v, strict: %v", err, strictErr)
		}
		if err != nil {
			return
		}
		if (fast.OutOfScope() == "") != (fast.Logs() != event.NoLog) {
			t.Fatalf("logs %v, out of scope %q", fast.Logs(), fast.OutOfScope())
		}
		if fast.Logs() == event.NoLog {
			return
		}
		_ = fast.Check()
		for _, field := range fields {
			only, is := fast.Only(field)
			holds := fast.Holds(field)
			a, b := fast.Field(field), strict.Field(field)
			if held := len(a.List) > 0; holds == event.Alone && !held || holds == event.Empty && (held || a.Unknown) || holds == event.Unseen && !a.Unknown {
				t.Fatalf("field %d holds %v: %v", field, holds, a)
			}
			if is == event.Alone && (len(a.List) != 1 || string(a.List[0].Text) != string(only.Text) || a.List[0].Type != only.Type) {
				t.Fatalf("field %d is only %v: %v", field, only, a)
			}
			if a.Unknown != b.Unknown || len(a.List) != len(b.List) || a.Unknown && len(a.List) > 0 {
				t.Fatalf("field %d: %v and %v", field, a, b)
			}
			for i := range a.List {
				if string(a.List[i].Text) != string(b.List[i].Text) || a.List[i].Type != b.List[i].Type {
					t.Fatalf("field %d: %q and %q", field, a.List[i].Text, b.List[i].Text)
				}
			}
		}
		_, _, _, _ = fast.Key(), fast.Attempt(), fast.Tenant(), fast.Updated()
		for _, e := range fast.Entities() {
			if e.Kind == "" || e.ID == "" || e.Name == "" {
				t.Fatalf("entity %+v", e)
			}
		}
		fast.Texts(func([]byte) bool { return true })
	})
}
