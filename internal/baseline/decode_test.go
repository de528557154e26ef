package baseline

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// refused maps a broken file to what Parse says about it. A file is named b.yaml.
var refused = []struct{ name, file, want string }{
	{"unknown parameter", "aproved_countries: [SE]", `b.yaml:1: unknown parameter "aproved_countries": did you mean "approved_countries"?`},
	{"case of a parameter", "VIP_Users: []", `b.yaml:1: unknown parameter "VIP_Users": did you mean "vip_users"?`},
	{"nothing near", "colour: red", "b.yaml:1: unknown parameter \"colour\": `vakt baseline show` lists all parameters"},
	{"second line", "spray_window: 15m\nx: 1\n", "b.yaml:2: unknown parameter \"x\": `vakt baseline show` lists all parameters"},
	{"twice", "lockout_window: 1h\nspray_window: 1h\nlockout_window: 2h", `b.yaml:3: "lockout_window" is set twice, first at line 1`},
	{"no value", "# mine\napproved_countries:\n", `b.yaml:2: approved_countries: has no value: write [] for an empty list, or leave the line out for the default`},
	{"no mapping", "holidays: ~", `b.yaml:1: holidays: has no value: write {} for an empty mapping, or leave the line out for the default`},
	{"no duration", "spray_window:", `b.yaml:1: spray_window: has no value: want a duration, or leave the line out for the default`},
	{"not a mapping", "- SE\n- NO\n", `b.yaml:1: want one parameter a line, such as spray_window: 15m, found a list`},
	{"one text", "SE", `b.yaml:1: want one parameter a line, such as spray_window: 15m, found text "SE"`},
	{"two documents", "spray_window: 1h\n---\nspray_window: 2h\n", `b.yaml:2: a second document begins here: a baseline is one document, without ---`},
	{"broken second document", "spray_window: 1h\n---\n[", `b.yaml:3: not YAML: did not find expected node content`},
	{"very long name", strings.Repeat("vip_users", 12) + ": []", "b.yaml:1: unknown parameter \"" + strings.Repeat("vip_users", 12) + "\": `vakt baseline show` lists all parameters"},
	{"very long text", "spray_window: " + strings.Repeat("ö", 50), `b.yaml:1: spray_window: "` + strings.Repeat("ö", 30) + `…" is not a duration: write a number and a unit, such as 15m, 24h or 7d`},
	{"unclosed after blank lines", "\n\nspray_window: [1\n\n", `b.yaml:3: not YAML: did not find expected ',' or ']'`},
	{"unclosed", "approved_countries: [SE\n", `b.yaml:1: not YAML: did not find expected ',' or ']'`},
	{"tab", "holidays:\n\tSE: 12-25\n", `b.yaml:2: not YAML: found character that cannot start any token`},
	{"latin-1", "approved_cities: [Malm\xf6]", `b.yaml: not YAML: incomplete UTF-8 octet sequence`},
	{"alias", "approved_countries: &c [SE]\nprivileged_countries: *c\n", `b.yaml:2: privileged_countries: found the alias *c, which a baseline does not take: write the value out`},
	{"alias in a list", "approved_countries: [&c SE]\nprivileged_countries: [NO, *c]\n", `b.yaml:2: privileged_countries: want text, found the alias *c, which a baseline does not take: write the value out`},
	{"merge", "holidays: &h {SE: [12-25]}\n<<: *h\n", `b.yaml:2: want a name before the colon, found "<<" tagged !!merge`},
	{"odd key", "[a]: 1", `b.yaml:1: want a name before the colon, found a list`},
	{"foreign tag", "spray_window: !x 15m", `b.yaml:1: spray_window: want a duration, found "15m" tagged !x`},

	{"count in words", "spray_distinct_users: ten", `b.yaml:1: spray_distinct_users: want a count, found text "ten"`},
	{"count in quotes", `spray_distinct_users: "10"`, `b.yaml:1: spray_distinct_users: want a count, found text "10"`},
	{"count as list", "spray_distinct_users: [10]", `b.yaml:1: spray_distinct_users: want a count, found a list`},
	{"count of nothing", "spray_distinct_users: 0", `b.yaml:1: spray_distinct_users: "0" is not a count: write a whole number from 1, such as 10`},
	{"octal", "spray_distinct_users: 010", `b.yaml:1: spray_distinct_users: "010" is not a count: write a whole number from 1, such as 10`},
	{"fraction", "spray_distinct_users: 1.5", `b.yaml:1: spray_distinct_users: want a count, found the number 1.5`},
	{"percent sign", "volume_increase_pct_failed: 10%", `b.yaml:1: volume_increase_pct_failed: want a percentage, found text "10%"`},
	{"negative percent", "volume_increase_pct_failed: -10", `b.yaml:1: volume_increase_pct_failed: "-10" is not a percentage: write a number from 0.001 to 1000, without the sign, such as 10`},
	{"infinite", "travel_speed_kmh: .inf", `b.yaml:1: travel_speed_kmh: ".inf" is not a number from 0.001: write one such as 900 or 0.5`},
	{"half a pair", "mfa_attempt_threshold: {user: 3}", `b.yaml:1: mfa_attempt_threshold: want both user and admin, or one count for both`},
	{"odd pair", "mfa_attempt_threshold: {user: 3, boss: 1}", `b.yaml:1: mfa_attempt_threshold: unknown "boss": write one of user, admin`},

	{"duration in words", "spray_window: 15 minutes", `b.yaml:1: spray_window: "15 minutes" is not a duration: write a number and a unit, such as 15m, 24h or 7d`},
	{"duration without unit", "spray_window: 15", `b.yaml:1: spray_window: "15" is not a duration: write a number and a unit, such as 15m, 24h or 7d`},
	{"duration of nothing", "spray_window: 0s", `b.yaml:1: spray_window: "0s" is not a usable duration: write one above 0 and up to 3660d`},
	{"duration of ages", "spray_window: 60000d", `b.yaml:1: spray_window: "60000d" is not a usable duration: write one above 0 and up to 3660d`},
	{"duration below a second", "spray_window: 1500ms", `b.yaml:1: spray_window: "1500ms" is not a usable duration: times in logs are compared in whole seconds`},
	{"switch", "legacy_auth_disabled: maybe", `b.yaml:1: legacy_auth_disabled: "maybe" is not true, false or a date: write the date since which it is true as 2026-03-01`},
	{"mode", "privileged_control_mode: some", `b.yaml:1: privileged_control_mode: unknown "some": write one of any, all`},
	{"regex", "upn_regex_user: '^(adm'", `b.yaml:1: upn_regex_user: "^(adm" is not a regular expression (RE2): missing closing ) at "^(adm"`},
	{"lookahead", "upn_regex_user: '^(?!adm)'", `b.yaml:1: upn_regex_user: "^(?!adm)" is not a regular expression (RE2): invalid or unsupported Perl syntax at "(?!"`},
	{"empty regex", "upn_regex_user: ''", `b.yaml:1: upn_regex_user: "" matches everything: write a regular expression or leave the line out`},
	{"tenant", "home_tenant_id: contoso", `b.yaml:1: home_tenant_id: "contoso" is not an id: write it as 11111111-2222-3333-4444-555555555555`},
	{"zone", "volume_timezone: Stockholm", `b.yaml:1: volume_timezone: "Stockholm" is not a time zone: write an IANA name, such as Europe/Stockholm or UTC`},
	{"local zone", "volume_timezone: Local", `b.yaml:1: volume_timezone: "Local" is not a time zone: write an IANA name, such as Europe/Stockholm or UTC`},

	{"text for a list", "approved_countries: SE", `b.yaml:1: approved_countries: want a list of countries, found text "SE": begin each line with a dash, or write [a, b]`},
	{"country", "approved_countries:\n  - SE\n  - UK\n", `b.yaml:3: approved_countries: "UK" is not an ISO 3166 country code: the United Kingdom is GB`},
	{"country name", "approved_countries: [Sweden]", `b.yaml:1: approved_countries: "Sweden" is not an ISO 3166 country code: write two letters, such as SE`},
	{"twice in a list", "approved_countries:\n  - SE\n  - NO\n  - se\n", `b.yaml:4: approved_countries: "SE" is listed twice, first at line 2`},
	{"hole in a list", "approved_countries:\n  - SE\n  -\n", `b.yaml:3: approved_countries: want text, found nothing`},
	{"list in a list", "approved_countries: [[SE]]", `b.yaml:1: approved_countries: want text, found a list`},
	{"truth in a list", "approved_cities: [true]", `b.yaml:1: approved_cities: want text, found true`},
	{"domain with at", "accepted_domains: ['@contoso.com']", `b.yaml:1: accepted_domains: "@contoso.com" is not a domain: write the name alone, such as contoso.com`},
	{"domain of one label", "accepted_domains: [contoso]", `b.yaml:1: accepted_domains: "contoso" is not a domain: write the name alone, such as contoso.com`},
	{"address", "known_egress_cidrs: [192.0.2.300]", `b.yaml:1: known_egress_cidrs: "192.0.2.300" is not a network: write an address or a range, such as 198.51.100.0/24 or 2001:db8::/32`},
	{"bits of a host", "known_egress_cidrs: [192.0.2.7/24]", `b.yaml:1: known_egress_cidrs: "192.0.2.7/24" is not a network: its first address is 192.0.2.0/24`},
	{"asn", "vpn_asns: [ASX]", `b.yaml:1: vpn_asns: "ASX" is not an autonomous system number: write one such as 64496`},
	{"account by name", "vip_users: [Ann Smith]", `b.yaml:1: vip_users: "Ann Smith" is not an account: write an object id or a user principal name such as ann@contoso.com`},
	{"app by name", "room_apps: [Teams]", `b.yaml:1: room_apps: "Teams" is not an application id: copy the application (client) id, such as 98db8bd6-0cc0-4e67-9de5-f187f1cd1b41`},
	{"role by name", "privileged_roles: [global administrator]", `b.yaml:1: privileged_roles: "global administrator" is not a role template id: that role's is 62e90394-69f5-4237-9190-012177145e10`},
	{"role of one's own", "privileged_roles: [Boss]", `b.yaml:1: privileged_roles: "Boss" is not a role template id: role names change and are translated, ids are not`},
	{"class", "allowed_cloud_account_classes: [robots]", `b.yaml:1: allowed_cloud_account_classes: unknown "robots": write one of user, admin, guest, resource, service`},
	{"empty word", "suspicious_keywords: ['']", `b.yaml:1: suspicious_keywords: an empty word is in every text: take the item out`},
	{"word with a blank", "suspicious_keywords: ['bank ']", `b.yaml:1: suspicious_keywords: "bank " begins or ends with a blank: take it away`},
	{"word with a bell", `suspicious_keywords: ["a\a"]`, `b.yaml:1: suspicious_keywords: "a\a" holds a control character`},

	{"item key", "vip_users:\n  - {value: ann@contoso.com,\n     untill: 2027-01-31}\n", `b.yaml:3: vip_users: unknown key "untill" in a list item: did you mean "until"?`},
	{"far item key", "vip_users: [{value: ann@contoso.com, owner: me}]", `b.yaml:1: vip_users: unknown key "owner" in a list item: the keys are value, group, role, note, until`},
	{"item key twice", "vip_users: [{value: ann@contoso.com, value: bo@contoso.com}]", `b.yaml:1: vip_users: "value" is set twice, first at line 1`},
	{"item without value", "vip_users: [{note: nobody}]", `b.yaml:1: vip_users: a list item holds one of value, group and role, this one 0`},
	{"item with two", "vip_users: [{value: ann@contoso.com, group: 11111111-2222-3333-4444-555555555555}]", `b.yaml:1: vip_users: a list item holds one of value, group and role, this one 2`},
	{"until when", "vip_users: [{value: ann@contoso.com, until: soon}]", `b.yaml:1: vip_users: want a date after until, such as 2027-01-31 or 2027-01-31T18:00:00Z, found text "soon"`},
	{"until no such day", "vip_users: [{value: ann@contoso.com, until: 2027-02-30}]", `b.yaml:1: vip_users: want a date after until, such as 2027-01-31 or 2027-01-31T18:00:00Z, found text "2027-02-30"`},
	{"note as list", "vip_users: [{value: ann@contoso.com, note: [a]}]", `b.yaml:1: vip_users: want text after note, found a list`},
	{"group by name", "vip_users: [{group: Board}]", `b.yaml:1: vip_users: group "Board" is not an id: write it as 11111111-2222-3333-4444-555555555555`},
	{"role item by name", "vip_users: [{role: Global Reader}]", `b.yaml:1: vip_users: role "Global Reader" is not a role template id: that role's is f2ef992c-3afb-46b9-b7cf-a126ee74c451`},
	{"group of countries", "approved_countries: [{group: 11111111-2222-3333-4444-555555555555}]", `b.yaml:1: approved_countries: a list of countries cannot hold {group: ID}: write the values out`},

	{"list for a mapping", "holidays: [12-25]", `b.yaml:1: holidays: want a mapping of country to dates, found a list`},
	{"holiday", "holidays:\n  SE: [12-25, 02-30]\n", `b.yaml:2: holidays: "02-30" is not a date: write 2026-12-25, or 12-25 for every year`},
	{"country of holidays", "holidays: {Sweden: 12-25}", `b.yaml:1: holidays: "Sweden" is not an ISO 3166 country code: write two letters, such as SE`},
	{"country twice", "holidays:\n  SE: 12-25\n  se: 12-26\n", `b.yaml:3: holidays: "SE" is set twice, first at line 2`},
	{"hours", "business_hours: {SE: 9 to 5}", `b.yaml:1: business_hours: "9 to 5" is not working hours: write days and hours, such as mon-fri 08:00-17:00`},
	{"hours backwards", "business_hours: {SE: mon-fri 17:00-08:00}", `b.yaml:1: business_hours: "mon-fri 17:00-08:00" is not working hours: write days and hours, such as mon-fri 08:00-17:00`},
	{"days backwards", "business_hours: {SE: fri-mon 08:00-17:00}", `b.yaml:1: business_hours: "fri-mon 08:00-17:00" is not working hours: write days and hours, such as mon-fri 08:00-17:00`},
	{"hour 25", "business_hours: {SE: mon 08:00-25:00}", `b.yaml:1: business_hours: "mon 08:00-25:00" is not working hours: write days and hours, such as mon-fri 08:00-17:00`},
	{"zone of a country", "country_timezones: {SE: Europe/Sweden}", `b.yaml:1: country_timezones: "Europe/Sweden" is not a time zone: write an IANA name, such as Europe/Stockholm or UTC`},
	{"zones of a country", "country_timezones: {US: [America/New_York]}", `b.yaml:1: country_timezones: want text, found a list`},
	{"attribute", "required_attributes: {employee id: .+}", `b.yaml:1: required_attributes: "employee id" is not an attribute: write its name in Microsoft Graph, such as employeeId`},
	{"pattern of an attribute", "required_attributes: {employeeId: '[0-9'}", `b.yaml:1: required_attributes: "[0-9" is not a regular expression (RE2): missing closing ] at "[0-9"`},
	{"place", "stationary_groups: {11111111-2222-3333-4444-555555555555: [Stockholm]}", `b.yaml:1: stationary_groups: "Stockholm" is not a country or a network: write one such as SE or 198.51.100.0/24`},
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			b, problems := Parse("b.yaml", []byte(tt.file))
			if b != nil {
				t.Error("Parse gave a baseline and should not have")
			}
			if diff := gocmp.Diff([]string{tt.want}, texted(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func texted(problems []Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

func TestParseReportsAllProblemsInOrder(t *testing.T) {
	_, problems := Parse("b.yaml", []byte("spray_window: never\napproved_countries: [SE, Norway]\nx: 1\nspray_window: 1h\n"))
	want := []string{
		`b.yaml:1: spray_window: "never" is not a duration: write a number and a unit, such as 15m, 24h or 7d`,
		`b.yaml:2: approved_countries: "Norway" is not an ISO 3166 country code: write two letters, such as SE`,
		"b.yaml:3: unknown parameter \"x\": `vakt baseline show` lists all parameters",
		`b.yaml:4: "spray_window" is set twice, first at line 1`,
	}
	if diff := gocmp.Diff(want, texted(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestParseStopsReportingSomewhere(t *testing.T) {
	_, problems := Parse("b.yaml", []byte(strings.Repeat("x", 30)+": 1\n"+lines(5000, "y%d: 1\n")))
	if len(problems) != maxProblems+1 || problems[maxProblems].Message != "more problems follow: mend these first" {
		t.Errorf("%d problems, the last: %v", len(problems), problems[len(problems)-1])
	}
}

func lines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestParseRefusesHugeFile(t *testing.T) {
	_, problems := Parse("b.yaml", append([]byte("#"), make([]byte, MaxSize)...))
	want := []string{"b.yaml: the baseline is larger than 1 MiB: list the members of large groups as {group: ID}"}
	if diff := gocmp.Diff(want, texted(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestParseRefusesAliasBomb(t *testing.T) {
	bomb := "a: &a [x, x]\n" + lines(60, "b%d: &b [*a, *a]\n")
	if b, problems := Parse("b.yaml", []byte(bomb)); b != nil || len(problems) == 0 {
		t.Error("an alias bomb was accepted")
	}
	if b, problems := Parse("b.yaml", []byte("holidays: "+strings.Repeat("[", 20000))); b != nil || len(problems) == 0 {
		t.Error("a file of 20,000 brackets was accepted")
	}
}

func TestParseReadsMaximalFile(t *testing.T) {
	file := "vip_users:\n" + lines(20000, "- u%d@contoso.com\n")
	b, problems := Parse("b.yaml", []byte(file))
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	if x, _ := b.Expand("vip_users"); len(x.Items) != 20000 {
		t.Errorf("%d items of 20000", len(x.Items))
	}
}

// TestValuesHaveOneSpelling reads values in several notations and looks at
// the one that is kept.
func TestValuesHaveOneSpelling(t *testing.T) {
	f := func(file, name, want string) {
		t.Helper()
		b, problems := Parse("b.yaml", []byte(file))
		if len(problems) > 0 {
			t.Errorf("%s: %v", file, problems[0])
			return
		}
		for _, s := range b.Settings() {
			if s.Name == name && (s.Value != want || s.Origin != FromFile) {
				t.Errorf("%s: kept as %q (%s), want %q", file, s.Value, s.Origin, want)
			}
		}
	}
	f("approved_countries: [no, SE, xk]", "approved_countries", "NO, SE, XK")
	f("approved_countries: []", "approved_countries", "")
	f("approved_upn_domains: [Contoso.COM, åre.example.com]", "approved_upn_domains", "contoso.com, åre.example.com")
	f("known_egress_cidrs: [192.0.2.7, 198.51.100.0/24, '2001:DB8::/32', '::ffff:192.0.2.9']", "known_egress_cidrs",
		"192.0.2.7/32, 198.51.100.0/24, 2001:db8::/32, 192.0.2.9/32")
	f("vpn_asns: [64496, AS64497]", "vpn_asns", "64496, 64497")
	f("vip_users: [Ann@Contoso.com, AAAAAAAA-2222-3333-4444-555555555555, 'ann_fabrikam.com#EXT#@contoso.onmicrosoft.com']", "vip_users",
		"ann@contoso.com, aaaaaaaa-2222-3333-4444-555555555555, ann_fabrikam.com#ext#@contoso.onmicrosoft.com")
	f("legacy_exceptions: [{value: a@contoso.com, note: printer, until: 2027-01-31}, {value: b@contoso.com, until: 2027-01-31T18:00:00+02:00}]",
		"legacy_exceptions", "a@contoso.com until 2027-01-31, b@contoso.com until 2027-01-31T16:00:00Z")
	f("vip_users: [{group: AAAAAAAA-2222-3333-4444-555555555555, until: 2027-01-31}, {role: 62e90394-69f5-4237-9190-012177145e10}]", "vip_users",
		"group:aaaaaaaa-2222-3333-4444-555555555555 until 2027-01-31, role:62e90394-69f5-4237-9190-012177145e10")
	f("spray_window: 900s", "spray_window", "15m")
	f("spray_window: 168h", "spray_window", "7d")
	f("spray_window: 1d12h", "spray_window", "36h")
	f("spray_window: 1d", "spray_window", "24h")
	f("spray_window: 1h30m15s", "spray_window", "1h30m15s")
	f("volume_increase_pct_failed: 12.50", "volume_increase_pct_failed", "12.5")
	f("mfa_attempt_threshold: 4", "mfa_attempt_threshold", "admin: 4, user: 4")
	f("mfa_attempt_threshold: {user: 5, admin: 2}", "mfa_attempt_threshold", "admin: 2, user: 5")
	f("legacy_auth_disabled: 2026-03-01", "legacy_auth_disabled", "2026-03-01")
	f("privileged_control_mode: ALL", "privileged_control_mode", "all")
	f("approved_cities: [Malmö, 2026]", "approved_cities", "Malmö, 2026")
	f("business_hours: {se: Mon-Fri 07:00-18:00, '*': [sat 10:00-14:00, mon 00:00-24:00]}", "business_hours",
		"*: mon 00:00-24:00 | sat 10:00-14:00, SE: mon-fri 07:00-18:00")
	f("holidays: {SE: [2026-06-19, 12-25, 02-29]}", "holidays", "SE: 02-29 | 12-25 | 2026-06-19")
	f("country_timezones: {SE: Europe/Stockholm}", "country_timezones", "SE: Europe/Stockholm")
	f("required_attributes: {employeeId: '^[0-9]{6}$'}", "required_attributes", "employeeId: ^[0-9]{6}$")
	f("stationary_groups: {AAAAAAAA-2222-3333-4444-555555555555: [se, 198.51.100.0/24]}", "stationary_groups",
		"aaaaaaaa-2222-3333-4444-555555555555: 198.51.100.0/24 | SE")
}

func FuzzParse(f *testing.F) {
	for _, p := range table {
		f.Add([]byte(setting(p.Name, cmp.Or(p.Default, p.example))))
	}
	for _, tt := range refused {
		f.Add([]byte(tt.file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, problems := Parse("b.yaml", data)
		if (b == nil) != (len(problems) > 0) {
			t.Fatalf("baseline %v with %d problems", b, len(problems))
		}
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || p.Line > len(data)+1 {
				t.Errorf("problem that points nowhere: %+v", p)
			}
		}
		if b == nil {
			return
		}
		again, err := FromValues(written(b))
		if err != nil {
			t.Fatalf("a baseline that was read is refused when written: %v", err)
		}
		if again.Hash() != b.Hash() {
			t.Errorf("hash changed over a round trip:\n%v\n%v", b.values, again.values)
		}
	})
}

// written is the declared part of a baseline as FromValues takes it.
func written(b *Baseline) map[string]any {
	out := make(map[string]any)
	for name, v := range b.values {
		if !v.declared {
			continue
		}
		p, _ := lookup(name)
		switch shapes[p.Kind].form {
		case list:
			out[name] = writtenItems(v.items)
		case dict:
			out[name] = writtenRows(v.rows)
		case pair:
			out[name] = map[string]any{"admin": number(v.rows[0].texts[0]), "user": number(v.rows[1].texts[0])}
		default:
			out[name] = v.scalar
			if shapes[p.Kind].tags != nil && p.Kind != Switch {
				out[name] = number(v.scalar)
			}
		}
	}
	return out
}

func number(text string) float64 {
	n, _ := parseNumber(text)
	return n
}

func writtenItems(items []item) []any {
	out := []any{}
	for _, it := range items {
		m := map[string]any{}
		for key, text := range map[string]string{"value": it.text, "group": it.group, "role": it.role, "note": it.note} {
			if text != "" {
				m[key] = text
			}
		}
		if it.until != 0 {
			m["until"] = strings.TrimPrefix(ends(it.until), " until ")
		}
		out = append(out, m)
	}
	return out
}

func writtenRows(rows []row) map[string]any {
	out := map[string]any{}
	for _, r := range rows {
		out[r.key] = r.texts
		if len(r.texts) == 1 {
			out[r.key] = r.texts[0]
		}
	}
	return out
}
