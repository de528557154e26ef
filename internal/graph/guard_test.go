package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vakt/internal/tenant"
)

// refuser is the transport behind a guard in tests: nothing may reach it that
// writes.
type refuser struct{ reached []string }

func (r *refuser) RoundTrip(req *http.Request) (*http.Response, error) {
	r.reached = append(r.reached, req.Method+" "+req.URL.String())
	return &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{}}, nil
}

func newGuard() (*guard, *refuser) {
	behind := &refuser{}
	return &guard{
		next: behind, tenant: testTenant, may: allowed{routes: readRoutes, cmdlets: readCmdlets},
		bases: map[tenant.Service]string{
			tenant.Graph: testGraph, tenant.Exchange: testAdmin, tenant.Compliance: "https://ps.compliance.example.com",
		},
	}, behind
}

func send(t testing.TB, g *guard, s tenant.Service, method, url, body string, header ...string) error {
	t.Helper()
	ctx := context.WithValue(context.Background(), serviceKey{}, s)
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := g.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

const (
	batchURL  = testGraph + "/v1.0/$batch"
	invokeURL = testAdmin + "/adminapi/beta/" + testTenant + "/InvokeCommand"
)

func TestReaderSendsReads(t *testing.T) {
	for _, c := range []struct {
		service           tenant.Service
		method, url, body string
	}{
		{tenant.Graph, get, testGraph + "/v1.0/users?$select=id", ""},
		{tenant.Graph, get, testGraph + "/v1.0/users/anna%23EXT%23@contoso.com/manager", ""},
		{tenant.Graph, get, testGraph + "/beta/users/a/authentication/requirements", ""},
		{tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","url":"/users/a/mailboxSettings?$select=userPurpose"}]}`},
		{tenant.Exchange, post, invokeURL + "?$select=Guid", `{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":"Unlimited"}}}`},
		{tenant.Exchange, get, testAdmin + "/adminapi/v1.0/" + testTenant + "/EXOModuleFile?Version=3.9.2", ""},
		{tenant.Compliance, post, "https://eur01b.ps.compliance.example.com/adminapi/beta/" + testTenant + "/InvokeCommand", `{"CmdletInput":{"CmdletName":"Get-RoleGroup","Parameters":{}}}`},
	} {
		g, behind := newGuard()
		if err := send(t, g, c.service, c.method, c.url, c.body); err != nil || len(behind.reached) != 1 {
			t.Errorf("%s %s: %v, %d sent", c.method, c.url, err, len(behind.reached))
		}
	}
}

// TestReaderCannotSendAWrite: whatever the rest of the program asks for, the
// transport of a Reader lets no write pass.
func TestReaderCannotSendAWrite(t *testing.T) {
	part := func(method, url string) string {
		return `{"requests":[{"id":"1","method":"GET","url":"/domains"},{"id":"2","method":"` + method + `","url":"` + url + `"}]}`
	}
	cmdlet := func(name string) string { return `{"CmdletInput":{"CmdletName":"` + name + `","Parameters":{}}}` }
	for _, c := range []struct {
		name              string
		service           tenant.Service
		method, url, body string
		header            []string
	}{
		{"block", tenant.Graph, "PATCH", testGraph + "/v1.0/users/a", `{"accountEnabled":false}`, nil},
		{"delete", tenant.Graph, "DELETE", testGraph + "/v1.0/users/a", "", nil},
		{"create", tenant.Graph, post, testGraph + "/v1.0/users", `{}`, nil},
		{"revoke", tenant.Graph, post, testGraph + "/v1.0/users/a/revokeSignInSessions", "", nil},
		{"method in lower case", tenant.Graph, "patch", testGraph + "/v1.0/users/a", "", nil},
		{"a GET with a body", tenant.Graph, get, testGraph + "/v1.0/users/a", `{"accountEnabled":false}`, nil},
		{"overridden", tenant.Graph, get, testGraph + "/v1.0/users/a", "", []string{"X-HTTP-Method-Override", "PATCH"}},
		{"overridden otherwise", tenant.Graph, get, testGraph + "/v1.0/users/a", "", []string{"X-HTTP-Method", "DELETE"}},
		{"unknown path", tenant.Graph, get, testGraph + "/v1.0/applications", "", nil},
		{"no version", tenant.Graph, get, testGraph + "/users", "", nil},
		{"another version", tenant.Graph, get, testGraph + "/v2.0/users", "", nil},
		{"a step up", tenant.Graph, get, testGraph + "/v1.0/users/../applications", "", nil},
		{"a slash in an id", tenant.Graph, get, testGraph + "/v1.0/users/a%2Fmessages/manager", "", nil},
		{"a step up as an id", tenant.Graph, get, testGraph + "/v1.0/users/%2e%2e/manager", "", nil},
		{"another host", tenant.Graph, get, "https://evil.example.net/graph/v1.0/users", "", nil},
		{"another port", tenant.Graph, get, "https://graph.example.com:444/graph/v1.0/users", "", nil},
		{"plain http", tenant.Graph, get, "http://graph.example.com/graph/v1.0/users", "", nil},
		{"token of another service", tenant.Exchange, get, testGraph + "/v1.0/users", "", nil},
		{"no service", "", get, testGraph + "/v1.0/users", "", nil},
		{"PATCH in a batch", tenant.Graph, post, batchURL, part("PATCH", "/users/a"), nil},
		{"POST in a batch", tenant.Graph, post, batchURL, part("POST", "/users/a/revokeSignInSessions"), nil},
		{"unknown path in a batch", tenant.Graph, post, batchURL, part("GET", "/applications"), nil},
		{"absolute path in a batch", tenant.Graph, post, batchURL, part("GET", "https://evil.example.net/users"), nil},
		{"signInActivity in a batch", tenant.Graph, post, batchURL, part("GET", "/users?$select=signInActivity"), nil},
		{"reports in a batch", tenant.Graph, post, batchURL, part("GET", "/auditLogs/signIns"), nil},
		{"batch in a batch", tenant.Graph, post, batchURL, part("POST", "/$batch"), nil},
		{"method twice", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"PATCH","method":"GET","url":"/users/a"}]}`, nil},
		{"method in another case", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","Method":"PATCH","url":"/users/a"}]}`, nil},
		{"requests twice", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"PATCH","url":"/users/a"}],"requests":[{"id":"1","method":"GET","url":"/users/a"}]}`, nil},
		{"a body in a part", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","url":"/users/a","body":{}}]}`, nil},
		{"a header in a part", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","url":"/users/a","headers":{"X-HTTP-Method":"PATCH"}}]}`, nil},
		{"no parts", tenant.Graph, post, batchURL, `{"requests":[]}`, nil},
		{"more after the batch", tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","url":"/users/a"}]}{}`, nil},
		{"cmdlet that sets", tenant.Exchange, post, invokeURL, cmdlet("Set-Mailbox"), nil},
		{"cmdlet that is not listed", tenant.Exchange, post, invokeURL, cmdlet("Get-Secret"), nil},
		{"cmdlet in another case", tenant.Exchange, post, invokeURL, cmdlet("get-mailbox"), nil},
		{"two cmdlets", tenant.Exchange, post, invokeURL, cmdlet("Get-Mailbox; Set-Mailbox"), nil},
		{"name twice", tenant.Exchange, post, invokeURL, `{"CmdletInput":{"CmdletName":"Set-Mailbox","CmdletName":"Get-Mailbox","Parameters":{}}}`, nil},
		{"name in another case", tenant.Exchange, post, invokeURL, `{"CmdletInput":{"CmdletName":"Get-Mailbox","cmdletName":"Set-Mailbox","Parameters":{}}}`, nil},
		{"another name in the header", tenant.Exchange, post, invokeURL, cmdlet("Get-Mailbox"), []string{cmdletHeader, "Set-Mailbox"}},
		{"another tenant", tenant.Exchange, post, strings.Replace(invokeURL, testTenant, "99999999-2222-3333-4444-555555555555", 1), cmdlet("Get-Mailbox"), nil},
		{"its batch", tenant.Exchange, post, strings.Replace(invokeURL, "InvokeCommand", "$batch", 1), `{"requests":[]}`, nil},
		{"two labels before the region", tenant.Compliance, post, "https://a.b.ps.compliance.example.com/adminapi/beta/" + testTenant + "/InvokeCommand", cmdlet("Get-RoleGroup"), nil},
		{"a region of Exchange", tenant.Exchange, post, "https://a.outlook.example.com/adminapi/beta/" + testTenant + "/InvokeCommand", cmdlet("Get-Mailbox"), nil},
		{"too large", tenant.Exchange, post, invokeURL, cmdlet(strings.Repeat("x", maxRequest)), nil},
	} {
		g, behind := newGuard()
		err := send(t, g, c.service, c.method, c.url, c.body, c.header...)
		if err == nil || len(behind.reached) > 0 {
			t.Errorf("%s: %s was sent", c.name, behind.reached)
			continue
		}
		wantKind(t, err, Refused)
	}
}

