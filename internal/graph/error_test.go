package graph

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"vakt/internal/tenant"
)

func TestKindsOfErrors(t *testing.T) {
	for _, c := range []struct {
		list       List
		status     int
		body       string
		want       Kind
		permission string
		licence    tenant.Licence
	}{
		{users, 403, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges","innerError":{"request-id":"x"}}}`, NotPermitted, "User.Read.All", ""},
		{List{Path: "/users", Select: []string{"signInActivity"}}, 403, `{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}}`, NotLicensed, "", tenant.P1},
		{List{Path: "/users", Select: []string{"signInActivity"}}, 403, `{"error":{"code":"Authentication_MSGraphPermissionMissing"}}`, NotPermitted, "AuditLog.Read.All", ""},
		{List{Path: "/roleManagement/directory/roleEligibilityScheduleInstances"}, 400, `{"error":{"code":"AadPremiumLicenseRequired"}}`, NotLicensed, "", tenant.P2},
		{List{Path: "/identityProtection/riskDetections"}, 403, `{"error":{"code":"Forbidden"}}`, NotPermitted, "IdentityRiskEvent.Read.All", ""},
		{List{Path: "/users/a/mailboxSettings"}, 404, `{"error":{"code":"MailboxNotEnabledForRESTAPI"}}`, NoMailbox, "", ""},
		{users, 404, `{"error":{"code":"Request_ResourceNotFound"}}`, NotFound, "", ""},
		{users, 410, ``, Gone, "", ""},
		{users, 400, `{"error":{"code":"Request_UnsupportedQuery"}}`, BadRequest, "", ""},
		{users, 409, `{}`, Conflict, "", ""},
		{users, 302, ``, Malformed, "", ""},
		{users, 501, `{"error":{"code":"NotImplemented"}}`, NotFound, "", ""},
		{users, 503, `<html>`, Unavailable, "", ""},
		{users, 403, `the words "AadPremiumLicenseRequired" in a text mean nothing`, NotPermitted, "User.Read.All", ""},
		{users, 403, `{"error":"a text where an object should be"}`, NotPermitted, "User.Read.All", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 5)
			w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return c.status, nil, c.body }
			_, _, err := collect(t.Context(), w.reader(t), c.list, "")
			e := asError(t, err)
			if e.Kind != c.want || e.Permission != c.permission || e.Licence != c.licence || e.Status != c.status || e.RequestID == "" || !strings.Contains(e.Path, c.list.Path) {
				t.Errorf("%d %s: got %+v", c.status, c.body, e)
			}
			if c.want != Unavailable && w.n != 1 {
				t.Errorf("%d %s: asked %d times", c.status, c.body, w.n)
			}
		})
	}
}

// TestErrorsSayWhatToGrant: the words name the request, the permission and the
// id for Microsoft's support, and no secret.
func TestErrorsSayWhatToGrant(t *testing.T) {
	e := &Error{
		Kind: NotPermitted, Status: 403, Code: "Authorization_RequestDenied", Method: get, Path: "/v1.0/users", RequestID: "7e1f",
		Permission: "User.Read.All", Message: "no\x1b[31m",
	}
	const want = `GET /v1.0/users: not permitted: grant User.Read.All (403 Authorization_RequestDenied): "no\x1b[31m" [request "7e1f"]`
	if e.Error() != want {
		t.Errorf("got  %s\nwant %s", e.Error(), want)
	}
}

func TestNoTokenInErrorsOrLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 5)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 403, nil, "{}" }
		_, _, err := collect(t.Context(), w.reader(t), users, "")
		if err == nil || strings.Contains(err.Error(), w.token()) || strings.Contains(err.Error(), "Bearer") {
			t.Errorf("got %v", err)
		}
	})
}
