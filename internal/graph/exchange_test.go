package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/tenant"
)

var mailboxes = Cmdlet{
	Name:       "Get-Mailbox",
	Parameters: map[string]any{"RecipientTypeDetails": []string{"SharedMailbox", "RoomMailbox"}, "ResultSize": "Unlimited"},
	Select:     []string{"Guid", "RecipientTypeDetails"},
}

// TestCmdletPagesByTheSameRequest: each page is fetched by posting the same
// body and headers to the address of the page before.
func TestCmdletPagesByTheSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 1)
		type request struct{ URL, Body, Anchor, Prefer, Cmdlet string }
		var sent []request
		w.handler = func(w *world, req *http.Request, body []byte) (int, http.Header, string) {
			sent = append(sent, request{req.URL.RequestURI(), string(body), req.Header.Get("X-AnchorMailbox"), req.Header.Get("Prefer"), req.Header.Get("X-CmdletName")})
			if w.n < 3 {
				return 200, nil, fmt.Sprintf(`{"@adminapi.warnings":["careful"],"value":[{"Guid":"g%d"}],"@odata.nextLink":"%s?$skiptoken=%d"}`, w.n, invokeURL, w.n)
			}
			return 200, nil, `{"@adminapi.warnings":[],"value":[]}`
		}
		var got, said []string
		err := w.reader(t).Cmdlet(t.Context(), mailboxes, "", func(p Page) error {
			for _, item := range p.Items {
				got = append(got, string(item))
			}
			said = append(said, p.Warnings...)
			return nil
		})
		if err != nil || !slices.Equal(got, []string{`{"Guid":"g1"}`, `{"Guid":"g2"}`}) || !slices.Equal(said, []string{"careful", "careful"}) {
			t.Errorf("got %v, warnings %v, %v", got, said, err)
		}
		const body = `{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"RecipientTypeDetails":["SharedMailbox","RoomMailbox"],"ResultSize":"Unlimited"}}}`
		const anchor = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@" + testTenant
		path := strings.TrimPrefix(invokeURL, testAdmin)
		var want []request
		for _, query := range []string{"?$select=Guid,RecipientTypeDetails", "?$skiptoken=1", "?$skiptoken=2"} {
			want = append(want, request{path + query, body, anchor, "odata.maxpagesize=1000", "Get-Mailbox"})
		}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCmdletErrors(t *testing.T) {
	detail := func(text string) string {
		return fmt.Sprintf(`{"error":{"code":"NotFound","message":"Error executing cmdlet","details":[{"message":%q,"target":"x"}],"innererror":{"message":"x","internalException":{"message":"other"}}}}`, text)
	}
	for _, c := range []struct {
		status          int
		body            string
		want            Kind
		code, permitted string
	}{
		{404, detail("Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be performed"), NotFound, "ManagementObjectNotFoundException", ""},
		{400, detail("Ex94914C|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|gone"), NotFound, "ManagementObjectNotFoundException", ""},
		{403, detail("|System.Management.Automation.CommandNotFoundException|The term isn't recognized"), NotPermitted, "CommandNotFoundException", manageAsApp},
		{401, ``, NotPermitted, "", manageAsApp},
		{403, `{"error":{"code":"Forbidden","message":"no"}}`, NotPermitted, "Forbidden", manageAsApp},
		{400, `{"error":{"code":"BadRequest","message":"The word ManagementObjectNotFoundException in a text means nothing"}}`, BadRequest, "BadRequest", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(1, 1)
			w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return c.status, nil, c.body }
			err := w.reader(t).Cmdlet(t.Context(), mailboxes, "", func(Page) error { return nil })
			e := asError(t, err)
			if e.Kind != c.want || e.Code != c.code || e.Permission != c.permitted || e.Path != "InvokeCommand Get-Mailbox" {
				t.Errorf("%d %s: got %+v", c.status, c.body, e)
			}
		})
	}
}

// TestCmdletsThatMeanEverythingAreRefused: an empty identity lists every
// member of every group, so nothing empty is sent.
func TestCmdletsThatMeanEverythingAreRefused(t *testing.T) {
	w := newWorld(1, 1)
	r := w.reader(t)
	for _, c := range []Cmdlet{
		{Name: "Get-RoleGroupMember", Parameters: map[string]any{"Identity": ""}},
		{Name: "Get-RoleGroupMember", Parameters: map[string]any{"Identity": nil}},
		{Name: "Set-Mailbox", Parameters: map[string]any{"Identity": "a", "GrantSendOnBehalfTo": Hashtable(nil, []string{"x"})}},
		{Name: "Get-Mailbox", Service: tenant.Graph},
		{Name: "Get-Mailbox", Parameters: map[string]any{"x": func() {}}},
	} {
		if err := r.Cmdlet(t.Context(), c, "", func(Page) error { return nil }); err == nil {
			t.Errorf("%+v was sent", c)
		}
	}
	if w.n != 0 {
		t.Errorf("%d requests", w.n)
	}
}