// FuzzGuard: whatever body reaches a batch or a command, nothing passes that a
// forgiving reader could take for a write.
func FuzzGuard(f *testing.F) {
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/users/a"}]}`, true)
	f.Add(`{"requests":[{"id":"1","method":"GET","METHOD":"PATCH","url":"/users/a"}]}`, true)
	f.Add(`{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"a":[1,"x",{"b":null}]}}}`, false)
	f.Fuzz(func(t *testing.T, body string, batch bool) {
		g, behind := newGuard()
		url, service := invokeURL, tenant.Exchange
		if batch {
			url, service = batchURL, tenant.Graph
		}
		if send(t, g, service, post, url, body) != nil {
			if len(behind.reached) > 0 {
				t.Fatal("refused, and sent")
			}
			return
		}
		upper := strings.ToUpper(body)
		for _, word := range []string{`"PATCH"`, `"DELETE"`, `"PUT"`, `"SET-`, `"REMOVE-`, `"NEW-`} {
			if strings.Contains(upper, `METHOD":`+word) || strings.Contains(upper, `CMDLETNAME":`+word) {
				t.Errorf("sent %s", body)
			}
		}
		var any json.RawMessage
		if json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&any) != nil || strict(any) != nil {
			t.Errorf("sent what is not strict JSON: %s", body)
		}
	})
}

