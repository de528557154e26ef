package alert_test

import (
	"strings"
	"testing"

	"vakt/internal/alert"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// queries fills two templates for an account and an address.
func queries(t *testing.T, kql, powershell, account string) alert.Pivots {
	t.Helper()
	d := spray()
	d.Rule.Vakt.Pivots = rule.Pivots{KQL: kql, PowerShell: powershell}
	d.Entities = []event.Entity{{Kind: "account", ID: account, Name: "ann"}, {Kind: "ip", ID: "203.0.113.9"}}
	return one(t, d).Pivots
}

// TestPivotsAreFilledSafely: no value of a log ends the text that it stands
// in, and what cannot be written stays out and is said.
func TestPivotsAreFilledSafely(t *testing.T) {
	const left = "{account}: left out, as its value cannot be written safely here"
	for _, tt := range []struct{ account, kql, wantKQL, powershell, wantPowerShell string }{
		{"ann@contoso.com", `a == "{account}" | {first_seen}`, `a == "ann@contoso.com" | 1970-01-02T00:00:00Z`,
			`-F "u eq '{account}'"`, `-F "u eq 'ann@contoso.com'"`},
		{"o'neil@contoso.com", `a == "{account}"`, `a == "o\'neil@contoso.com"`, `-F "u eq '{account}'"`, `-F "u eq 'o''neil@contoso.com'"`},
		{"o'neil@contoso.com", `a == '{account}'`, `a == 'o\'neil@contoso.com'`, `-I '{account}'`, `-I 'o''neil@contoso.com'`},
		{"ann\u2019s", `{ip}`, `203.0.113.9`, `-I '{account}'`, "-I 'ann\u2019\u2019s'"},
		{`x" or 1 == 1 //\`, `a == "{account}"`, `a == "x\" or 1 == 1 //\\"`, `-I "{account}"`, "# " + left + "\n" + `-I "{account}"`},
		{`x$(calc)`, `a == "{account}"`, `a == "x$(calc)"`, `-F "u eq '{account}'"`, "# " + left + "\n" + `-F "u eq '{account}'"`},
		{"x\u201dy", `{last_seen}`, `1970-01-02T00:01:00Z`, `-I "{account}"`, "# " + left + "\n" + `-I "{account}"`},
		{"x\ndrop", `a == "{account}"`, "// " + left + "\n" + `a == "{account}"`, `-I '{account}'`, "# " + left + "\n" + `-I '{account}'`},
		{"x y", `a == {account}`, "// " + left + "\n" + `a == {account}`, `-I {account}`, "# " + left + "\n" + `-I {account}`},
		{`x"y`, `a == @"{account}"`, "// " + left + "\n" + `a == @"{account}"`, "-I 'a`' {account}'", "# " + left + "\n" + "-I 'a`' {account}'"},
	} {
		got := queries(t, tt.kql, tt.powershell, tt.account)
		if got.KQL != tt.wantKQL || got.PowerShell != tt.wantPowerShell {
			t.Errorf("%q:\ngot  %s\n     %s\nwant %s\n     %s", tt.account, got.KQL, got.PowerShell, tt.wantKQL, tt.wantPowerShell)
		}
	}
}

// TestPivotsSayWhatIsMissing: no value, or the first of many.
func TestPivotsSayWhatIsMissing(t *testing.T) {
	d := spray()
	d.Rule.Vakt.Pivots.KQL = `a == "{account}" and i == "{ip}"`
	d.Entities = []event.Entity{{Kind: "account", ID: "a1"}, {Kind: "account", ID: "a2"}}
	want := "// {account}: the first of 2\n// {ip}: the alert names none\n" + `a == "a1" and i == "{ip}"`
	if got := one(t, d).Pivots.KQL; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	d.Group = []string{"a2"}
	if got := one(t, d).Pivots.KQL; !strings.Contains(got, `a == "a2"`) || strings.Contains(got, "first of") {
		t.Errorf("grouped by a2: got %s", got)
	}
}

// FuzzPivots: whatever an account is called, the quotes around it stay even.
func FuzzPivots(f *testing.F) {
	for _, s := range []string{"ann", `'`, `"`, `\`, `\"`, "''", "\u2019", "`", "$x", "a\nb", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, account string) {
		got := queries(t, `a == "{account}"`, `-I '{account}'`, account)
		if strings.Contains(got.KQL, "{account}") || strings.Contains(got.PowerShell, "{account}") {
			return // left out, or the account is called that
		}
		inside := got.KQL[len(`a == "`) : len(got.KQL)-1]
		if strings.ContainsAny(strings.NewReplacer(`\\`, "", `\"`, "", `\'`, "").Replace(inside), "\\\"'\n\r") {
			t.Errorf("KQL %s", got.KQL)
		}
		inside = got.PowerShell[len(`-I '`) : len(got.PowerShell)-1]
		for _, quote := range "'\u2018\u2019\u201a\u201b" {
			inside = strings.ReplaceAll(inside, string(quote)+string(quote), "")
		}
		if strings.ContainsAny(inside, "'\u2018\u2019\u201a\u201b\n\r") {
			t.Errorf("PowerShell %s", got.PowerShell)
		}
	})
}

// TestFolding: marked where one stronger alert of the day holds all records
// and accounts, and only then.
func TestFolding(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(weak, strong *detect.Detection)
		folded bool
	}{
		{"all records", func(_, _ *detect.Detection) {}, true},
		{"part of the records", func(w, _ *detect.Detection) { w.Records = []string{"a", "z"} }, false},
		{"another day", func(w, _ *detect.Detection) { w.Day++ }, false},
		{"another tenant", func(w, _ *detect.Detection) { w.Tenant = "t2" }, false},
		{"another account", func(w, _ *detect.Detection) { w.Entities = []event.Entity{{Kind: "account", ID: "0b"}} }, false},
		{"another rule", func(_, s *detect.Detection) { s.Rule.Name = "other" }, false},
		{"a circle", func(_, s *detect.Detection) { s.Rule.Vakt.FoldsInto = "weak" }, false},
	} {
		weak, strong := spray(), spray()
		weak.Rule.Name, weak.Rule.Vakt.FoldsInto, weak.Records, strong.Rule.Name = "weak", "strong", []string{"b"}, "strong"
		tt.change(&weak, &strong)
		for _, a := range alert.From([]*detect.Detection{&weak, &strong}, context) {
			of := one(t, strong).ID
			if want := a.Rule == "weak" && tt.folded; (a.FoldedInto == of) != want || !want && a.FoldedInto != "" {
				t.Errorf("%s: %s is folded into %q", tt.name, a.Rule, a.FoldedInto)
			}
		}
	}
}

