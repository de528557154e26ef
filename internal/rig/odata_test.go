package rig

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSelectAndDefaults(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true})
	first := c.get("/v1.0/users").values()[0]
	for _, name := range first.fieldNames() {
		if !slices.Contains(defaultUser, name) {
			t.Errorf("%s comes without $select", name)
		}
	}
	got := c.get("/v1.0/users?$select=id,accountEnabled&$top=1").values()[0].fieldNames()
	if !slices.Equal(got, []string{"id", "accountEnabled"}) {
		t.Errorf("selected %q", got)
	}
	c.fails(http.MethodGet, "/v1.0/users?$select=id,nickname", nil, http.StatusBadRequest, "Request_BadRequest")
	c.fails(http.MethodGet, "/v1.0/users?$top=1000", nil, http.StatusBadRequest, "Request_BadRequest")
	c.fails(http.MethodGet, "/v1.0/users?$select=id,signInActivity&$top=501", nil, http.StatusBadRequest, "Request_BadRequest")
	c.fails(http.MethodGet, "/v1.0/users?$skip=10", nil, http.StatusBadRequest, "Request_BadRequest")
	c.fails(http.MethodGet, "/v1.0/users?$select=id,mailboxSettings", nil, http.StatusNotImplemented, "NotImplemented")
}

func TestFilters(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{Unlimited: true})
	count := func(want func(Object) bool) int {
		n := 0
		for _, o := range c.s.state.Primary().All(Users) {
			if want(o) {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		filter string
		want   func(Object) bool
	}{
		{"accountEnabled eq false", func(o Object) bool { return !o.True("accountEnabled") }},
		{"userType eq 'Guest' and accountEnabled eq true", func(o Object) bool { return o.Text("userType") == "Guest" && o.True("accountEnabled") }},
		{"startswith(userPrincipalName,'A') or startsWith(userPrincipalName,'b')", func(o Object) bool {
			upn := strings.ToLower(o.Text("userPrincipalName"))
			return strings.HasPrefix(upn, "a") || strings.HasPrefix(upn, "b")
		}},
		{"(createdDateTime ge 2025-06-01T00:00:00Z) and createdDateTime lt 2026-01-01T00:00:00Z", func(o Object) bool {
			at := o.Text("createdDateTime")
			return at >= "2025-06-01" && at < "2026-01-01"
		}},
		{"assignedLicenses/any()", func(o Object) bool { return len(o.Items("assignedLicenses")) > 0 }},
		{"employeeId eq null", func(o Object) bool { raw, _ := o.Field("employeeId"); return raw == nil || string(raw) == "null" }},
		{"userPrincipalName in ('nobody@contoso.com', 'x')", func(Object) bool { return false }},
	} {
		got := c.all("/v1.0/users?$select=id&$top=37&$filter=" + strings.ReplaceAll(test.filter, " ", "+"))
		if want := count(test.want); len(got) != want || want == 0 && !strings.Contains(test.filter, "nobody") {
			t.Errorf("%s: got %d, want %d", test.filter, len(got), want)
		}
	}
}

// Source: the page "Advanced query capabilities on Microsoft Entra ID objects".
func TestAdvancedQueriesNeedTheHeader(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true})
	for _, query := range []string{
		"$filter=accountEnabled+ne+true", "$filter=not(startswith(displayName,'a'))", "$filter=endswith(userPrincipalName,'x')",
		"$filter=assignedLicenses/$count+eq+0", "$filter=accountEnabled+eq+true&$orderby=displayName", "$count=true",
	} {
		path := "/v1.0/users?$select=id&" + query
		c.fails(http.MethodGet, path, nil, http.StatusBadRequest, "Request_UnsupportedQuery")
		c.header.Set("ConsistencyLevel", "eventual")
		if !strings.Contains(query, "$count=true") {
			path += "&$count=true"
		}
		got := c.get(path)
		if raw, ok := Object(got.body).Field("@odata.count"); !ok || string(raw) == "0" && strings.Contains(query, "true") {
			t.Errorf("%s: count is %s", query, raw)
		}
		c.header.Del("ConsistencyLevel")
	}
	c.fails(http.MethodGet, "/v1.0/users/$count", nil, http.StatusBadRequest, "Request_UnsupportedQuery")
}

