//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"vakt"
	"vakt/internal/daemon"
)

// allRules are the arguments for our rules and the public ones.
func (b *bench) allRules() []string {
	args := []string{"-builtin"}
	if b.rules != "" {
		args = append(args, "-rules", b.rules)
	}
	return args
}

// detect is the complete engine with some rules, on some cores.
func (b *bench) detect(cores int, rules []string, file string, more ...string) way {
	args := append([]string{"-way", "detect", "-workers", fmt.Sprint(cores)}, rules...)
	return b.child(cores, append(append(args, more...), file)...)
}

// The places of the ways that the engine is measured in.
const (
	complete = iota + 2 // after wc and reading alone
	portable
)

// engine measures the complete engine, and then beside peers.
func (b *bench) engine(ctx context.Context) error {
	file := b.input.file
	all, err := b.measure(ctx, b.rounds,
		way{name: "`wc -l`", silent: true, command: func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, "wc", "-l", file) }},
		b.child(1, "-way", "read", file).named("reading alone: split, validate, recognise, time, key"),
		b.detect(1, b.allRules(), file).named("**`vakt detect`, all rules**"),
		b.detect(1, b.allRules(), file, "-portable").named("the same, portable path"))
	if err != nil {
		return err
	}
	if err := b.agree(ctx); err != nil {
		return err
	}
	at := func(i int) float64 { return rate(b.input.bytes, all[i].cpu) }
	err = b.engineTable(all, figure("all rules, MB per CPU-second", at(complete), 700, 1400)+figure("portable path, MB per CPU-second", at(portable), 300, 800))
	if err != nil {
		return err
	}
	return b.peers(ctx)
}

// agree compares the alerts with the truth.
func (b *bench) agree(ctx context.Context) error {
	truth, err := b.measure(ctx, 1, b.detect(1, []string{"-builtin"}, b.input.file).named("`vakt detect`, our rules"))
	if err != nil {
		return err
	}
	if err := same("alerts against the simulator's truth", truth[0].told.Alerts, b.known(b.input.truth)); err != nil {
		return err
	}
	return b.say("\nOur rules raise the %d alerts of the simulator's truth, rule by rule.\n", sum(truth[0].told.Alerts))
}

// known leaves out what no rule of ours looks for yet.
func (b *bench) known(truth map[string]int) map[string]int {
	rules, _ := daemon.LoadRules(vakt.Rules, nil) // problems end the children
	known := map[string]int{}
	for _, r := range rules {
		if n := truth[r.Key()]; n > 0 {
			known[r.Key()] = n
		}
	}
	return known
}

// engineTable says what was measured, and the figures that are asked.
func (b *bench) engineTable(all []*figures, lines string) error {
	if err := b.say("\n| way | rules | MB per CPU-second | in the best round | thousand events per CPU-second | start, ms of CPU | of it rules | peak MiB |\n|---|---|---|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, f := range all {
		r := rate(b.input.bytes, f.cpu)
		if err := b.say("| %s | %d | %.0f | %.0f | %.0f | %.0f | %.0f | %s |\n", f.name, f.told.Rules, r, best(b.input.bytes, f.cpu),
			r*float64(b.input.events)/float64(b.input.bytes)*1e3, median(f.start)*1e3, median(f.compile)*1e3, f.peakTold()); err != nil {
			return err
		}
	}
	return b.say("\n| figure | measured | must | reach | |\n|---|---|---|---|---|\n%s", lines)
}

// figure is a line that compares a figure with what is asked.
func figure(name string, got, must, reach float64) string {
	return fmt.Sprintf("| %s | %.4g | %s |\n", name, got, asked(got, must, reach, false))
}

// ruleCost measures what a thousand quiet rules cost beside ten.
func (b *bench) ruleCost(ctx context.Context) error {
	var ways []way
	for _, n := range []int{10, 200, 1000} {
		file, err := synthetic(b.dir, n)
		if err != nil {
			return err
		}
		ways = append(ways, b.detect(1, []string{"-rules", file}, b.input.file).named("%d", n))
	}
	all, err := b.measure(ctx, b.rounds, ways...)
	if err != nil {
		return err
	}
	if err := b.say("\n| quiet rules | MB per CPU-second | start, ms of CPU | peak MiB |\n|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, f := range all {
		if n := sum(f.told.Alerts); n > 0 {
			return fmt.Errorf("%s quiet rules raise %d alerts", f.name, n)
		}
		if err := b.say("| %s | %.0f | %.0f | %.0f |\n", f.name, rate(b.input.bytes, f.cpu), median(f.start)*1e3, f.mib()); err != nil {
			return err
		}
	}
	ratio := times(all[2].cpu, all[0].cpu)
	return b.say("\n| figure | measured | must | reach | |\n|---|---|---|---|---|\n| 1,000 rules against 10, CPU × | %.2f | %s |\n", ratio, asked(ratio, 1.25, 1.05, true))
}

