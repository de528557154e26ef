package rig

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// manifestFile names the file that tells what became of each part.
const manifestFile = "manifest.json"

// manifest is the content of manifestFile.
type manifest struct {
	Tenant string                  `json:"tenant"`
	Taken  string                  `json:"taken"`
	Parts  map[string]manifestPart `json:"parts"` // by file name
}

type manifestPart struct {
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
	// Licence is what the tenant lacks for this part: P1 or P2. Such a part
	// is not merely unread: without the licence it cannot have effect.
	Licence string `json:"licence,omitempty"`
	Count   int    `json:"count"`
}

// Load reads a tenant from a folder that a scan exported. Objects and lists
// are kept as they stand, with whatever members they have, and so are files
// that are no part. A part is absent or partial where the manifest says so;
// without its file it is absent, and a list with a link to a next page is
// partial. Broken JSON is an error that names the file.
func Load(fsys fs.FS, o Options) (*State, error) {
	var m manifest
	data, err := fs.ReadFile(fsys, manifestFile)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	s := New(strings.ToLower(m.Tenant), o)
	s.taken, s.said = m.Taken, m.Parts
	for i := range kinds {
		if err := s.loadPart(fsys, &kinds[i], o.AbsentEmpty); err != nil {
			return nil, err
		}
	}
	if err := s.loadOthers(fsys); err != nil {
		return nil, err
	}
	for _, org := range s.Primary().All(Organization) {
		s.id = cmp.Or(s.id, strings.ToLower(org.Text("id")))
	}
	s.id = cmp.Or(s.id, uuidOf(o.Seed, useID))
	return s, nil
}

func (s *State) loadPart(fsys fs.FS, k *kind, absentEmpty bool) error {
	t := s.tables[k.name]
	if said, ok := s.said[k.file]; ok {
		t.state, t.why = cmp.Or(said.State, Complete), said.Why
		if !slices.Contains([]string{Complete, Partial, Absent}, t.state) {
			return fmt.Errorf("read %s: state of %s is %q: it must be complete, partial or absent", manifestFile, k.file, t.state)
		}
	}
	data, err := fs.ReadFile(fsys, k.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.state, t.why = Absent, cmp.Or(t.why, k.file+" is not in the folder")
	case err != nil:
		return fmt.Errorf("read %s: %w", k.file, err)
	default:
		if err := t.read(bytes.TrimPrefix(data, []byte("\ufeff"))); err != nil {
			return fmt.Errorf("read %s: %w", k.file, err)
		}
	}
	if t.state == Absent && absentEmpty {
		t.state, t.why = Complete, ""
	}
	return nil
}

// read takes the objects of a part from its file.
func (t *table) read(data []byte) error {
	if strings.HasSuffix(t.kind.file, "l") {
		return t.readLines(data)
	}
	if !json.Valid(data) {
		return errJSON(data)
	}
	if t.kind.byOwner {
		for owner, body := range Object(data).Fields() {
			t.add(owner, Object(body))
		}
		return nil
	}
	if next := Object(data).Text("@odata.nextLink"); next != "" && t.state == Complete {
		t.state, t.why = Partial, "the list breaks off: it has a link to a next page"
	}
	for _, o := range Elements(data) {
		t.add("", o)
	}
	return nil
}

func (t *table) readLines(data []byte) error {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return fmt.Errorf("line %d: %w", n, errJSON(line))
		}
		t.add("", Object(line))
	}
	return nil
}

// errJSON says where a text stops being JSON.
func errJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return errors.New("it is no JSON")
}

// loadOthers keeps the files of the folder that are no part.
func (s *State) loadOthers(fsys fs.FS) error {
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return fmt.Errorf("list the folder: %w", err)
	}
	known := map[string]bool{manifestFile: true}
	for i := range kinds {
		known[kinds[i].file] = true
	}
	for _, f := range files {
		if known[f.Name()] || !f.Type().IsRegular() {
			continue
		}
		data, err := fs.ReadFile(fsys, f.Name())
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		s.files[f.Name()] = data
	}
	return nil
}
