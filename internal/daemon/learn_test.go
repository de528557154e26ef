package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/sim"
)

// fortnight is two weeks of the first look, an ordinary small tenant with one
// day of attacks.
func fortnight(t *testing.T) []sim.Record {
	t.Helper()
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sim.Load(folder, "first-look")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.WithDays(14); err != nil {
		t.Fatal(err)
	}
	quieter := *s
	quieter.Life.SignIns = 2
	return slices.Collect(quieter.Generate(7))
}

// full is a batch with our own rules.
func full(t *testing.T) *daemon.Batch {
	t.Helper()
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	for _, p := range problems {
		if p.Stops() {
			t.Fatal(p)
		}
	}
	return &daemon.Batch{Rules: rules, Baseline: baseline.Default()}
}

// learnedOf is the proposal and what was learned for each account, as files.
func learnedOf(t *testing.T, b *daemon.Batch, inputs ...string) (p *baseline.Proposal, yaml, accounts string) {
	t.Helper()
	l, err := b.Learn(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	data, err := l.Proposal.YAML("b.learned.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	if n, err := l.Proposal.WriteLearned(&lines); err != nil || n != bytes.Count(lines.Bytes(), []byte("\n")) {
		t.Fatal(n, err)
	}
	return l.Proposal, string(data), lines.String()
}

// TestLearnDoesNotGoByOrder: any order, split, compression and duplication of
// the same records proposes the same baseline, byte for byte.
func TestLearnDoesNotGoByOrder(t *testing.T) {
	records := fortnight(t)
	_, yaml, accounts := learnedOf(t, full(t), asShape(t, sim.GraphBeta, records))
	for seed := range uint64(3) {
		folder, _ := shuffled(t, rand.New(rand.NewPCG(seed, 9)), sim.GraphBeta, records)
		b := full(t)
		b.Workers = []int{0, 3, 8}[seed]
		_, again, sameAccounts := learnedOf(t, b, folder)
		if diff := cmp.Diff(yaml, again); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		if accounts != sameAccounts {
			t.Errorf("seed %d: other accounts, or other values", seed)
		}
	}
}

// TestLearnLeavesOutWhoIsAttacked: who has an alert or a risk is named and not
// learned from, and what only they show is not proposed.
func TestLearnLeavesOutWhoIsAttacked(t *testing.T) {
	p, yaml, accounts := learnedOf(t, full(t), asShape(t, sim.GraphBeta, fortnight(t)))
	if len(p.LeftOut) == 0 || len(p.LeftOut) > 10 {
		t.Fatalf("%d accounts left out", len(p.LeftOut))
	}
	for _, out := range p.LeftOut {
		if strings.Contains(accounts, out.Account) {
			t.Errorf("%s was left out and learned", out.Name)
		}
		if !strings.Contains(yaml, "#   "+out.Name+": "+out.Why) {
			t.Errorf("%s is not named", out.Name)
		}
	}
	b, problems := baseline.Parse("b.yaml", []byte(yaml))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	countries, _ := b.Expand("approved_countries")
	if len(countries.Items) != 1 || countries.Items[0].Value != "SE" {
		t.Errorf("countries %v", countries.Items)
	}
	if !strings.Contains(yaml, "# - SG ") {
		t.Error("the country of the attacker is not shown")
	}
	egress, _ := b.Expand("known_egress_cidrs")
	for _, it := range egress.Items {
		if strings.HasPrefix(it.Value, "203.0.113.") {
			t.Errorf("the attacker's address %s became normal", it.Value)
		}
	}
	if len(egress.Items) == 0 {
		t.Error("no office was found")
	}
	with, problems := b.WithLearned("b.learned.jsonl", strings.NewReader(accounts))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	first, last, ok := with.Learned(firstAccount(t, accounts), "location.countryOrRegion", "se")
	if !ok || first >= last || first < p.From || last > p.Until {
		t.Errorf("learned %d to %d, %v", first, last, ok)
	}
}

func firstAccount(t *testing.T, lines string) string {
	t.Helper()
	_, rest, ok := strings.Cut(lines, `"account":"`)
	id, _, end := strings.Cut(rest, `"`)
	if !ok || !end {
		t.Fatal("no account was learned")
	}
	return id
}

// TestLearnNeedsThreeDays: less is refused with the reason.
func TestLearnNeedsThreeDays(t *testing.T) {
	b := full(t)
	b.Until = 1772409600 + 2*24*60*60 // the first two days
	_, err := b.Learn(context.Background(), []string{asShape(t, sim.GraphBeta, fortnight(t))})
	if err == nil || !strings.Contains(err.Error(), "at least 3 days") {
		t.Errorf("error %v", err)
	}
	audits := slices.DeleteFunc(fortnight(t), func(r sim.Record) bool { return r.Log != sim.Audit })
	_, err = full(t).Learn(context.Background(), []string{asShape(t, sim.GraphBeta, audits)})
	if !errors.Is(err, baseline.ErrNothingToLearn) {
		t.Errorf("error %v", err)
	}
}

// TestBacktest: a change is held against what the rules found before, and
// nothing but the change makes a difference.
func TestBacktest(t *testing.T) {
	input := asShape(t, sim.GraphBeta, fortnight(t))
	before := run(t, full(t), input)
	var confirmed []daemon.Confirmed
	rules := map[string]string{}
	for _, a := range before.Alerts {
		confirmed = append(confirmed, daemon.Confirmed{ID: a.ID})
		rules[a.ID] = a.Rule
	}
	confirmed = append(confirmed, daemon.Confirmed{ID: "0000", Rule: "elsewhere"})
	change, problems := baseline.Default().WithChange("c.yaml", []byte("failed_signin_threshold_user: 1000\nmute: [{rule: password-spray, entity: 203.0.113.9}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b := full(t)
	b.Workers = 3
	r, err := b.Backtest(context.Background(), []string{input}, change, confirmed)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"brute-force-account": daemon.FateGone, "failed-signins-threshold": daemon.FateGone, "password-spray": daemon.FateMuted}
	hidden := 0
	for _, c := range r.Confirmed {
		fate := daemon.FateKept
		if f, ok := want[rules[c.ID]]; ok {
			fate = f
		}
		if c.ID == "0000" {
			fate = daemon.FateNotFound
		}
		if c.Fate != fate || c.ID != "0000" && c.Rule != rules[c.ID] {
			t.Errorf("%s %s: %s, want %s", c.ID, c.Rule, c.Fate, fate)
		}
		if c.Hidden() {
			hidden++
		}
	}
	total, after := 0, 0
	for _, d := range r.Days {
		total, after = total+d.Before, after+d.After
		if d.After != d.Before-d.Gone-d.Muted+d.New {
			t.Errorf("the sum of %+v is not right", d)
		}
	}
	if total != len(before.Alerts) || after != total-hidden || hidden == 0 {
		t.Errorf("%d before, %d after, %d hidden; a run alone finds %d", total, after, hidden, len(before.Alerts))
	}
}

// TestBacktestWithoutChange: without a change nothing differs.
func TestBacktestWithoutChange(t *testing.T) {
	input := asShape(t, sim.GraphBeta, fortnight(t))
	r, err := full(t).Backtest(context.Background(), []string{input}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Days {
		if d.Before != d.After || d.Gone+d.Muted+d.New+d.Weaker > 0 {
			t.Errorf("%+v", d)
		}
	}
	if len(r.Days) == 0 || len(r.Asleep)+len(r.Woken) > 0 {
		t.Errorf("%d days, %v asleep, %v woken", len(r.Days), r.Asleep, r.Woken)
	}
	if _, err := full(t).Backtest(context.Background(), []string{filepath.Join(t.TempDir(), "none")}, nil, nil); err == nil {
		t.Error("an input that is not there was read")
	}
}
