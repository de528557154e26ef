package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// mostCell is the most characters that a cell of a workbook holds.
const mostCell = 32767

// XLSX writes the whole report as a workbook, one sheet a table, with frozen
// heads and filters. Cells are texts, never formulas; what a cell cannot hold
// is cut and says so.
func (r *Report) XLSX(w io.Writer, lang string) (err error) {
	v, err := speaker(lang)
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = fmt.Errorf("close the workbook: %w", closing)
		}
	}()
	for i, sheet := range r.sheets(v) {
		if err := addSheet(f, i, &sheet, v.Say("cut")); err != nil {
			return fmt.Errorf("write the sheet %q: %w", sheet.id, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

func addSheet(f *excelize.File, i int, s *sheet, cut string) error {
	var err error
	if i == 0 {
		err = f.SetSheetName("Sheet1", s.name)
	} else {
		_, err = f.NewSheet(s.name)
	}
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	if err := head(f, w, s); err != nil {
		return err
	}
	for n, row := range s.Rows {
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), values(row, cut)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(len(s.Head), len(s.Rows)+1)
	if err != nil {
		return err
	}
	return f.AutoFilter(s.name, "A1:"+last, nil)
}

// head writes widths, the frozen first row and the names of the columns.
func head(f *excelize.File, w *excelize.StreamWriter, s *sheet) error {
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	for i, width := range s.widths() {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return w.SetRow("A1", values(s.Head, ""), excelize.RowOpts{StyleID: bold})
}

// widths are as wide as the longest of the first rows, within reason.
func (s *sheet) widths() []float64 {
	out := make([]float64, len(s.Head))
	for _, row := range append([][]string{s.Head}, s.Rows[:min(200, len(s.Rows))]...) {
		for i, c := range row {
			out[i] = max(out[i], min(60, float64(utf8.RuneCountInString(c))+2))
		}
	}
	return out
}

// values are the cells of a row as texts: a text cell is never a formula.
func values(row []string, cut string) []any {
	out := make([]any, len(row))
	for i, s := range row {
		s = strings.Map(xmlSafe, strings.ToValidUTF8(s, "\ufffd"))
		if utf8.RuneCountInString(s) > mostCell {
			s = string([]rune(s)[:mostCell-len(cut)-1]) + " " + cut
		}
		out[i] = s
	}
	return out
}

// xmlSafe takes out what XML cannot hold.
func xmlSafe(c rune) rune {
	if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
		return '\ufffd'
	}
	return c
}
