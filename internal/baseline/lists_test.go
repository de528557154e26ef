package baseline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/rule"
)

const (
	board = "aaaaaaaa-2222-3333-4444-555555555555"
	admin = "62e90394-69f5-4237-9190-012177145e10"
)

func parsed(t *testing.T, file string) *Baseline {
	t.Helper()
	b, problems := Parse("b.yaml", []byte(file))
	for _, p := range problems {
		t.Fatal(p)
	}
	return b
}

func items(values ...string) []rule.Item {
	var out []rule.Item
	for _, v := range values {
		out = append(out, rule.Item{Value: v})
	}
	return out
}

func TestExpand(t *testing.T) {
	f := func(name string, b *Baseline, param string, want rule.Expansion) {
		t.Helper()
		got, ok := b.Expand(param)
		if !ok {
			t.Errorf("%s: %%%s%% is no list", name, param)
		}
		if len(got.Items) == 0 {
			got.Items = nil // none is none, however it is written
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f("unanswered", Default(), "approved_countries", rule.Expansion{})
	f("default", Default(), "approved_provisioning_apps", rule.Expansion{Items: items(substrate)})
	f("no exceptions", Default(), "known_egress_cidrs", rule.Expansion{Optional: true})
	f("emptied", parsed(t, "approved_provisioning_apps: []"), "approved_provisioning_apps", rule.Expansion{})
	f("declared", parsed(t, "approved_countries: [SE, NO]"), "approved_countries", rule.Expansion{Items: items("SE", "NO")})
	f("regex", parsed(t, "upn_regex_admin: ^ADM_"), "upn_regex_admin", rule.Expansion{Items: items("^ADM_")})
	f("no regex", Default(), "upn_regex_admin", rule.Expansion{})
	f("mode", Default(), "privileged_control_mode", rule.Expansion{Items: items("any")})
	f("off", Default(), "legacy_auth_disabled", rule.Expansion{})
	f("on", parsed(t, "legacy_auth_disabled: true"), "legacy_auth_disabled", rule.Expansion{Items: items("true")})
	f("on since", parsed(t, "legacy_auth_disabled: 2026-03-01"), "legacy_auth_disabled", rule.Expansion{Items: items("true")})

	f("own domains unset", Default(), "accepted_domains", rule.Expansion{FromField: "vakt.ownerDomain"})
	f("own domains declared", parsed(t, "accepted_domains: [contoso.com]"), "accepted_domains", rule.Expansion{Items: items("contoso.com")})
	f("tenant unset", Default(), "home_tenant_id",
		rule.Expansion{Unread: "needs --directory DIR, or home_tenant_id in the baseline"})
	f("tenant declared", parsed(t, "home_tenant_id: "+board), "home_tenant_id", rule.Expansion{Items: items(board)})

	f("live", Default(), "resource_accounts", rule.Expansion{Unread: "needs --directory DIR"})
	f("live and declared", parsed(t, "privileged_users: [adm@contoso.com]"), "privileged_users",
		rule.Expansion{Items: items("adm@contoso.com"), Unread: "needs --directory DIR"})
	f("members without a directory", parsed(t, "vip_users: [{group: "+board+"}, ceo@contoso.com]"), "vip_users",
		rule.Expansion{Items: items("ceo@contoso.com"), Unread: "needs --directory DIR", Optional: true})
}

func TestExpandWithDirectory(t *testing.T) {
	b := parsed(t, `
privileged_users: [adm@contoso.com]
accepted_domains: [contoso.com]
approved_account_admins: [{role: `+admin+`}, {group: `+board+`, until: 2027-01-31}]
approved_inviters: [{group: bbbbbbbb-2222-3333-4444-555555555555}]
`)
	d := b.WithDirectory(map[string][]string{
		"privileged_users": {"ID-1"},
		"guests":           {},
		"accepted_domains": {"fabrikam.com"},
		"home_tenant_id":   {board},
		"role:" + admin:    {"id-2"},
		"Group:" + board:   {"id-3"},
	})
	want := map[string]rule.Expansion{
		"privileged_users": {Items: items("adm@contoso.com", "id-1"), Optional: true},
		"guests":           {Items: []rule.Item{}, Optional: true},
		"accepted_domains": {Items: items("contoso.com")},
		"home_tenant_id":   {Items: items(board), Optional: true},
		"approved_account_admins": {Items: []rule.Item{{Value: "id-2"},
			{Value: "id-3", Until: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC).Unix()}}, Optional: true},
		"approved_inviters": {Items: []rule.Item{}, Unread: "group:bbbbbbbb-2222-3333-4444-555555555555 is not in the directory that was given"},
		"resource_accounts": {Items: []rule.Item{}, Unread: "resource_accounts is not in the directory that was given"},
	}
	for name, x := range want {
		got, _ := d.Expand(name)
		if got.Items == nil {
			got.Items = []rule.Item{}
		}
		if diff := cmp.Diff(x, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if x, _ := b.Expand("guests"); x.Unread == "" {
		t.Error("WithDirectory changed the baseline that it was called on")
	}
	if x, _ := Default().WithDirectory(map[string][]string{"accepted_domains": {"fabrikam.com"}}).Expand("accepted_domains"); len(x.Items) != 1 || x.FromField != "" {
		t.Errorf("the directory's domains are not used: %+v", x)
	}
	if x, _ := Default().WithDirectory(nil).Expand("accepted_domains"); x.FromField != "vakt.ownerDomain" {
		t.Errorf("a directory without domains hides the record's own: %+v", x)
	}
}

// TestUntilHoldsThroughTheDay pins what a date after until means.
func TestUntilHoldsThroughTheDay(t *testing.T) {
	f := func(until, end string) {
		t.Helper()
		x, _ := parsed(t, "vip_users: [{value: ann@contoso.com, until: "+until+"}]").Expand("vip_users")
		if got := time.Unix(x.Items[0].Until, 0).UTC().Format(time.RFC3339); got != end {
			t.Errorf("until %s ends at %s, want %s", until, got, end)
		}
	}
	f("2026-12-31", "2027-01-01T00:00:00Z")
	f("'2026-12-31'", "2027-01-01T00:00:00Z")
	f("2028-02-28", "2028-02-29T00:00:00Z")
	f("2026-12-31T12:00:00Z", "2026-12-31T12:00:00Z")
	f("2026-12-31T12:00:00+02:00", "2026-12-31T10:00:00Z")
}

func TestExpandIsForLists(t *testing.T) {
	for _, name := range []string{"spray_window", "spray_distinct_users", "travel_speed_kmh", "mfa_attempt_threshold", "holidays", "no_such", ""} {
		if x, ok := Default().Expand(name); ok {
			t.Errorf("%%%s%% expands to %v", name, x)
		}
	}
}

func TestNumber(t *testing.T) {
	b := parsed(t, "travel_min_km: 12.5\nip_change_threshold: 7\nvolume_increase_pct_failed: 15\n")
	for name, want := range map[string]float64{
		"travel_min_km": 12.5, "ip_change_threshold": 7, "volume_increase_pct_failed": 15, "dormant_days": 90,
		"mfa_attempt_threshold": 3, "mfa_attempt_threshold.user": 3, "mfa_attempt_threshold.admin": 1,
	} {
		if got, ok := b.Number(name); !ok || got != want {
			t.Errorf("Number(%q) = %v, %t, want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"spray_window", "approved_countries", "mfa_attempt_threshold.boss", "dormant_days.user", "no_such"} {
		if got, ok := b.Number(name); ok {
			t.Errorf("Number(%q) = %v", name, got)
		}
	}
}

func TestDuration(t *testing.T) {
	b := parsed(t, "spray_window: 1d6h\n")
	for name, want := range map[string]time.Duration{
		"spray_window": 30 * time.Hour, "failed_signin_window": 10 * time.Minute, "first_seen_window": 30 * 24 * time.Hour,
	} {
		if got, ok := b.Duration(name); !ok || got != want {
			t.Errorf("Duration(%q) = %v, %t, want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"dormant_days", "approved_countries", "no_such"} {
		if got, ok := b.Duration(name); ok {
			t.Errorf("Duration(%q) = %v", name, got)
		}
	}
}