// notInReference are routes that Microsoft's permission reference at hand does
// not list; their permissions are those of the documentation pages.
var notInReference = []string{
	"/users/$count", "/users/{}/manager", "/users/{}/mailboxSettings/userPurpose", "/users/{}/transitiveMemberOf/microsoft.graph.group",
	"/directory/deletedItems/microsoft.graph.user", "/groups", "/groups/{}", "/groups/{}/members", "/groups/{}/owners",
	"/groups/{}/transitiveMembers/microsoft.graph.user", "/servicePrincipals/{}",
}

// TestRoutesNeedWhatTheReferenceSays: the permission that an error names is
// one that Microsoft's reference gives for the route.
func TestRoutesNeedWhatTheReferenceSays(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "rig", "contract", "graph-permissions.json"))
	if err != nil {
		t.Skipf("the permission reference is missing: %v", err)
	}
	var reference struct {
		Calls map[string]struct {
			Application struct{ Least, Other []string } `json:"application"`
		} `json:"calls"`
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	for _, r := range readRoutes {
		key := "GET " + strings.ToLower(strings.ReplaceAll(r.pattern, "{}", "{id}"))
		call, ok := reference.Calls[key]
		switch {
		case !ok && !slices.Contains(notInReference, r.pattern):
			t.Errorf("%s is not in the reference", key)
		case ok && slices.Contains(notInReference, r.pattern):
			t.Errorf("%s is in the reference", key)
		case ok && !slices.Contains(append(call.Application.Least, call.Application.Other...), r.permission):
			t.Errorf("%s needs %s, the reference says %v", key, r.permission, call.Application)
		}
	}
}

// TestRoutesStayWithinTheFeatures: no route needs a permission that no feature
// of the reading registration declares.
func TestRoutesStayWithinTheFeatures(t *testing.T) {
	var declared []string
	for _, f := range tenant.Features() {
		if !f.Write {
			declared = append(declared, f.Needs...)
		}
	}
	for _, r := range readRoutes {
		if r.method != get || !slices.Contains(declared, r.permission) {
			t.Errorf("%s %s needs %s, which no reading feature declares", r.method, r.pattern, r.permission)
		}
	}
	for _, name := range readCmdlets {
		if !strings.HasPrefix(name, "Get-") {
			t.Errorf("%s does not read", name)
		}
	}
}
