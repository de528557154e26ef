package event_test

import (
	"testing"

	"vakt/internal/event"
)

func TestMessageFields(t *testing.T) {
	f := func(raw, name, want string) {
		t.Helper()
		if got := show(t, event.Unified, `{"CreationTime":"2026-03-02T10:00:00","Id":"1","Workload":"Exchange",`+raw+`}`, name); got != want {
			t.Errorf("%s of %s = %q, want %q", name, raw, got, want)
		}
	}
	f(`"Operation":"Send","Item":{"InternetMessageId":"<1@contoso.com>","ParentFolder":{"Path":"\\Drafts"}}`, "vakt.messageId", "<1@contoso.com>")
	f(`"Operation":"Send","Item":{"InternetMessageId":"<1@contoso.com>","ParentFolder":{"Path":"\\Drafts"}}`, "vakt.mailFolder", `\Drafts`)
	group := `"Operation":"HardDelete","AffectedItems":[{"InternetMessageId":"<1@contoso.com>","ParentFolder":{"Path":"\\Sent Items"}},{"Subject":"x","ParentFolder":{"Path":"\\Sent Items"}},{"InternetMessageId":"<2@contoso.com>","ParentFolder":null}]`
	f(group, "vakt.messageId", "<1@contoso.com>|<2@contoso.com>")
	f(group, "vakt.mailFolder", `\Sent Items`)
	f(`"Operation":"Send","Item":"x","AffectedItems":7`, "vakt.messageId", "(none)")
	f(`"Operation":"Send"`, "vakt.mailFolder", "(none)")

	const app = "3c4d5e6f-7081-4293-a4b5-c6d7e8f90a12"
	f(`"Operation":"MailItemsAccessed","ClientAppId":"","AppId":"`+app+`"`, "vakt.clientApp", app)
	f(`"Operation":"MailItemsAccessed","AppId":"00000002-0000-0ff1-ce00-000000000000","ClientAppId":"3C4D5E6F-7081-4293-A4B5-C6D7E8F90A12"`, "vakt.clientApp", app)
	f(`"Operation":"MailItemsAccessed","AppAccessContext":{"ClientAppId":"`+app+`"}`, "vakt.clientApp", app)
	f(`"Operation":"MailItemsAccessed"`, "vakt.clientApp", "(none)")

	f(`"Operation":"HygieneTenantEvents","EventValue":"Ann@contoso.com","UserId":"ServiceOperator"`, "account", "ann@contoso.com")
	f(`"Operation":"AlertEntityGenerated","AlertEntityId":"Ann@contoso.com","UserId":"SecurityComplianceAlerts"`, "account", "ann@contoso.com")
	f(`"Operation":"AlertEntityGenerated","AlertEntityId":"a-message-id","UserId":"SecurityComplianceAlerts"`, "account", "securitycompliancealerts")
	f(`"Operation":"AlertTriggered","Data":"{\"tid\":\"t\",\"f3u\":\"Ann@contoso.com\",\"sev\":","UserId":"SecurityComplianceAlerts"`, "account", "ann@contoso.com")
	f(`"Operation":"AlertTriggered","Data":"{\"f3u\":\"\",\"x\":\"a@b\"}","UserId":"SecurityComplianceAlerts"`, "account", "securitycompliancealerts")
	f(`"Operation":"AlertTriggered","Data":"{\"x\":\"a@b\"}","UserId":"SecurityComplianceAlerts"`, "account", "securitycompliancealerts")
	f(`"Operation":"Send","EventValue":"x@contoso.com","MailboxOwnerUPN":"Ann@contoso.com","UserId":"bo@contoso.com"`, "account", "ann@contoso.com")
}
