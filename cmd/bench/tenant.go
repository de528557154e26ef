//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"vakt"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// tenantCommand is the first argument of a process that writes a simulated
// tenant as files. It is a process of its own: on Linux what a child is said
// to have used at most is not less than what its parent had when it began.
const tenantCommand = "tenant-files"

// mostTenantMiB is what reading and judging a tenant of 100,000 accounts may
// take.
const mostTenantMiB = 300

// tenant counts the requests of one pass over a tenant, and measures the
// memory that judging it takes.
func (b *bench) tenant(ctx context.Context) error {
	if err := b.say("\n## A tenant of %d accounts\n\n", b.accounts); err != nil {
		return err
	}
	if err := b.pass(ctx); err != nil {
		return err
	}
	return b.judging(ctx)
}

// pass runs the test that counts requests. It is a test, since only there a
// clock can be virtual: the pass takes twenty minutes of the services' time.
func (b *bench) pass(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "test", "./internal/directory", "-run", "^TestPassKeepsToItsBudget$", "-count=1", "-timeout=60m", "-v",
		"-args", "-accounts", strconv.Itoa(b.accounts))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("count the requests: %w: %.2000s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if said, ok := strings.CutPrefix(line, "        "); ok {
			if err := b.say("%s", said); err != nil {
				return err
			}
		}
	}
	return nil
}

// judging measures `vakt scan` over the files of the tenant, on two cores.
// Reading over the network holds a page at a time and takes less.
func (b *bench) judging(ctx context.Context) error {
	files, program := b.path("tenant"), b.path("vakt")
	for _, args := range [][]string{{b.self, tenantCommand, files, strconv.Itoa(b.accounts)}, {"go", "build", "-o", program, "./cmd/vakt"}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %.400s", args[0], err, out)
		}
	}
	for _, as := range [][]string{{"scan"}, {"scan", "-o", "jsonl"}, {"report", "--out", b.path("report.html")}} {
		name := strings.ReplaceAll(strings.Join(as, " "), b.dir+"/", "")
		args := append(as, "--offline", files, "--quiet")
		w := way{name: name, cores: 2, silent: true, command: func(ctx context.Context) *exec.Cmd {
			return exec.CommandContext(ctx, program, args...)
		}}
		start := time.Now()
		all, err := b.measure(ctx, 1, w)
		if err != nil {
			return err
		}
		verdict := "met"
		if all[0].mib() > mostTenantMiB {
			verdict = "**missed**"
		}
		if err := b.say("vakt %s over its files: %.0f MiB at most (asked: %d, %s), %.1f s\n", name,
			all[0].mib(), mostTenantMiB, verdict, time.Since(start).Seconds()); err != nil {
			return err
		}
	}
	return nil
}

// writeTenant writes a simulated tenant into a new folder.
func writeTenant(args []string) error {
	if len(args) != 2 {
		return errors.New(tenantCommand + " takes a folder and a number of accounts")
	}
	accounts, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	scenarios, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		return err
	}
	scene, err := sim.Load(scenarios, "big")
	if err == nil {
		scene, err = scene.WithAccounts(accounts)
	}
	if err != nil {
		return err
	}
	state, _, err := rig.Generate(scene, rig.Options{Clock: time.Now, Seed: 1})
	if err != nil {
		return err
	}
	if err := os.Mkdir(args[0], 0o700); err != nil {
		return err
	}
	return state.Export(args[0])
}
