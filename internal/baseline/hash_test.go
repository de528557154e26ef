package baseline

import (
	"fmt"
	"testing"

	"vakt/internal/extract"

	"pgregory.net/rapid"
)

func TestHashIsOfMeaning(t *testing.T) {
	same := func(a, b string) {
		t.Helper()
		if parsed(t, a).Hash() != parsed(t, b).Hash() {
			t.Errorf("hashes differ:\n%s\n%s", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if parsed(t, a).Hash() == parsed(t, b).Hash() {
			t.Errorf("hashes are equal:\n%s\n%s", a, b)
		}
	}
	same("", "# nothing\n")
	same("", "spray_window: 15m # the default, spelt out")
	same("spray_window: 168h", "spray_window: 7d")
	same("approved_countries: [SE, NO]", "approved_countries:\n- 'no' # by hand\n- {value: se, note: home}")
	same("holidays: {SE: [12-25, 12-26], NO: 05-17}", "holidays: {no: [05-17], se: [12-26, 12-25]}")
	same("mfa_attempt_threshold: 3", "mfa_attempt_threshold: {user: 3, admin: 3}")
	same("travel_speed_kmh: 900.0", "travel_speed_kmh: 900")

	differ("", "spray_window: 16m")
	differ("", "approved_provisioning_apps: []")
	differ("", "accepted_domains: []")
	differ("approved_countries: [SE]", "privileged_countries: [SE]")
	differ("vip_users: [a@contoso.com]", "vip_users: [{value: a@contoso.com, until: 2027-01-31}]")
	differ("vip_users: [{value: a@contoso.com, until: 2027-01-30}]", "vip_users: [{value: a@contoso.com, until: 2027-01-31}]")
	differ("vip_users: []", "vip_users: [{group: "+board+"}]")
	differ("mfa_attempt_threshold: 3", "mfa_attempt_threshold: {user: 3, admin: 1}")
	differ("holidays: {SE: 12-25}", "holidays: {NO: 12-25}")
	differ("upn_regex_user: a", "upn_regex_admin: a")
}

func TestHashIsOfTheDirectoryToo(t *testing.T) {
	b := parsed(t, "vip_users: [{group: "+board+"}]")
	hashes := map[string]string{}
	for name, lists := range map[string]map[string][]string{
		"empty":   {},
		"nobody":  {"guests": {}},
		"guest":   {"guests": {"a"}},
		"members": {"group:" + board: {"a"}},
	} {
		h := b.WithDirectory(lists).Hash()
		if other, ok := hashes[h]; ok {
			t.Errorf("directories %q and %q give the same hash", name, other)
		}
		hashes[h] = name
	}
	ab, ba := map[string][]string{"guests": {"a", "B"}}, map[string][]string{"guests": {"b", "A", "a"}}
	if b.WithDirectory(ab).Hash() != b.WithDirectory(ba).Hash() {
		t.Error("the order of a directory's list counts")
	}
	unused := map[string][]string{"group:" + admin: {"a"}}
	if b.WithDirectory(unused).Hash() != b.WithDirectory(map[string][]string{}).Hash() {
		t.Error("a group that no list names counts")
	}
}

// TestHashedContent pins what of each form of value goes into the hash.
func TestHashedContent(t *testing.T) {
	b := parsed(t, `
approved_countries: [SE, {value: NO, note: till the office closes, until: 2027-01-31}]
accepted_domains: []
spray_window: 60m
spray_distinct_users: 12
travel_min_km: 0.50
mfa_attempt_threshold: {user: 4, admin: 2}
upn_regex_admin: ^adm_
legacy_auth_disabled: 2026-03-01
holidays: {SE: [12-25, 06-06]}
`)
	for name, want := range map[string]string{
		"approved_countries":    `{"field":"","items":[["NO",1801440000],["SE",0]],"unread":""}`,
		"accepted_domains":      `{"field":"","items":[],"unread":""}`,
		"guests":                `{"field":"","items":[],"unread":"needs --directory DIR"}`,
		"spray_window":          `"1h"`,
		"spray_distinct_users":  `12`,
		"travel_min_km":         `0.5`,
		"mfa_attempt_threshold": `{"admin":["2"],"user":["4"]}`,
		"upn_regex_admin":       `"^adm_"`,
		"legacy_auth_disabled":  `"2026-03-01"`,
		"holidays":              `{"SE":["06-06","12-25"]}`,
		"business_hours":        `{}`,
	} {
		p, _ := lookup(name)
		if got := string(extract.AppendCanonical(nil, b.content(p))); got != want {
			t.Errorf("%s is hashed as %s, want %s", name, got, want)
		}
	}
}

// TestDurationsRoundTrip: a duration is kept in one spelling, whatever was written.
func TestDurationsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(1, 3660*24*3600).Draw(t, "seconds")
		form := rapid.SampledFrom([]string{"%ds", "0d%ds", "0h%ds"}).Draw(t, "form")
		text, err := checkDuration(fmt.Sprintf(form, seconds))
		if err != nil {
			t.Fatal(err)
		}
		d, err := parseDuration(text)
		if err != nil || int64(d.Seconds()) != seconds {
			t.Fatalf("%d seconds are kept as %q, read as %v, %v", seconds, text, d, err)
		}
		if again, err := checkDuration(text); err != nil || again != text {
			t.Fatalf("%q is kept as %q, %v", text, again, err)
		}
	})
}
