package rig

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// fuzzed is a small tenant and a token for it.
func fuzzed(f *testing.F) (s *Server, token string) {
	f.Helper()
	state, _, err := Generate(scene(f, "small-business", 10), testOptions(1))
	if err != nil {
		f.Fatal(err)
	}
	app := allPowers()
	s = Handler(state, ServerOptions{Apps: []App{app}, Unlimited: true})
	c := &client{t: f, s: s, header: http.Header{}}
	return s, c.tokenFor(app, graphHost)
}

// Whatever a query says, the answer is JSON, and holds what the type has.
func FuzzQuery(f *testing.F) {
	s, token := fuzzed(f)
	for _, query := range []string{
		"$select=id,displayName&$top=3", "$filter=startswith(displayName,'a')&$count=true", "$expand=manager($select=id)", "$orderby=displayName desc",
		"$skiptoken=cgAA", "$deltatoken=latest", "$select=&$top=-1", "$expand=manager(", "$filter=%00", "%zz",
	} {
		f.Add("/users", query)
		f.Add("/users/delta", query)
		f.Add("/roleManagement/directory/roleAssignments", query)
	}
	f.Add("/users('x')/manager", "")
	f.Add("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')", "$select=appRoles")
	f.Fuzz(func(t *testing.T, path, query string) {
		c := &client{t: t, s: s, token: token, header: http.Header{"Consistencylevel": {"eventual"}}}
		address := graphHost + "/v1.0" + path + "?" + query
		if u, err := url.Parse(address); err != nil || "https://"+u.Host != graphHost {
			t.Skip("no address of this host")
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Skip("no address")
		}
		r.Header = c.header
		r.Header.Set("Authorization", "Bearer "+token)
		got := c.do(r)
		if kind := got.header.Get("Content-Type"); got.err != nil || kind != "application/xml" && kind != "text/plain" && !json.Valid(got.body) {
			t.Errorf("%s: %d %v %.200s", address, got.status, got.err, got.body)
		}
		if got.status == http.StatusOK && path == "/users" {
			if found := CheckBody("v1.0", "user", got.body); len(found) > 0 {
				t.Errorf("%s: %q", address, found)
			}
		}
	})
}

// Every part of a batch is answered once, or the batch is refused whole.
func FuzzBatch(f *testing.F) {
	s, token := fuzzed(f)
	for _, body := range []string{
		`{"requests":[{"id":"1","method":"GET","url":"/users?$top=1"},{"id":"2","method":"GET","url":"users/x","dependsOn":["1"]}]}`,
		`{"requests":[{"id":"1","method":"PATCH","url":"/users/x","headers":{"content-type":"application/json"},"body":{"accountEnabled":false}}]}`,
		`{"requests":[{"id":"a","method":"","url":"?"},{"id":"b","method":"get","url":"//"}]}`, `{"requests":[]}`, `{`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := &client{t: t, s: s, token: token, header: http.Header{}}
		got := c.send(http.MethodPost, "/v1.0/$batch", body)
		if got.status != http.StatusOK {
			return
		}
		var in struct{ Requests []struct{ ID string } }
		var out struct{ Responses []struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &in); err != nil {
			t.Fatalf("%q was answered, and is no batch: %v", body, err)
		}
		if err := json.Unmarshal(got.body, &out); err != nil || len(out.Responses) != len(in.Requests) {
			t.Fatalf("%d requests got %d answers: %v", len(in.Requests), len(out.Responses), err)
		}
		for _, r := range in.Requests {
			n := 0
			for _, a := range out.Responses {
				if a.ID == r.ID {
					n++
				}
			}
			if n != 1 {
				t.Errorf("request %q got %d answers", r.ID, n)
			}
		}
	})
}
