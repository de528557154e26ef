//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"time"

	"vakt/internal/extract"
)

// compressed measures gzip and zstd, in megabytes of output on the clock, with
// one core that inflates and one that matches. Beside it stands what bounds
// that: inflating alone, which one core does, and what matching takes, which
// keeps facts of compressed input at once, where a plain file leaves traces.
func (b *bench) compressed(ctx context.Context) error {
	if err := compress(b.input.file, b.path("events.gz"), gzipped); err != nil {
		return err
	}
	if err := compress(b.input.file, b.path("events.zst"), zstandard); err != nil {
		return err
	}
	inflate := func(file string) way { return b.child(1, "-way", "inflate", b.path(file)).named("inflating %s", file) }
	all, err := b.measure(ctx, b.rounds, b.detect(2, b.allRules(), b.path("events.gz")).named("gzip"), inflate("events.gz"),
		b.detect(2, b.allRules(), b.path("events.zst")).named("zstd"), inflate("events.zst"), b.detect(2, b.allRules(), b.input.file).named("not compressed"))
	if err != nil {
		return err
	}
	gzip, zstd, plain := all[0], all[2], all[4]
	for _, f := range []*figures{gzip, zstd} {
		if err := same(f.name+" against the plain file", f.told.Alerts, plain.told.Alerts); err != nil {
			return err
		}
	}
	if err := b.say("\n| input, two cores | MB of output per second of the clock | in the best round | must | reach | | ms of CPU per MB | inflating alone, ms of CPU per MB | bound: MB per second of one core that only inflates | of the bound |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n"); err != nil {
		return err
	}
	if err := b.inflated(gzip, all[1], 800, 1000); err != nil {
		return err
	}
	if err := b.inflated(zstd, all[3], 1200, 2000); err != nil {
		return err
	}
	return b.say("| %s | %.0f | %.0f | | | | %.2f | | | |\n", plain.name, rate(b.input.bytes, plain.wall), best(b.input.bytes, plain.wall), 1e3/rate(b.input.bytes, plain.cpu))
}

// inflated says how a compressed input is read, and what inflating it takes.
func (b *bench) inflated(f, alone *figures, must, reach float64) error {
	got, bound := rate(b.input.bytes, f.wall), rate(b.input.bytes, alone.cpu)
	return b.say("| %s | %.0f | %.0f | %s | %.2f | %.2f | %.0f | %.0f %% |\n", f.name, got, best(b.input.bytes, f.wall), asked(got, must, reach, false),
		1e3/rate(b.input.bytes, f.cpu), 1e3/bound, bound, 100*got/bound)
}

// inflate unpacks the files and does nothing with what is in them.
func (j *job) inflate() (out told, err error) {
	began, err := j.begin(&out)
	if err != nil {
		return out, err
	}
	err = j.each(func(f io.Reader) error {
		r, _, err := extract.Inflate(f, extract.Limits{})
		if err != nil {
			return err
		}
		_, err = io.CopyBuffer(io.Discard, r, make([]byte, 256<<10))
		return errors.Join(err, r.Close())
	})
	out.Wall = time.Since(began).Seconds()
	return out, err
}