// cores measures two cores against one, on the clock.
func (b *bench) cores(ctx context.Context) error {
	if runtime.NumCPU() < 2 {
		return b.say("\nTwo cores are not measured: there is one.\n")
	}
	all, err := b.measure(ctx, b.rounds, b.detect(1, b.allRules(), b.input.file).named("1"), b.detect(2, b.allRules(), b.input.file).named("2"))
	if err != nil {
		return err
	}
	if err := same("two cores against one", all[1].told.Alerts, all[0].told.Alerts); err != nil {
		return err
	}
	if err := b.say("\n| cores | MB per second of the clock | in the best round | MB per CPU-second | peak MiB |\n|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, f := range all {
		if err := b.say("| %s | %.0f | %.0f | %.0f | %.0f |\n", f.name, rate(b.input.bytes, f.wall), best(b.input.bytes, f.wall), rate(b.input.bytes, f.cpu), f.mib()); err != nil {
			return err
		}
	}
	ratio := times(all[0].wall, all[1].wall)
	return b.say("\n| figure | measured | must | reach | |\n|---|---|---|---|---|\n| two cores against one, × | %.2f | %s |\n", ratio, asked(ratio, 1.6, 1.9, false))
}

// memory measures the peak without correlations.
func (b *bench) memory(ctx context.Context) error {
	file, err := synthetic(b.dir, 200)
	if err != nil {
		return err
	}
	all, err := b.measure(ctx, 1, b.detect(runtime.NumCPU(), []string{"-rules", file}, b.input.file).named("200 quiet rules"))
	if err != nil {
		return err
	}
	slots := float64(16*b.input.events) / (1 << 20)
	return b.say("\n| figure | measured | must | reach | |\n|---|---|---|---|---|\n| peak MiB without correlations, %d workers | %.0f | %s |\n",
		runtime.NumCPU(), all[0].mib(), asked(all[0].mib(), 64+slots, 40+slots, true))
}

// correlations measures one correlation with very many live keys, and what a
// hot key costs.
func (b *bench) correlations(ctx context.Context) error {
	rules := b.path("crowd.yml")
	if err := os.WriteFile(rules, []byte(crowdRules), 0o600); err != nil {
		return err
	}
	var ways []way
	for _, hot := range []bool{false, true} {
		name := map[bool]string{false: "even", true: "a tenth from one address"}[hot]
		in, err := crowd(b.path(strings.ReplaceAll(name, " ", "-")), b.keys, hot)
		if err != nil {
			return err
		}
		ways = append(ways, b.detect(1, []string{"-rules", rules}, in.file).named("%s", name))
	}
	all, err := b.measure(ctx, min(3, b.rounds), ways...)
	if err != nil {
		return err
	}
	if n, hot := sum(all[0].told.Alerts), sum(all[1].told.Alerts); n != 0 || hot != 1 {
		return fmt.Errorf("%d and %d alerts, expected none and one", n, hot)
	}
	if err := b.say("\n| %d live keys of one correlation | ns of CPU an event | peak MiB |\n|---|---|---|\n", b.keys); err != nil {
		return err
	}
	for _, f := range all {
		if err := b.say("| %s | %.0f | %.0f |\n", f.name, median(f.cpu)*1e9/float64(b.keys), f.mib()); err != nil {
			return err
		}
	}
	ratio := times(all[1].cpu, all[0].cpu)
	return b.say("\n| figure | measured | must | reach | |\n|---|---|---|---|---|\n| peak MiB with the live keys | %.0f | %s |\n| a hot key against even, CPU × | %.2f | %s |\n",
		all[0].mib(), asked(all[0].mib(), 300, 100, true), ratio, asked(ratio, 1.5, 1, true))
}