func TestCmdlets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 1)
		w.handler = func(_ *world, req *http.Request, _ []byte) (int, http.Header, string) {
			if req.Header.Get("CommandName") != "*" || !strings.HasSuffix(req.URL.RequestURI(), "/adminapi/v1.0/"+testTenant+"/EXOModuleFile?Version=3.9.2") {
				return 500, nil, ""
			}
			return 200, nil, `{"value":[{"name":"a","exportedCmdlets":"Get-Mailbox, Get-CASMailbox,"},{"exportedCmdlets":"Get-Mailbox"}]}`
		}
		got, err := w.reader(t).Cmdlets(t.Context())
		if err != nil || !slices.Equal(got, []string{"Get-CASMailbox", "Get-Mailbox"}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// TestComplianceAsksItsRegionOnce, and never sends the token to a host that is
// not one label below the service's.
func TestComplianceAsksItsRegionOnce(t *testing.T) {
	for location, want := range map[string]string{
		"https://eur01b.ps.compliance.example.com:446/x?BearerToken=1": "eur01b.ps.compliance.example.com",
		"https://ps.compliance.example.com/x":                          "ps.compliance.example.com",
		"":                                                             "ps.compliance.example.com",
		"https://eur01b.evil.example.net/x":                            "malformed",
		"https://a.b.ps.compliance.example.com/x":                      "malformed",
		"http://eur01b.ps.compliance.example.com/x":                    "malformed",
		"https://evil.example.net/https://eur01b.ps.compliance.example.com": "malformed",
		"%zz": "malformed",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(1, 1)
			asked, host := 0, ""
			w.handler = func(_ *world, req *http.Request, _ []byte) (int, http.Header, string) {
				if req.Method == get {
					asked++
					if location == "" {
						return 200, nil, "{}"
					}
					return 302, http.Header{"Location": {location}}, ""
				}
				host = req.URL.Host
				return 200, nil, `{"value":[]}`
			}
			r := w.reader(t)
			var err error
			for range 2 {
				err = r.Cmdlet(t.Context(), Cmdlet{Name: "Get-RoleGroup", Service: tenant.Compliance}, "", func(Page) error { return nil })
			}
			switch {
			case want == "malformed":
				wantKind(t, err, Malformed)
				if w.foreign > 0 {
					t.Error("the token went elsewhere")
				}
			case err != nil || host != want || asked != 1:
				t.Errorf("%s: went to %q, asked %d times, %v", location, host, asked, err)
			}
		})
	}
}

func TestPurposes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bodies := map[string]string{
			"a": `{"status":200,"body":{"userPurpose":"shared"}}`,
			"b": `{"status":200,"body":{"userPurpose":{"value":"room"}}}`,
			"c": `{"status":404,"body":{"error":{"code":"MailboxNotEnabledForRESTAPI"}}}`,
			"d": `{"status":404,"body":{"error":{"code":"ResourceNotFound"}}}`,
			"e": `{"status":403,"body":{"error":{"code":"ErrorAccessDenied"}}}`,
			"f": `{"status":200,"body":{"userPurpose":null}}`,
			"g": `{"status":200,"body":{}}`,
			"h": `{"status":200,"body":{"userPurpose":7}}`,
			"i": `{"status":200,"body":{"userPurpose":"somethingNew"}}`,
		}
		w := newWorld(1, 1)
		w.handler = func(_ *world, _ *http.Request, body []byte) (int, http.Header, string) {
			var in batchRequest
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			var out []string
			for _, p := range in.Requests {
				id := strings.Split(p.URL, "/")[2]
				out = append(out, strings.Replace(bodies[id], "{", fmt.Sprintf(`{"id":%q,`, p.ID), 1))
			}
			return 200, nil, `{"responses":[` + strings.Join(out, ",") + `]}`
		}
		got := map[string]string{}
		err := w.reader(t).Purposes(t.Context(), []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, func(id, purpose string, err error) error {
			got[id] = purpose
			if err != nil {
				got[id] = string(asError(t, err).Kind)
			}
			return nil
		})
		want := map[string]string{
			"a": "shared", "b": "room", "c": "no_mailbox", "d": "no_mailbox", "e": "not_permitted", "f": "malformed", "g": "malformed",
			"h": "malformed", "i": "somethingNew",
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if len(PurposeLoss()) == 0 {
			t.Error("nothing is lost without Exchange?")
		}
	})
}
