package event_test

import (
	"testing"

	"vakt/internal/event"
)

// exchange is a record of the unified log with the given members.
func exchange(members string) string {
	return `{"CreationTime":"2026-03-03T08:00:00","Id":"1","Operation":"x","RecordType":1,"Workload":"Exchange","OrganizationId":"11111111-2222-3333-4444-555555555555","UserId":"ann@contoso.com",` + members + `}`
}

func TestMailRuleFields(t *testing.T) {
	cmdlet := exchange(`"Parameters":[{"Name":"ForwardTo","Value":"\"Å; B\" [SMTP:A@Fabrikam.com];b@example.net"},{"Name":"RedirectTo","Value":"c@fabrikam.com"},{"Name":"MoveToFolder","Value":"ann@contoso.com:\\RSS Feeds\\x"},{"Name":"Name","Value":"."},{"Name":"DeleteMessage","Value":"False"},{"Name":"MarkAsRead","Value":"True"},{"Name":"StopProcessingRules","Value":true},{"Name":"SubjectContainsWords","Value":"faktura;iban"},{"Name":"FromAddressContainsWords","Value":"d@example.org"}]`)
	outlook := exchange(`"OperationProperties":[{"Name":"RuleName","Value":""},{"Name":"RuleCondition","Value":"(Subject Equal faktura)"},{"Name":"RuleActions","Value":"[{\"ActionType\":\"Forward\",\"Recipients\":[\"a@fabrikam.com\",\"b@example.net\"]},{\"ActionType\":\"PermanentDelete\"},{\"ActionType\":\"Move\",\"Folder\":\"Notes\"},{\"ActionType\":\"Tag\",\"Recipients\":[\"no@example.org\"]}]"}]`)
	plain := exchange(`"Parameters":[{"Name":"Identity","Value":"a@b.se"},{"Name":"ForwardTo","Value":null}]`)
	for _, c := range []struct{ raw, field, want string }{
		{cmdlet, "vakt.forwardTo", "a@fabrikam.com|b@example.net|c@fabrikam.com"},
		{cmdlet, "vakt.forwardDomain", "fabrikam.com|example.net"},
		{cmdlet, "vakt.forwardDomain.1", "fabrikam.com"},
		{cmdlet, "vakt.forwardDomain.2", "example.net"},
		{cmdlet, "vakt.forwardDomain.3", "(none)"},
		{cmdlet, "vakt.ruleName", "."},
		{cmdlet, "vakt.ruleFolder", "ann@contoso.com:|RSS Feeds|x"},
		{cmdlet, "vakt.ruleAction", "mark_as_read|stop"},
		{cmdlet, "vakt.ruleWords", "faktura;iban|d@example.org"},
		{outlook, "vakt.forwardTo", "a@fabrikam.com|b@example.net"},
		{outlook, "vakt.ruleName", ""},
		{outlook, "vakt.ruleFolder", "Notes"},
		{outlook, "vakt.ruleAction", "forward|delete|move"},
		{outlook, "vakt.ruleWords", "(Subject Equal faktura)"},
		{plain, "vakt.forwardTo", "(none)"},
		{plain, "vakt.forwardDomain.1", "(none)"},
		{plain, "vakt.ruleName", "(none)"},
		{plain, "vakt.ruleAction", "(none)"},
		{exchange(`"OperationProperties":[{"Name":"RuleActions","Value":"broken ["}]`), "vakt.ruleAction", "(none)"},
	} {
		if got := show(t, event.Unified, c.raw, c.field); got != c.want {
			t.Errorf("%s: %q, want %q", c.field, got, c.want)
		}
	}
}

func TestForwardDomainIsNumberedFromOneToNine(t *testing.T) {
	s := event.NewSchema()
	for name, want := range map[string]bool{"vakt.forwardDomain.1": true, "vakt.forwardDomain.9": true, "vakt.forwardDomain.0": false, "vakt.forwardDomain.10": false, "vakt.forwardDomain.x": false} {
		if _, ok := s.Lookup(event.Unified, name); ok != want {
			t.Errorf("%s: %v, want %v", name, ok, want)
		}
	}
}

func TestMailboxFields(t *testing.T) {
	folder := exchange(`"Item":{"ParentFolder":{"MemberRights":"ReadAny, FolderVisible","MemberUpn":"Everyone","Path":"\\Inbox\\Löner"}}`)
	cmdlet := exchange(`"Parameters":[{"Name":"Identity","Value":"ann:\\Kalender"},{"Name":"User","Value":"Default"},{"Name":"AccessRights","Value":"Reviewer"}]`)
	for _, c := range []struct{ raw, field, want string }{
		{folder, "vakt.grantee", "Everyone"},
		{folder, "vakt.grantedRights", "ReadAny|FolderVisible"},
		{folder, "vakt.grantFolder", "Inbox|Löner"},
		{cmdlet, "vakt.grantee", "Default"},
		{cmdlet, "vakt.grantedRights", "Reviewer"},
		{cmdlet, "vakt.grantFolder", "Kalender"},
		{exchange(`"Parameters":[{"Name":"Identity","Value":"ann"}]`), "vakt.grantFolder", "(none)"},
		{exchange(`"AffectedItems":[{"Id":"1"},{"Id":"2"}]`), "vakt.affectedItems", "2"},
		{exchange(`"AffectedItems":[]`), "vakt.affectedItems", "1"},
		{exchange(`"Item":{"Id":"1"}`), "vakt.affectedItems", "1"},
		{exchange(`"SessionId":"s1","ClientIPAddress":"192.0.2.1"`), "vakt.mailSession", "s1"},
		{exchange(`"SessionId":"","ClientIPAddress":"192.0.2.1:443"`), "vakt.mailSession", "192.0.2.1"},
		{exchange(`"SessionId":null`), "vakt.mailSession", "none"},
	} {
		if got := show(t, event.Unified, c.raw, c.field); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.field, c.raw, got, c.want)
		}
	}
}
