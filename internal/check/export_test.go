package check

import (
	"fmt"
	"io/fs"
	"maps"

	"vakt/internal/baseline"
)

// Blinded takes each fact in turn from the cases of a check that find
// something, and tells where the check then says that all is well.
func (c *Checks) Blinded(name string, fsys fs.FS, document string) []string {
	cases, err := LoadCases(fsys, document)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for i := range cases {
		if cases[i].Status != Found {
			continue
		}
		base, err := baseline.FromValues(cases[i].Baseline)
		if err != nil {
			return []string{err.Error()}
		}
		set, err := c.compile(name, base)
		if err != nil {
			return []string{err.Error()}
		}
		for fact := range cases[i].facts {
			facts := maps.Clone(cases[i].facts)
			delete(facts, fact)
			if status, _ := try(set, facts); status == OK {
				wrong = append(wrong, fmt.Sprintf("%s:%d: without %s the check says ok", cases[i].File, cases[i].Line, fact))
			}
		}
	}
	return wrong
}
