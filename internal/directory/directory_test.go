package directory_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
)

const (
	users       = `{"value":[{"id":"AAAA","userType":"Guest","accountEnabled":true},{"id":"bbbb","userType":"Member","accountEnabled":false},{"id":"cccc","accountEnabled":null}]}`
	mailboxes   = `[{"ExternalDirectoryObjectId":"BBBB","RecipientTypeDetails":"SharedMailbox"},{"ExternalDirectoryObjectId":"cccc","RecipientTypeDetails":"UserMailbox"},{"ExternalDirectoryObjectId":"","RecipientTypeDetails":"RoomMailbox"}]`
	assignments = `{"value":[{"principalId":"cccc","roleDefinitionId":"R1"},{"principalId":"g1","roleDefinitionId":"r2"}]}`
	eligible    = `{"value":[{"principalId":"dddd","roleDefinitionId":"r1"}]}`
	groups      = `{"value":[{"id":"G1","members":[{"@odata.type":"#microsoft.graph.user","id":"EEEE"},{"@odata.type":"#microsoft.graph.device","id":"ffff"}]},{"id":"g2","members":[]}]}`
	domains     = `{"value":[{"id":"contoso.com","isVerified":true},{"id":"soon.example.com","isVerified":false}]}`
)

func folder(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func whole() map[string]string {
	return map[string]string{
		"users.json": users, "mailboxes.json": mailboxes, "roleAssignments.json": assignments,
		"roleEligibilitySchedules.json": eligible, "groups.json": groups, "domains.json": domains,
		"manifest.json": `{"tenant":"1111","taken":"2026-03-02T08:00:00Z","parts":{"users.json":{"state":"complete","count":3},"mailboxes.json":{"state":"complete"},
			"roleAssignments.json":{"state":"complete"},"roleEligibilitySchedules.json":{"state":"complete"},"groups.json":{"state":"complete"},"domains.json":{"state":"complete"}}}`,
	}
}

func TestLists(t *testing.T) {
	d, err := directory.Open(folder(whole()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"guests": {"aaaa"}, "disabled_accounts": {"bbbb"}, "resource_accounts": {"bbbb"}, "accepted_domains": {"contoso.com"}, "home_tenant_id": {"1111"},
		"privileged_users": {"cccc", "dddd", "eeee"}, "role:r1": {"cccc", "dddd"}, "role:r2": {"eeee"}, "group:g1": {"eeee"}, "group:g2": {}, "teams_rooms": {},
	}
	if diff := cmp.Diff(want, d.Lists()); diff != "" {
		t.Error(diff)
	}
	if m := d.Missing(); len(m) != 0 {
		t.Errorf("missing: %v", m)
	}
}

// What was not looked at is no list, and never an empty one.
func TestPartNotLookedAtIsNoList(t *testing.T) {
	f := func(change func(map[string]string), lost []string, missing ...directory.Missing) {
		t.Helper()
		files := whole()
		change(files)
		d, err := directory.Open(folder(files))
		if err != nil {
			t.Fatal(err)
		}
		lists := d.Lists()
		for _, name := range lost {
			if list, ok := lists[name]; ok {
				t.Errorf("%s is %v", name, list)
			}
		}
		if diff := cmp.Diff(missing, d.Missing()); diff != "" {
			t.Error(diff)
		}
	}
	const unnamed = "the manifest does not name it"
	admins := []string{"privileged_users", "role:r1"}
	f(func(m map[string]string) {
		m["manifest.json"] = `{"parts":{"mailboxes.json":{"state":"partial","why":"403 from Exchange"}}}`
	},
		append(admins, "guests", "disabled_accounts", "resource_accounts", "accepted_domains", "home_tenant_id"),
		directory.Missing{Part: "domains.json", Why: unnamed}, directory.Missing{Part: "groups.json", Why: unnamed}, directory.Missing{Part: "mailboxes.json", Why: "403 from Exchange"},
		directory.Missing{Part: "roleAssignments.json", Why: unnamed}, directory.Missing{Part: "roleEligibilitySchedules.json", Why: unnamed}, directory.Missing{Part: "users.json", Why: unnamed})
	f(func(m map[string]string) { delete(m, "roleEligibilitySchedules.json") }, admins, directory.Missing{Part: "roleEligibilitySchedules.json", Why: "the manifest names it, but there is no such file"})
	f(func(m map[string]string) { delete(m, "manifest.json"); delete(m, "groups.json") }, append(admins, "home_tenant_id"), directory.Missing{Part: "groups.json", Why: "absent"})
	f(func(m map[string]string) { m["users.json"] = `{"value":[]}` }, []string{"guests"}, directory.Missing{Part: "users.json", Why: "0 items, the manifest says 3"})
	f(func(m map[string]string) {
		m["domains.json"] = `{"value":[],"@odata.nextLink":"https://graph.microsoft.com/v1.0/domains?$skiptoken=x"}`
	},
		[]string{"accepted_domains"}, directory.Missing{Part: "domains.json", Why: "partial: the list has a next page"})
	f(func(m map[string]string) { m["mailboxes.json"] = `{"error":{"code":"Forbidden"}}` }, []string{"resource_accounts"}, directory.Missing{Part: "mailboxes.json", Why: `holds the error "Forbidden"`})
	f(func(m map[string]string) { m["mailboxes.json"] = `{"value":[` }, []string{"resource_accounts"}, directory.Missing{Part: "mailboxes.json", Why: "broken: it ends in the middle"})
}

func TestOpenRefuses(t *testing.T) {
	f := func(files map[string]string, want string) {
		t.Helper()
		if _, err := directory.Open(folder(files)); err == nil || err.Error() != want {
			t.Errorf("Open = %v, want %s", err, want)
		}
	}
	f(map[string]string{"other.json": "{}"}, "no manifest.json, users.json, mailboxes.json or roleAssignments.json in it: give a folder written by `vakt scan --export`")
	f(map[string]string{"manifest.json": "{"}, "manifest.json: unexpected end of JSON input")
	f(map[string]string{"manifest.json": "{}"}, "manifest.json names no parts")
}

func FuzzLists(f *testing.F) {
	f.Add(users, mailboxes, groups)
	f.Add(`[]`, `{}`, `null`)
	f.Fuzz(func(t *testing.T, u, m, g string) {
		d, err := directory.Open(folder(map[string]string{"users.json": u, "mailboxes.json": m, "groups.json": g}))
		if err != nil {
			t.Fatal(err)
		}
		for name, list := range d.Lists() {
			if list == nil {
				t.Fatalf("list %s is nil", name)
			}
		}
	})
}
