package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"vakt/internal/text"
)

// Wanted is one change that a file or a case asks for.
type Wanted struct {
	Account string // object id or user principal name
	Action  string // empty is account.disable
	Reason  string
	// File and Line are where it stands, from 1; empty for what comes from a
	// case.
	File string
	Line int
}

func (w Wanted) at(err error) error {
	if w.File == "" {
		return err
	}
	return fmt.Errorf("%s:%d: %w", w.File, w.Line, err)
}

// mostWanted is the largest list that is read, in bytes.
const mostWanted = 16 << 20

// wantedColumns are the columns of a list.
var wantedColumns = []string{"account", "action", "reason"}

// ParseWanted reads a list of accounts: CSV with the header
// `account,action,reason`, of which only account must be there, or without a
// header one account a line. Lines that begin with # are left out. Everything
// that is wrong is reported with its line, and then nothing is returned.
func ParseWanted(file string, data []byte) ([]Wanted, error) {
	if len(data) > mostWanted {
		return nil, fmt.Errorf("%s: it is larger than %d MiB: is it a list of accounts?", file, mostWanted>>20)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: it is not UTF-8: save it as CSV UTF-8", file)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, true
	var list []Wanted
	var all []error
	columns := []string(nil)
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		line, _ := r.FieldPos(0)
		w := Wanted{File: file, Line: line}
		if columns == nil {
			if columns, err = header(record); err != nil {
				return nil, w.at(err)
			}
			if columns != nil {
				continue
			}
			columns = wantedColumns[:1]
		}
		if err := w.read(columns, record); err != nil {
			all = append(all, w.at(err))
		}
		list = append(list, w)
	}
	if len(list) == 0 && len(all) == 0 {
		all = append(all, fmt.Errorf("%s: it names no account", file))
	}
	if err := errors.Join(all...); err != nil {
		return nil, err
	}
	return list, nil
}

// header reads the first line; it is none where it names an account.
func header(record []string) ([]string, error) {
	columns := make([]string, len(record))
	for i, c := range record {
		columns[i] = strings.ToLower(strings.TrimSpace(c))
	}
	if !slices.Contains(columns, "account") {
		if len(record) == 1 {
			return nil, nil
		}
		return nil, errors.New("the first line is no header: it must name the column account, and may name action and reason")
	}
	for i, c := range columns {
		if !slices.Contains(wantedColumns, c) || slices.Contains(columns[:i], c) {
			return nil, fmt.Errorf("unknown or repeated column %q%s", c, meant(c, wantedColumns))
		}
	}
	return columns, nil
}

func meant(word string, known []string) string {
	if near := text.Nearest(word, known); near != "" && near != word {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": one of " + strings.Join(known, ", ")
}

func (w *Wanted) read(columns, record []string) error {
	if len(record) != len(columns) {
		return fmt.Errorf("%d values, want %d (%s)", len(record), len(columns), strings.Join(columns, ", "))
	}
	for i, c := range columns {
		value := strings.TrimSpace(record[i])
		switch c {
		case "account":
			w.Account = value
		case "action":
			w.Action = value
		case "reason":
			w.Reason = value
		}
	}
	if w.Account == "" {
		return errors.New("it names no account")
	}
	if _, ok := deedOf(w.Action); w.Action != "" && !ok {
		return fmt.Errorf("unknown action %q%s", w.Action, meant(w.Action, Actions()))
	}
	return nil
}
