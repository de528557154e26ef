package baseline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/rule"
)

const reviewed = `title: Country
name: country
logsource: {product: azure, service: signinlogs}
detection:
  selection: {location.countryOrRegion|exists: true}
  filter: {location.countryOrRegion|expand: '%approved_countries%'}
  condition: selection and not filter
---
title: Legacy
name: legacy
logsource: {product: azure, service: signinlogs}
detection:
  selection: {clientAppUsed|expand: '%legacy_clients%'}
  condition: selection
`

func TestReview(t *testing.T) {
	rules, problems := rule.Parse("r.yml", []byte(reviewed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	said := func(yaml, learned string) []string {
		t.Helper()
		b, problems := baseline.Parse("b.yaml", []byte(yaml))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if learned != "" {
			if b, problems = b.WithLearned("l", strings.NewReader(learned)); len(problems) > 0 {
				t.Fatal(problems)
			}
		}
		notices, err := b.Review(rules, now)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, n := range notices {
			if n.Kind != baseline.NoticeUnread {
				list = append(list, strings.Join(append([]string{n.Kind, n.Parameter, n.Value}, n.Rules...), " "))
			}
		}
		return list
	}
	newest := now.Add(-24 * time.Hour).Unix()
	for _, want := range []struct {
		yaml, learned string
		said          []string
	}{
		{"", "", nil},
		{"approved_countries: [SE]", "", []string{"woken   country"}},
		{"approved_countries: []", "", []string{"empty approved_countries  country"}},
		{"legacy_clients: []", "", []string{"empty legacy_clients  legacy", "asleep   legacy"}},
		{"vip_users: [{value: a@contoso.com, until: 2026-05-31}]", "", []string{"expired vip_users a@contoso.com"}},
		{"vip_users: [{value: a@contoso.com, until: 2026-06-01}]", "", []string{"expiring vip_users a@contoso.com"}},
		{"vip_users: [{value: a@contoso.com, until: 2026-09-01}]", "", nil},
		{"learned: l", fmt.Sprintf(`{"account":"a","since":1,"country":{"SE":[1,%d]}}`, newest), nil},
		{"learned: l", `{"account":"a","since":1,"country":{"SE":[1,2]}}`, []string{"old learned l"}},
		{"learned: l", "\n", []string{"old learned l"}},
	} {
		if got := said(want.yaml, want.learned); !slices.Equal(got, want.said) {
			t.Errorf("%q: %q, want %q", want.yaml, got, want.said)
		}
	}
}

func TestReviewNamesUnreadLists(t *testing.T) {
	unread := func(b *baseline.Baseline) (names []string) {
		notices, err := b.Review(nil, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			names = append(names, n.Kind+" "+n.Parameter)
		}
		return names
	}
	if got := unread(baseline.Default()); !slices.Contains(got, "unread privileged_users") || !slices.Contains(got, "unread guests") {
		t.Errorf("%q", got)
	}
	read := baseline.Default().WithDirectory(map[string][]string{"privileged_users": nil})
	if got := unread(read); slices.Contains(got, "unread privileged_users") || !slices.Contains(got, "unread guests") {
		t.Errorf("%q", got)
	}
}

// Parts of a list that rules ask for by a full stop.
func TestExpandOfParts(t *testing.T) {
	b, problems := baseline.Parse("b", []byte("allowed_cloud_account_classes: [admin, guest]\nupn_regex_admin: ^adm_\nrequired_attributes: {employeeId: .+, department: .+}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, want := range []struct {
		of       *baseline.Baseline
		name     string
		items    string
		ok       bool
		optional bool
	}{
		{b, "allowed_cloud_account_classes.admin", "^adm_", true, true},
		{b, "allowed_cloud_account_classes.guest", ".", true, true},
		{b, "allowed_cloud_account_classes.user", "", true, true},
		{b, "allowed_cloud_account_classes.robot", "", false, false},
		{b, "required_attributes", "department employeeId", true, false},
		{b, "required_attributes.1", "department", true, false},
		{b, "required_attributes.2", "employeeId", true, false},
		{b, "required_attributes.8", "employeeId", true, false},
		{b, "required_attributes.9", "", false, false},
		{b, "required_attributes.0", "", false, false},
		{baseline.Default(), "required_attributes.1", "", true, false},
		{baseline.Default(), "required_attributes", "", true, false},
		{baseline.Default(), "allowed_cloud_account_classes.admin", "", true, true},
		{b, "approved_countries.SE", "", false, false},
	} {
		x, ok := want.of.Expand(want.name)
		var items []string
		for _, it := range x.Items {
			items = append(items, it.Value)
		}
		if got := strings.Join(items, " "); got != want.items || ok != want.ok || x.Optional != want.optional {
			t.Errorf("%s: %q, %v, %v", want.name, got, ok, x.Optional)
		}
	}
}
