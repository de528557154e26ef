//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"vakt"
	"vakt/internal/sim"
)

// input is a file of records and what is in it.
type input struct {
	file   string
	bytes  int64
	events int
	truth  map[string]int // alerts by rule that the simulated attacks must raise
}

const (
	busyBytes    = 600e6  // of a day of the scenario
	busyAccounts = 20_000 // that it has
	fewAccounts  = 1500   // that its attacks need
)

// generate writes the busy scenario, with as many accounts as make about so
// many bytes, in Graph's beta form: every member of the published resources,
// about 5 kB a sign-in.
func generate(file string, size int64) (in input, err error) {
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		return in, err
	}
	s, err := sim.Load(folder, "busy")
	if err != nil {
		return in, err
	}
	if s, err = s.WithAccounts(max(fewAccounts, int(float64(size)/busyBytes*busyAccounts))); err != nil {
		return in, err
	}
	share := float64(s.Tenant.Accounts) / busyAccounts // of the records that come by the day
	s.Life.Audits, s.Life.Mailbox = int(share*float64(s.Life.Audits)), int(share*float64(s.Life.Mailbox))
	in = input{file: file, truth: map[string]int{}}
	for _, t := range s.Truth(1) {
		in.truth[t.Rule]++
	}
	err = write(file, func(w io.Writer) error {
		for r := range s.Generate(1) {
			n, err := w.Write(append(r.JSON, '\n'))
			if err != nil {
				return err
			}
			in.bytes, in.events = in.bytes+int64(n), in.events+1
		}
		return nil
	})
	return in, err
}

// crowd writes failed sign-ins within one hour, each of an account of its own:
// from as many addresses, or a tenth of them from one.
func crowd(file string, records int, hot bool) (in input, err error) {
	in = input{file: file, events: records}
	err = write(file, func(w io.Writer) error {
		for i := range records {
			address := fmt.Sprintf("2001:db8::%x:%x", i>>16, i&0xffff)
			if hot && i%10 == 0 {
				address = "192.0.2.1"
			}
			n, err := fmt.Fprintf(w, `{"id":"%08x-0000-4000-8000-000000000001","createdDateTime":"2026-03-02T10:%02d:%02dZ","userId":"%08x-0000-4000-8000-000000000002",`+
				`"userPrincipalName":"person%d@contoso.com","appId":"9199bf20-a13f-4107-85dc-02114787ef48","appDisplayName":"Outlook","ipAddress":"%s",`+
				`"clientAppUsed":"Browser","isInteractive":true,"status":{"errorCode":50126,"failureReason":"Invalid username or password."}}`+"\n",
				i, i*60/records, i*3600/records%60, i, i, address)
			in.bytes += int64(n)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return in, err
}

// write writes a file through a buffer.
func write(file string, fill func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return fmt.Errorf("write %q: %w", file, err)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// compress writes a file once more, compressed.
func compress(from, to string, with func(io.Writer) (io.WriteCloser, error)) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	return write(to, func(w io.Writer) error {
		z, err := with(w)
		if err != nil {
			return err
		}
		if _, err := io.Copy(z, in); err != nil {
			return err
		}
		return z.Close()
	})
}

func gzipped(w io.Writer) (io.WriteCloser, error) {
	return gzip.NewWriterLevel(w, gzip.DefaultCompression)
}

func zstandard(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }
