package rig

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"vakt/internal/sim"
)

func TestPagingGivesEverythingOnce(t *testing.T) {
	c := dial(t, "small-business", 400, ServerOptions{Unlimited: true})
	for _, path := range []string{
		"/v1.0/users?$select=id", "/v1.0/users?$select=id&$top=7", "/v1.0/users?$select=id,signInActivity&$top=100",
		"/v1.0/users?$select=id&$orderby=displayName&$top=13", "/v1.0/users?$select=id&$top=399", "/v1.0/users?$select=id&$top=400",
	} {
		var ids []string
		for _, o := range c.all(path) {
			ids = append(ids, o.Text("id"))
		}
		slices.Sort(ids)
		if len(ids) != 400 || len(slices.Compact(ids)) != 400 {
			t.Errorf("%s: %d ids", path, len(ids))
		}
	}
}

func TestPageTokensAreForOneRequest(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true})
	next := c.get("/v1.0/users?$select=id&$top=5").next()
	c.fails(http.MethodGet, strings.Replace(next, "select=id", "select=displayName", 1), nil, http.StatusBadRequest, "Request_BadRequest")
	c.fails(http.MethodGet, next+"x", nil, http.StatusBadRequest, "Request_BadRequest")
	if c.get(next).next() == next {
		t.Error("a page leads to itself")
	}
}

// What a loaded tenant does not have is refused, never empty; what it has in
// part never comes to an end.
func TestAbsentAndPartialPartsAreNoEmptyLists(t *testing.T) {
	now := &clock{now: noon}
	state, _, err := Generate(scene(t, "small-business", 0), Options{Clock: now.time, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	state.tables[Groups].state, state.tables[Groups].rows = Absent, nil
	state.tables[Users].state = Partial
	state.tables[Mailboxes].state = Partial
	state.tables[CASMailboxes].state = Absent
	c := dialState(t, state, now, ServerOptions{Unlimited: true})
	c.fails(http.MethodGet, "/v1.0/groups", nil, http.StatusForbidden, "Authorization_RequestDenied")
	seen := 0
	path := "/v1.0/users?$select=id&$top=999"
	for range 3 {
		got := c.send(http.MethodGet, path, nil)
		seen += len(got.values())
		if path = got.next(); got.status != http.StatusOK {
			break
		}
	}
	if path != "" || seen != state.Primary().Len(Users) {
		t.Errorf("a partial list gave %d users, then %q", seen, path)
	}
	if got := c.send(http.MethodGet, "/v1.0/users?$select=id&$top=999", nil); got.next() == "" {
		t.Error("a partial list ends like a whole one")
	}
	if got := c.tryCmdlet("Get-CASMailbox", nil); got.status != http.StatusForbidden {
		t.Errorf("Get-CASMailbox of an absent part: %d", got.status)
	}
	if got := c.tryCmdlet("Get-Mailbox", nil); got.next() == "" {
		t.Error("a partial Get-Mailbox ends like a whole one")
	}
}

func TestLogsComeNewestFirst(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true})
	all := c.all("/v1.0/auditLogs/signIns?$top=500")
	if len(all) < 100 {
		t.Fatalf("%d sign-ins", len(all))
	}
	for i := 1; i < len(all); i++ {
		if all[i-1].Text("createdDateTime") < all[i].Text("createdDateTime") {
			t.Fatalf("%s before %s", all[i-1].Text("createdDateTime"), all[i].Text("createdDateTime"))
		}
	}
	if rec, err := sim.ParseRecord(all[0]); err != nil || rec.Log != sim.SignIn {
		t.Errorf("the first is no sign-in: %v", err)
	}
	since := "2026-05-01T00:00:00Z"
	for _, o := range c.all("/beta/auditLogs/signIns?$filter=createdDateTime+ge+" + since + "+and+createdDateTime+lt+2026-05-02T00:00:00Z") {
		if at := o.Text("createdDateTime"); at < since || at >= "2026-05-02" {
			t.Errorf("%s is outside of the filter", at)
		}
	}
}

func TestDelta(t *testing.T) {
	c := dial(t, "small-business", 400, ServerOptions{Unlimited: true})
	path, seen, link := "/v1.0/users/delta?$select=accountEnabled", 0, ""
	for path != "" {
		got := c.get(path)
		seen += len(got.values())
		link, path = Object(got.body).Text("@odata.deltaLink"), got.next()
	}
	if seen != 400 || link == "" {
		t.Fatalf("the first round gave %d users and the link %q", seen, link)
	}
	if got := c.get(link).values(); len(got) != 0 {
		t.Errorf("nothing changed, and the round holds %s", got)
	}
	user := c.aUser(enabledMember)
	c.send(http.MethodPatch, "/v1.0/users/"+user.Text("id"), `{"accountEnabled":false}`)
	got := c.get(link).values()
	if len(got) != 1 || got[0].Text("id") != user.Text("id") || got[0].True("accountEnabled") {
		t.Errorf("after a block the round holds %s", got)
	}
	c.send(http.MethodDelete, "/v1.0/users/"+user.Text("id"), nil)
	got = c.get(link).values()
	if len(got) != 1 || !strings.Contains(string(got[0]), `"@removed":{"reason":"changed"}`) {
		t.Errorf("after a deletion the round holds %s", got)
	}
	c.now.add(8 * 24 * 3600 * 1e9)
	c.signIn()
	if gone := c.send(http.MethodGet, link, nil); gone.status != http.StatusGone || gone.header.Get("Location") == "" {
		t.Errorf("a link of eight days: %d, Location %q", gone.status, gone.header.Get("Location"))
	}
}