func TestFiltersOnActivityStandAlone(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true})
	c.get("/v1.0/users?$select=id&$filter=signInActivity/lastSignInDateTime+le+2025-01-01T00:00:00Z")
	c.fails(http.MethodGet, "/v1.0/users?$filter=signInActivity/lastSignInDateTime+le+2025-01-01T00:00:00Z+and+accountEnabled+eq+true", nil,
		http.StatusBadRequest, "Request_BadRequest")
	user := c.aUser(enabledMember)
	c.get("/v1.0/users/" + user.Text("id") + "?$select=signInActivity")
	c.fails(http.MethodGet, "/v1.0/users/"+user.Text("userPrincipalName")+"?$select=signInActivity", nil, http.StatusBadRequest, "Request_BadRequest")
}

func TestExpand(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{Unlimited: true})
	managers, roles := 0, 0
	for _, o := range c.all("/v1.0/users?$select=id,displayName&$expand=manager($select=id,displayName)&$top=999") {
		inner, ok := o.Field("manager")
		if ok {
			managers++
			if names := Object(inner).fieldNames(); !slices.Equal(names, []string{"@odata.type", "displayName", "id"}) {
				t.Fatalf("the manager shows %q", names)
			}
		}
	}
	for _, o := range c.all("/v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition") {
		inner, _ := o.Field("roleDefinition")
		if Object(inner).Text("displayName") != "" {
			roles++
		}
	}
	for _, o := range c.all("/v1.0/roleManagement/directory/roleAssignments?$expand=principal") {
		inner, _ := o.Field("principal")
		if !strings.HasPrefix(Object(inner).Text("@odata.type"), "#microsoft.graph.") {
			t.Errorf("the principal of %s is %s", o, inner)
		}
	}
	if managers == 0 || roles == 0 {
		t.Errorf("%d managers and %d role definitions", managers, roles)
	}
}

// A naive evaluation of the same comparison must agree.
func TestComparisonsAgreeWithAPlainReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := rapid.StringMatching(`[a-c']{0,3}`).Draw(t, "have"), rapid.StringMatching(`[a-c']{0,3}`).Draw(t, "want")
		o := Object(`{}`).With(Patch{"displayName": quoted(have)})
		for op, holds := range map[string]bool{
			"eq": have == want, "ne": have != want, "gt": have > want, "ge": have >= want, "lt": have < want, "le": have <= want,
		} {
			text := "displayName " + op + " '" + strings.ReplaceAll(want, "'", "''") + "'"
			f, _, err := parseFilter(text, schemaV1(), "user")
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if f(scope{object: o}) != holds {
				t.Errorf("%s of %q: want %v", text, have, holds)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		"accountEnabled eq true", "not (a eq 'x')", "assignedLicenses/any(l:l/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)",
		"assignedLicenses/$count eq 0", "displayName in ('a','b''c')", "startswith(displayName,'x') and (userType eq null or id lt '5')",
		"((((", "any(", "x/any(:", "'", "displayName eq", "not not not displayName eq 1", "proxyAddresses/all(p:startsWith(p,'smtp:'))",
	} {
		f.Add(text)
	}
	o := Object(`{"displayName":"x","assignedLicenses":[{"skuId":"1"}],"accountEnabled":true,"proxyAddresses":["smtp:a"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, used, err := parseFilter(text, schemaV1(), "user")
		if (p == nil) != (err != nil) {
			t.Fatalf("filter %v and error %v", p != nil, err)
		}
		if err != nil {
			return
		}
		first := p(scope{object: o})
		again, usedAgain, err := parseFilter(text, schemaV1(), "user")
		if err != nil || again(scope{object: o}) != first || used.advanced != usedAgain.advanced {
			t.Fatalf("%q read twice differs", text)
		}
	})
}

func FuzzPageToken(f *testing.F) {
	f.Add(cursor{place: 999, about: 1}.token())
	f.Add(cursor{place: 5, about: 7, times: 1}.token())
	f.Add(deltaToken{writes: 4, at: noon}.text())
	f.Add("cgAA")
	f.Fuzz(func(t *testing.T, text string) {
		if u, ok := readCursor(text); ok && u.token() != text {
			t.Errorf("%q is read and written as %q", text, u.token())
		}
		if d, ok := readDelta(text); ok && d.text() != text {
			t.Errorf("%q is read and written as %q", text, d.text())
		}
	})
}
