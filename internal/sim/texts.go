package sim

import (
	"bytes"
	"fmt"
	"slices"
)

// RenderTexts renders hand-written records (see ParseRecord) as one input of
// a shape: an array, or the container that comes nearest to one. ok is false
// where the shape does not carry one of the records.
func RenderTexts(shape Shape, texts [][]byte) (data []byte, ok bool, err error) {
	var records []Record
	for i, text := range texts {
		r, err := ParseRecord(text)
		if err != nil {
			return nil, false, fmt.Errorf("record %d: %w", i+1, err)
		}
		if !shape.Carries(r.Log) {
			return nil, false, nil
		}
		records = append(records, r)
	}
	container := Array
	if all := Containers(shape); !slices.Contains(all, container) {
		container = all[0]
	}
	var b bytes.Buffer
	err = Render(&b, shape, container, slices.Values(records), Options{})
	return b.Bytes(), true, err
}
