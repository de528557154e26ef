package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxDepth is how deep an answer may nest. Nothing that the services describe
// goes beyond ten.
const maxDepth = 64

var (
	errNoJSON = errors.New("the answer is no JSON")
	errDeep   = errors.New("the answer nests deeper than 64")
)

// strict says whether raw is one JSON value in which no object has a key
// twice. Two readers of such an object could see two different things.
func strict(raw []byte) error {
	if !json.Valid(raw) {
		return errNoJSON
	}
	return unique(raw)
}

// unique walks over valid JSON once. names holds the keys of all objects that
// are open; each knows where its own begin.
func unique(raw []byte) error {
	type frame struct {
		object bool
		first  int
	}
	var open []frame
	names := make([][]byte, 0, 64)
	wantKey := false
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end := closing(raw, i+1)
			if wantKey {
				names = append(names, raw[i:end+1])
			}
			wantKey, i = false, end
		case '{', '[':
			if len(open) == maxDepth {
				return errDeep
			}
			wantKey = raw[i] == '{'
			open = append(open, frame{wantKey, len(names)})
		case ',':
			wantKey = open[len(open)-1].object
		case '}', ']':
			top := open[len(open)-1]
			if err := distinct(names[top.first:]); err != nil {
				return err
			}
			names, open, wantKey = names[:top.first], open[:len(open)-1], false
		}
	}
	return nil
}

// closing is the place of the quote that ends the string begun before i.
func closing(raw []byte, i int) int {
	for raw[i] != '"' {
		if raw[i] == '\\' {
			i++
		}
		i++
	}
	return i
}

// distinct compares the decoded keys of one object, each with its quotes. It
// sorts them.
func distinct(keys [][]byte) error {
	for i, key := range keys {
		if bytes.IndexByte(key, '\\') >= 0 {
			var text string
			if err := json.Unmarshal(key, &text); err != nil {
				return fmt.Errorf("read the key %s: %w", key, err)
			}
			keys[i] = []byte(`"` + text + `"`)
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	for i := 1; i < len(keys); i++ {
		if bytes.Equal(keys[i-1], keys[i]) {
			return fmt.Errorf("the answer has the key %s twice in one object", keys[i])
		}
	}
	return nil
}

// list is the shape of every list of Graph and of the admin interface.
type list struct {
	Value    *[]json.RawMessage `json:"value"`
	Next     string             `json:"@odata.nextLink"`
	Warnings []json.RawMessage  `json:"@adminapi.warnings"`
}

// readList reads a page. An answer without a value is no list.
func readList(body []byte) (list, error) {
	if err := strict(body); err != nil {
		return list{}, err
	}
	var l list
	if err := json.Unmarshal(body, &l); err != nil {
		return list{}, fmt.Errorf("the answer is no list: %w", err)
	}
	if l.Value == nil {
		return list{}, errors.New(`the answer is no list: it has no "value"`)
	}
	return l, nil
}
