package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Export writes the tenant to a folder in the shape in which Load reads it,
// and a scan writes it. What the tenant's licence does not let anybody see is
// absent. The folder must exist; files of parts are replaced.
func (s *State) Export(dir string) error {
	m := manifest{Tenant: s.id, Taken: s.taken, Parts: map[string]manifestPart{}}
	if m.Taken == "" {
		m.Taken = s.Now().Format(time.RFC3339)
	}
	maps.Copy(m.Parts, s.said)
	for i := range kinds {
		p, err := s.exportPart(dir, &kinds[i])
		if err != nil {
			return err
		}
		m.Parts[kinds[i].file] = p
	}
	if held := s.withheld(signInActivity); held != "" {
		m.Parts[signInActivity+".json"] = lacking(held)
	}
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if err := writeFile(filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write(s.files[name]); return err }); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, manifestFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// signInActivity is no part: it stands in the objects of users.
const signInActivity = "signInActivity"

// needs leads from parts to the licence without which nobody reads them.
var needs = map[string]string{
	Registrations: "p1", ConditionalAccess: "p1", NamedLocations: "p1", SignIns: "p1", signInActivity: "p1",
	RoleEligibilities: "p2", RoleSchedules: "p2", RiskDetections: "p2", RiskyUsers: "p2",
}

// withheld names the licence, P1 or P2, for want of which nobody reads a part
// of a generated tenant; "" where somebody can.
func (s *State) withheld(part string) string {
	need := needs[part]
	if need == "" || s.licence == "" || s.licence == "p2" || s.licence == need {
		return ""
	}
	return strings.ToUpper(need)
}

// lacking is a part that is absent for want of a licence.
func lacking(licence string) manifestPart {
	return manifestPart{State: Absent, Why: "the tenant has no Entra ID " + licence, Licence: licence}
}

func (s *State) exportPart(dir string, k *kind) (manifestPart, error) {
	if held := s.withheld(k.name); held != "" {
		return lacking(held), nil
	}
	v := s.Primary()
	p := manifestPart{Licence: s.said[k.file].Licence}
	p.State, p.Why = s.PartState(k.name)
	if p.State == Absent {
		return p, nil
	}
	p.Count = v.Len(k.name)
	return p, writeFile(filepath.Join(dir, k.file), func(w io.Writer) error { return v.write(w, k) })
}

// write writes the objects of a part as its file holds them.
func (v View) write(w io.Writer, k *kind) error {
	before, between, after := "{\"value\":[\n", ",\n", "\n]}\n"
	switch {
	case strings.HasSuffix(k.file, "l"):
		before, between, after = "", "\n", "\n"
	case k.byOwner:
		before, after = "{\n", "\n}\n"
	}
	held := k.name == Users && v.s.withheld(signInActivity) != ""
	buf := bufio.NewWriterSize(w, 1<<16)
	lead := before
	for at, o := range v.All(k.name) {
		_, _ = buf.WriteString(lead) // Flush tells of errors
		lead = between
		if k.byOwner {
			_, _ = buf.Write(append(quoted(v.Owner(k.name, at)), ':'))
		}
		if held {
			o = o.Without(signInActivity)
		}
		_, _ = buf.Write(o)
	}
	if lead == before { // nothing was written
		_, _ = buf.WriteString(before)
		after = strings.TrimPrefix(after, "\n")
	}
	_, _ = buf.WriteString(after)
	return buf.Flush()
}

// writeFile writes a file so that it is there whole or not at all.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %q: %w", path, err)
			_ = os.Remove(f.Name()) // the first error is the one to tell
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
