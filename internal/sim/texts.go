package sim

import (
	"bytes"
	"fmt"
	"slices"
)

// RenderTexts renders hand-written records (see ParseRecord) as inputs of a
// shape, each in an array or the container that comes nearest to one. It is
// one input, save where the product writes several files: a CSV file of
// sign-ins and one of audits. ok is false where the shape does not carry one
// of the records.
func RenderTexts(shape Shape, texts [][]byte) (inputs [][]byte, ok bool, err error) {
	var files []string
	records := map[string][]Record{}
	for i, text := range texts {
		r, err := ParseRecord(text)
		if err != nil {
			return nil, false, fmt.Errorf("record %d: %w", i+1, err)
		}
		if !shape.Carries(r.Log) {
			return nil, false, nil
		}
		name := fileOf(shape, r)
		if records[name] == nil {
			files = append(files, name)
		}
		records[name] = append(records[name], r)
	}
	if len(files) == 0 {
		files = []string{""}
	}
	container := Array
	if all := Containers(shape); !slices.Contains(all, container) {
		container = all[0]
	}
	for _, name := range files {
		var b bytes.Buffer
		if err := Render(&b, shape, container, slices.Values(records[name]), Options{}); err != nil {
			return nil, false, err
		}
		inputs = append(inputs, b.Bytes())
	}
	return inputs, true, nil
}

// fileOf names the file of its kind that a record goes to.
func fileOf(shape Shape, rec Record) string {
	switch {
	case shape == PortalCSV && rec.Log == SignIn && isApplication(objectOf(rec.JSON)):
		return "application"
	case shape == PortalCSV, shape == LogAnalyticsCSV:
		return rec.Log
	}
	return ""
}
