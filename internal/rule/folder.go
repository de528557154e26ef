package rule

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// LoadFS parses every *.yml file below root, which may also be one file, in
// lexical order. A rule whose name or id an earlier one has is refused. What
// cannot be read is a problem without a line.
func LoadFS(fsys fs.FS, root string) ([]*Rule, []Problem) {
	var rules []*Rule
	var problems []Problem
	var memory scratch
	walk := func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			problems = append(problems, unreadable(name, err))
			return nil
		}
		if d.IsDir() || !strings.EqualFold(path.Ext(name), ".yml") {
			return nil
		}
		found, wrong := loadFile(fsys, name, &memory)
		rules, problems = append(rules, found...), append(problems, wrong...)
		return nil
	}
	if err := fs.WalkDir(fsys, root, walk); err != nil {
		problems = append(problems, unreadable(root, err))
	}
	rules, twice := unique(rules)
	problems = append(problems, twice...)
	sortProblems(problems)
	return rules, problems
}

// loadFile looks at the size first, so as not to read what Parse refuses.
func loadFile(fsys fs.FS, name string, memory *scratch) ([]*Rule, []Problem) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, []Problem{unreadable(name, err)}
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err == nil && info.Size() > maxFile {
		return nil, []Problem{{File: name, Message: tooLarge}}
	}
	memory.file.Reset()
	if err == nil {
		_, err = memory.file.ReadFrom(f)
	}
	if err != nil {
		return nil, []Problem{unreadable(name, err)}
	}
	return parse(name, memory.file.Bytes(), memory)
}

func unreadable(name string, err error) Problem {
	return Problem{File: name, Message: fmt.Sprintf("read rules: %v", err)}
}
