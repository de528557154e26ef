package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// CSV writes one table of the report (see Sheets) as RFC 4180 in UTF-8 with a
// byte order mark, which spreadsheets need for å, ä and ö. Cells that a
// spreadsheet would run as a formula get an apostrophe before them.
func (r *Report) CSV(w io.Writer, lang, table string) error {
	v, err := speaker(lang)
	if err != nil {
		return err
	}
	for _, sheet := range r.sheets(v) {
		if sheet.id == table {
			return sheet.csv(w)
		}
	}
	return fmt.Errorf("no table %q: there are %s", table, strings.Join(Sheets(), ", "))
}

func (s *sheet) csv(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write the table %q: %w", s.id, err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := append([][]string{s.Head}, s.Rows...)
	for _, row := range rows {
		if err := c.Write(harmless(row)); err != nil {
			return fmt.Errorf("write the table %q: %w", s.id, err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write the table %q: %w", s.id, err)
	}
	return nil
}

func harmless(row []string) []string {
	out := make([]string, len(row))
	for i, s := range row {
		out[i] = cell(s)
	}
	return out
}

// cell keeps a text from being read as a formula (CWE-1236), also where white
// space stands before it, which some spreadsheets cut off.
func cell(s string) string {
	start := strings.TrimLeft(s, " \u00a0\ufeff")
	if start != "" && strings.ContainsAny(start[:1], "=+-@\t\r\n|%") || strings.HasPrefix(start, "＝") || strings.HasPrefix(start, "＋") ||
		strings.HasPrefix(start, "－") || strings.HasPrefix(start, "＠") {
		return "'" + s
	}
	return s
}
