package daemon_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"vakt/internal/daemon"
)

// everyday are sign-ins over three days, of some accounts, of which few are
// alike in what is grouped and counted; they are written in one or two ways.
func everyday(random *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		at := fmt.Sprintf("2026-03-%02dT%02d:%02d:%02dZ", 3+random.IntN(3), random.IntN(24), random.IntN(60), random.IntN(60))
		more := fmt.Sprintf(`"ipAddress":"203.0.113.%d","riskLevelAggregated":"none","userAgent":"Agent \"%d\" \u00e5"`, random.IntN(30), random.IntN(5))
		line := signInText(i, at, []int{0, 50126, 50126, 50053, 50074}[random.IntN(5)], more)
		if random.IntN(10) == 0 {
			line = strings.ReplaceAll(line, `","`, `" ,	"`)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// counted are rules that count everyday sign-ins, and one that shows some.
func counted(random *rand.Rand) string {
	return fmt.Sprintf(`
title: Failed
name: failed
id: 00000000-0000-0000-0000-00000000aaa1
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 50126}, condition: s}
level: low
---
title: Locked
name: locked
id: 00000000-0000-0000-0000-00000000aaa2
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 50053}, condition: s}
level: low
---
title: Many
id: 00000000-0000-0000-0000-00000000aaa3
correlation: {type: event_count, rules: [failed], group-by: [userPrincipalName], timespan: %dm, condition: {gte: %d}}
level: medium
---
title: Of many addresses
id: 00000000-0000-0000-0000-00000000aaa4
correlation: {type: value_count, rules: [failed], group-by: [userPrincipalName], timespan: %dm, condition: {field: ipAddress, gte: %d}}
level: medium
---
title: Both
id: 00000000-0000-0000-0000-00000000aaa5
correlation: {type: temporal_ordered, rules: [failed, locked], group-by: [ipAddress], timespan: %dm}
level: high
`, 60+random.IntN(300), 2+random.IntN(3), 60+random.IntN(300), 2+random.IntN(3), 1+random.IntN(5))
}

// streams are the ways in which a text can come that cannot be read again where it
// is.
var streams = map[string]func(w io.Writer, text string) error{
	"as it is": func(w io.Writer, text string) error {
		_, err := io.WriteString(w, text)
		return err
	},
	"gzip": func(w io.Writer, text string) error {
		z := gzip.NewWriter(w)
		_, err := io.WriteString(z, text)
		return errors.Join(err, z.Close())
	},
	"zstd": func(w io.Writer, text string) error {
		z, err := zstd.NewWriter(w)
		if err == nil {
			_, err = io.WriteString(z, text)
			err = errors.Join(err, z.Close())
		}
		return err
	},
	"zip": func(w io.Writer, text string) error {
		z := zip.NewWriter(w)
		m, err := z.Create("events.json")
		if err == nil {
			_, err = io.WriteString(m, text)
		}
		return errors.Join(err, z.Close())
	},
	"UTF-16": func(w io.Writer, text string) error {
		b := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(text)) {
			b = append(b, byte(u), byte(u>>8))
		}
		_, err := w.Write(b)
		return err
	},
}

// stream makes the bytes of a text that comes in a way.
func stream(t *testing.T, how, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := streams[how](&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestStreamsTellWhatFilesTell: what cannot be read again where it came from
// raises what a plain file raises, and shows the same records, whatever fits into
// memory.
func TestStreamsTellWhatFilesTell(t *testing.T) {
	fired := map[string]int{}
	for seed := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 9))
		text, rules := everyday(random, 500), parsed(t, counted(random))
		trial := func(facts, workers int) *daemon.Batch {
			b := batch(t)
			b.Rules = append(b.Rules, rules...)
			b.FactBytes, b.Workers, b.Temp, b.ShowEvents = facts, workers, t.TempDir(), true
			return b
		}
		path := filepath.Join(t.TempDir(), "events.json")
		save(t, path, strings.NewReader(text))
		plain := run(t, trial(0, 1), path)
		for _, a := range plain.Alerts {
			fired[a.Rule]++
		}
		want := asJSON(t, plain.Alerts)
		for how := range streams {
			for facts, workers := range map[int]int{0: 1, 1: 2, 300_000: 3} {
				b := trial(facts, workers)
				b.Files.Stdin = bytes.NewReader(stream(t, how, text))
				if diff := cmp.Diff(want, asJSON(t, run(t, b, "-").Alerts)); diff != "" {
					t.Fatalf("seed %d, %s, %d bytes for facts: %s", seed, how, facts, diff)
				}
				if left, err := os.ReadDir(b.Temp); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			}
		}
	}
	for _, name := range []string{"3", "4", "5"} {
		if fired["00000000-0000-0000-0000-00000000aaa"+name] == 0 {
			t.Errorf("rule %s did not fire: %v", name, fired)
		}
	}
}

// TestStreamsAreKeptWithinBounds: a stream whose records do not fit into memory needs
// a file, and it is said if there is no room for one. A plain file needs none, nor
// does a short stream.
func TestStreamsAreKeptWithinBounds(t *testing.T) {
	text := everyday(rand.New(rand.NewPCG(1, 9)), 2000)
	nowhere := func(facts int) *daemon.Batch {
		b := batch(t)
		b.FactBytes, b.Temp = facts, filepath.Join(t.TempDir(), "not there")
		return b
	}
	const facts = 2 << 20 // more than the traces take, and 64 times as much as is kept of a stream
	path := filepath.Join(t.TempDir(), "events.json")
	save(t, path, strings.NewReader(text))
	run(t, nowhere(facts), path)
	for how := range streams {
		b := nowhere(0)
		b.Files.Stdin = bytes.NewReader(stream(t, how, text))
		run(t, b, "-")
		b = nowhere(facts)
		b.Files.Stdin = bytes.NewReader(stream(t, how, text))
		_, err := b.Run(t.Context(), []string{"-"})
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "make room there") {
			t.Errorf("%s: got error %v", how, err)
		}
	}
}

// TestStreamsThatBreakOff: what came before is judged as it stands in a file that
// breaks off there.
func TestStreamsThatBreakOff(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 9))
	text, rules := everyday(random, 3000), parsed(t, counted(random))
	packed := stream(t, "gzip", text)
	var inflated bytes.Buffer
	z, err := gzip.NewReader(bytes.NewReader(packed[:len(packed)/2]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&inflated, z); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("got error %v", err)
	}
	results := map[string]*daemon.Report{}
	for name, data := range map[string][]byte{"plain": inflated.Bytes(), "gzip": packed[:len(packed)/2]} {
		path := filepath.Join(t.TempDir(), "events.json")
		save(t, path, bytes.NewReader(data))
		b := batch(t)
		b.Rules = append(b.Rules, rules...)
		results[name], err = b.Run(t.Context(), []string{path})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, want := results["gzip"], results["plain"]
	if diff := cmp.Diff(asJSON(t, want.Alerts), asJSON(t, got.Alerts)); diff != "" || len(want.Alerts) == 0 {
		t.Errorf("%d alerts; %s", len(want.Alerts), diff)
	}
	if problem := got.Ledger.Inputs[0].Problem; !strings.Contains(problem, "ends early") {
		t.Errorf("the problem is %q", problem)
	}
}
