package sim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const peopled = `name: x
title: A test
tenant: {name: contoso, id: 11111111-2222-3333-4444-555555555555, domain: contoso.com, accounts: 100}
start: 2026-03-02T00:00:00Z
days: 1
life: {signins_per_account_per_day: 2, failure_rate: 0.1, noninteractive_share: 0.5, audits_per_day: 5, mailbox_records_per_day: 5}
directory:
  licence: p1
  objects: {forgotten_shared: 20, teams_room: 3, leaver: 0}
`

func TestDirectoryLeavesTheRestToPeople(t *testing.T) {
	s, err := parseScenario("x.yml", []byte(peopled))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.People(); got != 77 {
		t.Errorf("%d people of 100", got)
	}
	for n, want := range map[int][3]int{1000: {200, 30, 0}, 50: {10, 2, 0}, 10: {2, 1, 0}} {
		resized, err := s.WithAccounts(n)
		if err != nil {
			t.Fatal(err)
		}
		c := resized.Counts()
		if got := [3]int{c["forgotten_shared"], c["teams_room"], c["leaver"]}; got != want {
			t.Errorf("of %d accounts: %v, want %v", n, got, want)
		}
	}
}

// Whoever stands in the logs is one of the accounts that Accounts gives.
func TestAccountsAreThoseOfTheLogs(t *testing.T) {
	s, err := parseScenario("x.yml", []byte(peopled))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]Account{}
	at := s.Accounts(5)
	for place := range s.People() {
		a := at(place)
		known[a.ID] = a
	}
	n := 0
	for rec := range s.Generate(5) {
		if rec.Log != SignIn {
			continue
		}
		var r struct{ UserID, UserPrincipalName, UserDisplayName string }
		if err := json.Unmarshal(rec.JSON, &r); err != nil {
			t.Fatal(err)
		}
		n++
		if a := known[r.UserID]; a.SignIn != r.UserPrincipalName || a.Name != r.UserDisplayName {
			t.Fatalf("the log has %+v, the directory %+v", r, a)
		}
	}
	if n == 0 {
		t.Error("no sign-ins")
	}
}

func TestVisitIsARecordOfItsOwn(t *testing.T) {
	s, err := parseScenario("x.yml", []byte(peopled))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	v := Visit{At: at, ID: "aaaaaaaa-0000-4000-8000-000000000001", UPN: "scan@contoso.com", Name: "Scanner", Client: "Authenticated SMTP", IP: "192.0.2.9"}
	rec := s.Visited(1, v)
	if again := s.Visited(1, v); string(again.JSON) != string(rec.JSON) {
		t.Error("the same visit gave two records")
	}
	var r struct {
		ID, UserID, ClientAppUsed, AuthenticationRequirement, IPAddress, CreatedDateTime string
		Status                                                                           struct{ ErrorCode int }
	}
	if err := json.Unmarshal(rec.JSON, &r); err != nil {
		t.Fatal(err)
	}
	if r.UserID != v.ID || r.ClientAppUsed != v.Client || r.IPAddress != v.IP || r.AuthenticationRequirement != "singleFactorAuthentication" || r.CreatedDateTime != "2026-03-02T08:00:00Z" || r.Status.ErrorCode != 0 {
		t.Errorf("record is %+v", r)
	}
	if later := s.Visited(1, Visit{At: at.Add(time.Second), ID: v.ID, UPN: v.UPN}); strings.Contains(string(later.JSON), r.ID) {
		t.Error("two visits have one id")
	}
}

func TestBadDirectoriesAreRefused(t *testing.T) {
	for what, want := range map[string]string{
		"licence: p3":                            "directory.licence",
		"licence: p1\n  objects: {x: -1}":        "directory.objects.x",
		"licence: p1\n  object: {x: 1}":          "x.yml:9: unknown key \"object\"",
		"licence: p1\n  objects: {x: 1, x: 2}":   "x.yml",
		"licence: none\n  objects: {x: 9999999}": "directory.objects.x",
	} {
		text := peopled[:strings.Index(peopled, "directory:")] + "directory:\n  " + what + "\n"
		if _, err := parseScenario("x.yml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", what, err, want)
		}
	}
}
