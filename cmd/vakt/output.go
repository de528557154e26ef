package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

var outputs = []string{"table", "json", "jsonl", "csv"}

func (a *app) checkOutput() error {
	if !slices.Contains(outputs, a.output) {
		return usage("--output %q is none of %s", a.output, strings.Join(outputs, ", "))
	}
	if a.jq != "" && a.output != "json" && a.output != "jsonl" {
		return usage("--jq needs --output json or jsonl")
	}
	if a.jq != "" {
		if _, err := a.filter(); err != nil {
			return err
		}
	}
	return nil
}

// filter compiles --jq. Nothing outside the document can be reached with it.
func (a *app) filter() (*gojq.Code, error) {
	query, err := gojq.Parse(a.jq)
	if err == nil {
		var code *gojq.Code
		if code, err = gojq.Compile(query); err == nil {
			return code, nil
		}
	}
	return nil, usage("--jq %q: %w", a.jq, err)
}

// view is one kind of thing in every form of output.
type view[T any] struct {
	items []T
	table func(w io.Writer) error
	head  []string
	row   func(T) []string
}

// show writes the items in the form that was asked for.
func show[T any](a *app, v view[T]) error {
	switch a.output {
	case "table":
		return v.table(a.out)
	case "csv":
		return v.csv(a.out)
	}
	if a.output == "json" {
		list := v.items
		if list == nil {
			list = []T{}
		}
		return a.json(list, "  ")
	}
	for _, item := range v.items {
		if err := a.json(item, ""); err != nil {
			return err
		}
	}
	return nil
}

// json writes one document, through --jq where it is given.
func (a *app) json(v any, indent string) error {
	if a.jq == "" {
		return encode(a.out, v, indent)
	}
	code, err := a.filter()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := encode(&b, v, ""); err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(b.Bytes(), &plain); err != nil {
		return err
	}
	results := code.Run(plain)
	for {
		r, ok := results.Next()
		if !ok {
			return nil
		}
		if err, isErr := r.(error); isErr {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return nil
			}
			return failed(fmt.Errorf("--jq %q: %w", a.jq, err))
		}
		if err := encode(a.out, r, indent); err != nil {
			return err
		}
	}
}

func encode(w io.Writer, v any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}

func (v view[T]) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(v.head); err != nil {
		return err
	}
	for _, item := range v.items {
		row := v.row(item)
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// cell keeps a text from being read as a formula by a spreadsheet.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|", rune(s[0])) {
		return "'" + s
	}
	return s
}
