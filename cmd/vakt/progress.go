package main

import (
	"fmt"
	"os"
	"time"

	"vakt/internal/source"
)

// progress tells how far a run is, on standard error: one line that renews
// itself on a terminal, a line every ten seconds elsewhere.
type progress struct {
	a        *app
	live     bool
	total    int64 // bytes; 0 where it is not known
	done     int64
	began    time.Time
	lastShow time.Time
	shown    bool
}

func (a *app) progress(args []string) *progress {
	p := &progress{a: a, live: a.renews(), began: time.Now()}
	p.lastShow = p.began
	paths, err := source.Find(args)
	if err != nil {
		return p
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			p.total = 0
			return p
		}
		p.total += info.Size()
	}
	return p
}

// renews says whether standard error is a terminal on which a line can be
// written again.
func (a *app) renews() bool {
	f, ok := a.err.(*os.File)
	return ok && terminal(f) && understandsEscapes(f)
}

// add counts bytes that were read.
func (p *progress) add(n int) {
	p.done += int64(n)
	pause := 10 * time.Second
	if p.live {
		pause = 200 * time.Millisecond
	}
	if now := time.Now(); !p.a.quiet && now.Sub(p.lastShow) >= pause {
		p.lastShow = now
		p.show(now.Sub(p.began))
	}
}

func (p *progress) show(elapsed time.Duration) {
	rate := float64(p.done) / elapsed.Seconds()
	line := fmt.Sprintf("reading: %s, %s/s", size(p.done), size(int64(rate)))
	if p.total > p.done {
		left := time.Duration(float64(p.total-p.done)/rate) * time.Second
		line = fmt.Sprintf("reading: %s of %s, %s/s, %s left", size(p.done), size(p.total), size(int64(rate)), left.Round(time.Second))
	}
	if p.live {
		p.shown = true
		_, _ = fmt.Fprintf(p.a.err, "\r\x1b[K%s", line)
		return
	}
	p.a.say("%s", line)
}

// stop takes the line away.
func (p *progress) stop() {
	if p.shown {
		_, _ = fmt.Fprint(p.a.err, "\r\x1b[K")
	}
}
