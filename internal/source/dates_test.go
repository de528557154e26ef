package source_test

import (
	"bytes"
	"strings"
	"testing"

	"vakt/internal/event"
	"vakt/internal/source"
)

// portal makes a portal download of sign-ins with the given dates.
func portal(dates ...string) string {
	text := "\ufeffDate (UTC),Request ID,Username,Status\r\n"
	for _, d := range dates {
		text += `"` + d + "\",aaaa,ann@contoso.com,Success\r\n"
	}
	return text
}

const (
	clock = " 08:00:00"
	ask   = ": say --dates day-first (or month-first)"
)

// TestDayFirstIsRefused: a CSV file that seems to have the day first is
// refused before any record of it is handed over, however it comes, and read
// once somebody has said how.
func TestDayFirstIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		dates []string
		want  string // the problem; empty where the file is read
	}{
		{"ISO", []string{"2026-03-25T08:00:00Z", "2026-03-05T08:00:00Z"}, ""},
		{"month first", []string{"03/05/2026" + clock, "03/25/2026" + clock}, ""},
		{"month first, newest first", []string{"4/2/2026" + clock, "4/1/2026" + clock, "3/5/2026" + clock}, ""},
		{"could be either", []string{"3/4/2026" + clock, "3/5/2026" + clock}, ""},
		{"a month above 12", []string{"05/03/2026" + clock, "25/03/2026" + clock}, "dates look day-first (line 3: 25/03/2026 08:00:00)" + ask},
		{"out of order", []string{"11/03/2026" + clock, "12/03/2026" + clock, "01/04/2026" + clock, "02/05/2026" + clock},
			"dates look day-first (line 4: 01/04/2026 08:00:00 is out of order if the month comes first)" + ask},
		{"out of order either way", []string{"2/3/2026" + clock, "1/4/2026" + clock, "3/2/2026" + clock}, ""},
		{"mixed", []string{"03/25/2026" + clock, "25/03/2026" + clock}, "dates are mixed: line 3 has 25/03/2026 08:00:00, line 2 has 03/25/2026"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := portal(tt.dates...)
			archive := zipped(t, member{name: "a.csv", data: []byte(text)})
			for name, data := range map[string]string{"plain": text, "gzip": string(gzipped(t, text)), "zip": string(archive)} {
				path := file(t, "logs", []byte(data))
				for _, arg := range []string{path, "-"} {
					for _, order := range []event.DateOrder{event.AnyOrder, event.DayFirst} {
						_, l := read(t, &source.Files{Stdin: bytes.NewReader([]byte(data)), Dates: order}, arg)
						e := entry(t, l)
						want, rows := tt.want, len(tt.dates)
						if order != event.AnyOrder {
							want = ""
						}
						if want != "" {
							rows = 0
						}
						if e.Read != rows || want == "" && e.Problem != "" || !strings.Contains(e.Problem, want) {
							t.Errorf("%s, %s, order %d: %d records and problem %q, want %d and %q", name, arg, order, e.Read, e.Problem, rows, want)
						}
						if e.Problem == "" && (len(e.Container) != 1 || e.Container[0] != "csv") {
							t.Errorf("%s: container %v", name, e.Container)
						}
					}
				}
			}
		})
	}
}

// TestCutStreamOfCSV: what came before a stream broke off is read.
func TestCutStreamOfCSV(t *testing.T) {
	var many []string
	for range 100 {
		many = append(many, "2026-03-05T08:00:00Z")
	}
	data := gzipped(t, portal(many...))
	_, l := read(t, &source.Files{Stdin: bytes.NewReader(data[:len(data)-4])}, "-")
	if e := entry(t, l); e.Read != 100 || !strings.Contains(e.Problem, "ends early") {
		t.Errorf("%d records, problem %q", e.Read, e.Problem)
	}
}

// TestHeadersInOtherLanguages: the reader is told what to change.
func TestHeadersInOtherLanguages(t *testing.T) {
	_, l := read(t, &source.Files{}, file(t, "a.csv", []byte("Data (UTC),ID richiesta,Agente utente,ID correlazione,Utente\n1,2,3,4,5\n")))
	if e := entry(t, l); e.Read != 0 || !strings.Contains(e.Problem, `another language (columns "Data (UTC)", "ID richiesta", "Agente utente", …): set the portal's language to English`) {
		t.Errorf("problem %q", e.Problem)
	}
}