// TestWhyOfEveryKind: number and words read as one phrase.
func TestWhyOfEveryKind(t *testing.T) {
	base := []rule.Base{{Rule: &rule.Compiled{Rule: &rule.Rule{Name: "a"}}}, {Rule: &rule.Compiled{Rule: &rule.Rule{Name: "b"}}}}
	for _, tt := range []struct {
		change func(*detect.Detection)
		want   string
	}{
		{func(d *detect.Detection) { d.Rule.Type, d.Rule.Base, d.Bases = "temporal", base, []string{"a", "b"} }, "of 2 rules: a, b"},
		{func(d *detect.Detection) {
			d.Rule.Type, d.Rule.Base, d.Bases = "temporal_ordered", base, []string{"a", "b"}
		}, "of 2 rules in order: a, b"},
		{func(d *detect.Detection) { d.Rule.Type = "value_sum" }, "as the sum of account"},
		{func(d *detect.Detection) { d.Rule.Type = "value_avg" }, "as the mean of account"},
		{func(d *detect.Detection) { d.Rule.Type, d.Rule.Percentile = "value_percentile", 95 }, "as percentile 95 of account, by nearest rank"},
		{func(d *detect.Detection) { d.Rule.Base[0].Values = []event.Field{1, 3} }, "distinct combinations of account and ip"},
		{func(d *detect.Detection) { d.Rule.Bounds = append(d.Rule.Bounds, rule.Bound{Op: "lt", Number: 50}) }, "distinct accounts (at least 10 and fewer than 50)"},
		{func(d *detect.Detection) { d.Rule.Bounds[0].Op = "gt" }, "distinct accounts (more than 10)"},
		{func(d *detect.Detection) {
			d.Rule.Type, d.Rule.Collapse = "event_count", &rule.Collapse{By: []string{"correlationId"}, Within: 1e10}
		},
			"operations, with sign-ins of equal correlationId within 10s as one"},
	} {
		d := spray()
		tt.change(&d)
		if got := one(t, d).Why[0].What; got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	d := spray()
	d.Rule.NotFollowedBy = &rule.NotFollowedBy{Base: base[:1], Within: 6e11}
	d.Raised = []detect.Raised{{Raise: &rule.Raise{Name: "account", AtLeast: 10, Level: rule.High}, Value: 12}}
	got := one(t, d).Why
	if len(got) != 3 || got[1].What != "times followed by a in the 10m after" || got[2].What != "distinct accounts in all: high" || got[2].Threshold != 10 || got[2].Value != 12 {
		t.Errorf("got %+v", got)
	}
}
