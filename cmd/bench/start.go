//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
)

const (
	mostCompile = 20e-3 // seconds of processor time that loading and compiling our rules may take
	startRounds = 15    // at least: they are short
)

// start measures what is spent before a run reads: the rules alone, from their
// text to a detector that is ready, and the whole process, with what every
// library makes ready before main. Both are asked of the process itself.
func (b *bench) start(ctx context.Context) error {
	file, err := b.firstRecord()
	if err != nil {
		return err
	}
	ways := []way{b.detect(1, []string{"-builtin"}, file).named("ours")}
	if b.rules != "" {
		ways = append(ways, b.detect(1, b.allRules(), file).named("all"))
	}
	all, err := b.measure(ctx, max(b.rounds, startRounds), ways...)
	if err != nil {
		return err
	}
	if err := b.say("\n| rules | | loading and compiling them, ms of CPU | least | whole start of the process, ms of CPU | least |\n|---|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, f := range all {
		if err := b.say("| %s | %d | %.1f | %.1f | %.1f | %.1f |\n", f.name, f.told.Rules, median(f.compile)*1e3, least(f.compile)*1e3, median(f.start)*1e3, least(f.start)*1e3); err != nil {
			return err
		}
	}
	got, verdict := median(all[0].compile), "met"
	if got > mostCompile {
		verdict = "**missed**"
	}
	return b.say("\n| figure | measured | must | |\n|---|---|---|---|\n| our rules loaded and compiled, ms of CPU | %.1f | %.0f | %s |\n", got*1e3, mostCompile*1e3, verdict)
}

// firstRecord is a file with the first record of the input.
func (b *bench) firstRecord() (string, error) {
	in, err := os.Open(b.input.file)
	if err != nil {
		return "", err
	}
	defer in.Close() //nolint:errcheck // read only
	line, err := bufio.NewReader(in).ReadBytes('\n')
	if err != nil {
		return "", fmt.Errorf("read the first record: %w", err)
	}
	file := b.path("one.jsonl")
	return file, os.WriteFile(file, line, 0o600)
}
