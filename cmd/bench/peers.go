//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// plainRules are rules that peers can be asked as well, as they are plain
// conditions over columns.
type plainRules struct {
	name       string // for people
	keys       string // file with the keys of the rules
	conditions []condition
}

// peers measures the engine beside peers, which count the matches of plain
// rules. It is asked the same twice: those rules that alert by themselves, as
// they stand in a set, and then all of them, with those that only correlations
// count. The second is what matching and facts cost where every sign-in
// matches something; nobody wants the alerts.
func (b *bench) peers(ctx context.Context) error {
	duck, err := newDuck(ctx, b.dir, b.duckdb)
	if err != nil {
		if err := b.say("\nDuckDB is left out: %v\n", err); err != nil {
			return err
		}
	}
	for _, alone := range []bool{true, false} {
		p, err := b.plainRules(alone)
		if err != nil {
			return err
		}
		if err := b.besides(ctx, duck, p); err != nil {
			return err
		}
	}
	return nil
}

// besides measures one set of rules beside peers.
func (b *bench) besides(ctx context.Context, duck *duck, p *plainRules) error {
	file, rules := b.input.file, append(b.allRules(), "-keys", p.keys)
	ways := []way{
		b.detect(1, rules, file).named("`vakt detect`, %s: facts and alerts", p.name),
		b.child(1, append(append([]string{"-way", "count"}, rules...), file)...).named("Vakt, the same: matches counted"),
		b.child(1, append(append([]string{"-way", "decode"}, rules...), file)...).named("encoding/json, each of the same: matches counted"),
	}
	if duck != nil {
		if err := duck.ask(file, p.conditions); err != nil {
			return err
		}
		ways = append(ways, way{name: "DuckDB, 1 thread, the same: matches counted", command: duck.command})
	}
	all, err := b.measure(ctx, b.rounds, ways...)
	if err != nil {
		return err
	}
	alerting, counting, peers := all[0], all[1], all[2:]
	for _, f := range peers {
		if err := same(f.name+" against vakt", f.told.Matches, counting.told.Matches); err != nil {
			return err
		}
	}
	if err := b.say("\nBeside peers, with %s: %d matches, the same rule by rule in all engines; %d alerts.\n", p.name, sum(counting.told.Matches), sum(alerting.told.Alerts)); err != nil {
		return err
	}
	var lines strings.Builder
	for i, f := range peers {
		name := []string{"encoding/json", "DuckDB"}[i]
		must, reach := [][2]float64{{10, 18}, {1.5, 3}}[i][0], [][2]float64{{10, 18}, {1.5, 3}}[i][1]
		lines.WriteString(figure("against "+name+", both counting, ×", times(f.cpu, counting.cpu), must, reach))
		lines.WriteString(figure("the same, Vakt with facts and alerts, ×", times(f.cpu, alerting.cpu), must, reach))
	}
	return b.engineTable(all, lines.String())
}

// plainRules writes the keys of the rules that peers can be asked as well;
// alone are those that alert by themselves.
func (b *bench) plainRules(alone bool) (*plainRules, error) {
	var paths []string
	if b.rules != "" {
		paths = append(paths, b.rules)
	}
	rules, _ := daemon.LoadRules(vakt.Rules, paths) // problems end the children
	if alone {
		set, _ := rule.Compile(rules, event.NewSchema(), baseline.Default())
		rules = slices.DeleteFunc(rules, func(r *rule.Rule) bool {
			return !slices.ContainsFunc(set.Rules(), func(c *rule.Compiled) bool { return c.Rule == r && set.Alerting(c) })
		})
	}
	conditions, err := conditionsOf(rules)
	if err != nil {
		return nil, err
	}
	p := &plainRules{conditions: conditions, keys: b.path(fmt.Sprintf("plain-%t", alone))}
	p.name = fmt.Sprintf("the %d plain rules that alert by themselves", len(conditions))
	if !alone {
		p.name = fmt.Sprintf("all %d plain rules, also those that only correlations count", len(conditions))
	}
	var keys []string
	for _, c := range conditions {
		keys = append(keys, c.key)
	}
	return p, os.WriteFile(p.keys, []byte(strings.Join(keys, "\n")), 0o600)
}
