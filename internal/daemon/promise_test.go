package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/alert"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/sim"
	"vakt/internal/source"
)

// TestOrderSplitCompressionAndDuplicationChangeNothing is the promise of the
// product: the same records give byte-equal alerts.
func TestOrderSplitCompressionAndDuplicationChangeNothing(t *testing.T) {
	records := story(t)
	for n, shape := range []sim.Shape{sim.GraphBeta, sim.GraphV1, sim.AzureMonitor, sim.LogAnalytics, sim.UnifiedExport, sim.PortalCSV, sim.LogAnalyticsCSV, sim.PurviewCSV} {
		t.Run(string(shape), func(t *testing.T) {
			first := run(t, batch(t), asShape(t, shape, records))
			want := asJSON(t, first.Alerts)
			if len(first.Alerts) < 15 {
				t.Fatalf("only %d alerts: the story tells nothing", len(first.Alerts))
			}
			for seed := range uint64(3) {
				random := rand.New(rand.NewPCG(seed, uint64(n)))
				folder, copies := shuffled(t, random, shape, records)
				b := batch(t)
				b.Workers, b.FactBytes, b.Temp = []int{0, 1, 4}[seed], []int{0, 1, 20_000}[seed], t.TempDir()
				again := run(t, b, folder)
				if diff := cmp.Diff(want, asJSON(t, again.Alerts)); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
				if left, err := os.ReadDir(b.Temp); err != nil || len(left) > 0 {
					t.Errorf("seed %d: left behind: %v, %v", seed, left, err)
				}
				a, z := first.Ledger.Total(), again.Ledger.Total()
				if z.Evaluated != a.Evaluated || z.Duplicate != a.Duplicate+copies || z.Quarantined != 0 {
					t.Errorf("seed %d: %d evaluated and %d duplicates after %d copies, before %d and %d", seed, z.Evaluated, z.Duplicate, copies, a.Evaluated, a.Duplicate)
				}
				if diff := cmp.Diff(first.Ledger.Ungrouped, again.Ledger.Ungrouped); diff != "" {
					t.Errorf("seed %d: %s", seed, diff)
				}
			}
		})
	}
}

// shuffled writes the story in any order over files of any container and
// compression, some records twice.
func shuffled(t *testing.T, random *rand.Rand, shape sim.Shape, records []sim.Record) (folder string, copies int) {
	t.Helper()
	all := slices.Clone(records)
	for _, r := range records {
		if random.IntN(10) == 0 {
			all = append(all, r)
			copies++
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	folder = t.TempDir()
	for i := 0; len(all) > 0; i++ {
		n := min(len(all), 1+random.IntN(len(records)/3))
		piece := all[:n]
		all = all[n:]
		for _, s := range []sim.Shape{shape, sim.GraphBeta, sim.ManagementActivity} {
			var fitting []sim.Record
			piece = slices.DeleteFunc(slices.Clone(piece), func(r sim.Record) bool {
				if s.Carries(r.Log) {
					fitting = append(fitting, r)
				}
				return s.Carries(r.Log)
			})
			if len(fitting) == 0 {
				continue
			}
			containers := sim.Containers(s)
			for log, list := range perFile(s, fitting) {
				render(t, filepath.Join(folder, fmt.Sprintf("%03d-%s-%s", i, s, log)), s, containers[random.IntN(len(containers))],
					[]sim.Compression{sim.None, sim.Gzip, sim.Zstd, sim.Zip}[random.IntN(4)], list)
			}
		}
	}
	return folder, copies
}

// perFile parts records by the files in which a shape exports them: one for
// each log where it is CSV, else one for all.
func perFile(s sim.Shape, records []sim.Record) map[string][]sim.Record {
	files := map[string][]sim.Record{}
	for _, r := range records {
		name := "all"
		if slices.Contains(sim.Containers(s), sim.CSV) {
			name = r.Log
		}
		files[name] = append(files[name], r)
	}
	return files
}

// gist is what is promised to be the same in every shape.
type gist struct {
	ID, Rule    string
	Severity    rule.Severity
	First, Last string
	Count       int
	Entities    []event.Entity
	Why         []alert.Why
}

// gists leaves out the rules named.
func gists(alerts []alert.Alert, without map[string]bool) []gist {
	var all []gist
	for _, a := range alerts {
		if !without[a.Rule] {
			all = append(all, gist{a.ID, a.Rule, a.Severity, a.FirstSeen, a.LastSeen, a.Count, a.Entities, a.Why})
		}
	}
	return all
}

func named(lists ...[]source.Blind) map[string]bool {
	rules := map[string]bool{}
	for _, b := range slices.Concat(lists...) {
		rules[b.Rule] = true
	}
	return rules
}

// TestShapesTellTheSame: the full shapes give equal alerts, the others for
// every rule that the ledger does not name blind or weak.
func TestShapesTellTheSame(t *testing.T) {
	// These count attempts, which only the full shapes tell from records.
	signInRules := []string{"brute", "disabled", "few", "negated", "single-factor", "spray"}
	all := story(t)
	beta := run(t, batch(t), asShape(t, sim.GraphBeta, all))
	for _, tt := range []struct {
		shape sim.Shape
		named []string // that the ledger names, and no others
	}{
		{sim.PortalJSON, nil}, {sim.AzureMonitor, nil}, {sim.LogAnalytics, nil},
		{sim.GraphV1, signInRules},
		{sim.ManagementActivity, signInRules}, {sim.AuditLogRecord, signInRules}, {sim.UnifiedExport, signInRules},
		{sim.LogAnalyticsCSV, nil}, {sim.PortalCSV, signInRules}, {sim.PurviewCSV, signInRules}, {sim.UnifiedCSV, signInRules},
	} {
		t.Run(string(tt.shape), func(t *testing.T) {
			other := run(t, batch(t), asShape(t, tt.shape, all))
			without := named(other.Ledger.Blind, other.Ledger.Weak)
			if diff := cmp.Diff(tt.named, sortedNames(without)); diff != "" {
				t.Errorf("named blind or weak: %s", diff)
			}
			if diff := cmp.Diff(gists(beta.Alerts, without), gists(other.Alerts, without)); diff != "" {
				t.Error(diff)
			}
			a, b := beta.Ledger.Total(), other.Ledger.Total()
			if a.Evaluated != b.Evaluated || b.Quarantined > 0 || b.Skipped() > 0 {
				t.Errorf("%d evaluated, %d quarantined, out of scope %v; as beta %d", b.Evaluated, b.Quarantined, b.OutOfScope, a.Evaluated)
			}
		})
	}
}

func sortedNames(m map[string]bool) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// TestBlindRulesAreNamed: on v1.0 the rule that needs the requirement finds
// nothing and the ledger says so; where it is there, it is not named.
func TestBlindRulesAreNamed(t *testing.T) {
	records := story(t)
	report := run(t, batch(t), asShape(t, sim.GraphV1, records))
	if !named(report.Ledger.Blind)["single-factor"] {
		t.Errorf("blind: %v", report.Ledger.Blind)
	}
	for _, a := range report.Alerts {
		if a.Rule == "single-factor" {
			t.Errorf("alert %s of a field that is not there", a.ID)
		}
	}
}

// TestFilters: since is inclusive, until exclusive, another tenant's records
// are left out and those that name none are taken; all of it counted.
func TestFilters(t *testing.T) {
	envelope := func(tenant, properties string) string {
		return `{"time":"2026-03-09T00:00:00Z","category":"SignInLogs","tenantId":"` + tenant + `","properties":` + properties + "}\n"
	}
	input := signInText(1, "2026-03-02T10:00:00.9Z", 50057, `"ipAddress":"192.0.2.1"`) + "\n" +
		envelope("11111111-2222-3333-4444-555555555555", signInText(2, "2026-03-02T10:00:01Z", 50057, `"ipAddress":"192.0.2.1"`)) +
		envelope("11111111-2222-3333-4444-55555555555A", signInText(3, "2026-03-02T10:00:02Z", 50057, `"ipAddress":"192.0.2.1"`)) +
		signInText(4, "2026-03-02T10:00:03Z", 50057, `"ipAddress":"192.0.2.1"`) + "\n"
	const second = 1772445600 // 2026-03-02T10:00:00Z
	for _, tt := range []struct {
		tenant               string
		since, until         int64
		evaluated, fromWhole int
	}{
		{"", 0, 0, 4, 4},
		{"", second, 0, 4, 4},
		{"", second + 1, 0, 3, 4},
		{"", 0, second + 3, 3, 4},
		{"", second + 1, second + 3, 2, 4},
		{"11111111-2222-3333-4444-55555555555a", 0, 0, 3, 4},
		{"11111111-2222-3333-4444-55555555555A", second + 1, second + 3, 1, 4},
		{"", second + 9, 0, 0, 4},
	} {
		b := batch(t)
		b.Tenant, b.Since, b.Until = tt.tenant, tt.since, tt.until
		report := runText(t, b, input)
		e := report.Ledger.Inputs[0]
		if e.Evaluated != tt.evaluated || e.Filtered != tt.fromWhole-tt.evaluated || e.Decoded != 4 || len(report.Alerts) != tt.evaluated {
			t.Errorf("%+v: %d evaluated, %d filtered, %d decoded, %d alerts", tt, e.Evaluated, e.Filtered, e.Decoded, len(report.Alerts))
		}
		if report.Ledger.Incomplete() != "" {
			t.Errorf("%+v: %s", tt, report.Ledger.Incomplete())
		}
		for _, a := range report.Alerts {
			if tt.tenant != "" && a.Tenant != strings.ToLower(tt.tenant) {
				t.Errorf("%+v: alert of tenant %q", tt, a.Tenant)
			}
		}
	}
}

// TestTenantOfTheRunIsShown: the one tenant that the records name, without a
// part in the identity.
func TestTenantOfTheRunIsShown(t *testing.T) {
	bare := signInText(1, "2026-03-02T10:00:00Z", 50057, `"ipAddress":"192.0.2.1"`)
	envelope := `{"category":"SignInLogs","tenantId":"11111111-2222-3333-4444-555555555555","properties":` + bare + "}"
	without, with := runText(t, batch(t), bare).Alerts, runText(t, batch(t), envelope).Alerts
	if len(with) != 1 || with[0].Tenant != "11111111-2222-3333-4444-555555555555" || without[0].Tenant != "" || with[0].ID != without[0].ID {
		t.Errorf("with a tenant %+v\nwithout %+v", with, without)
	}
}

// TestVersionsAcrossInputs: a record that comes again, changed, is a duplicate
// and shown as it was last.
func TestVersionsAcrossInputs(t *testing.T) {
	folder := t.TempDir()
	old := signInText(1, "2026-03-02T10:00:00Z", 50057, `"ipAddress":"192.0.2.1","lastUpdatedDateTime":"2026-03-02T10:00:00Z"`)
	newer := strings.NewReplacer("User1@Contoso.com", "renamed@contoso.com", `"lastUpdatedDateTime":"2026-03-02T10`, `"lastUpdatedDateTime":"2026-03-02T11`).Replace(old)
	for name, text := range map[string]string{"a.json": newer, "b.json": old} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report := run(t, batch(t), folder)
	if total := report.Ledger.Total(); total.Evaluated != 1 || total.Duplicate != 1 || report.Ledger.Inputs[1].Duplicate != 1 {
		t.Errorf("ledger %+v", total)
	}
	if len(report.Alerts) != 1 || report.Alerts[0].Count != 1 || report.Alerts[0].Entities[0].Name != "renamed@contoso.com" {
		t.Errorf("alerts %+v", report.Alerts)
	}
}

// TestShapesTogetherAreOneLog: the same records in several shapes are
// duplicates, and tell what the fullest of them tells.
func TestShapesTogetherAreOneLog(t *testing.T) {
	records := story(t)
	beta := run(t, batch(t), asShape(t, sim.GraphBeta, records))
	all := run(t, batch(t), asShape(t, sim.GraphBeta, records), asShape(t, sim.GraphV1, records),
		asShape(t, sim.AzureMonitor, records), asShape(t, sim.LogAnalytics, records))
	if diff := cmp.Diff(gists(beta.Alerts, nil), gists(all.Alerts, nil)); diff != "" {
		t.Error(diff)
	}
	a, b := beta.Ledger.Total(), all.Ledger.Total()
	if b.Evaluated != a.Evaluated || b.Duplicate != 3*a.Evaluated {
		t.Errorf("%d evaluated and %d duplicates, as beta alone %d", b.Evaluated, b.Duplicate, a.Evaluated)
	}
}
