package rule

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// LoadFS parses every *.yml and *.yaml file below root, which may also be one
// file, in lexical order. A rule whose name or id an earlier one has is refused.
// What cannot be read is a problem without a line.
func LoadFS(fsys fs.FS, root string) ([]*Rule, []Problem) {
	return LoadNamed(fsys, root, func(name string) string { return name })
}

// LoadNamed is LoadFS for rules whose files are told of by other names than
// they have in fsys, such as the path that a person gave.
func LoadNamed(fsys fs.FS, root string, told func(name string) string) ([]*Rule, []Problem) {
	var rules []*Rule
	var problems []Problem
	var memory scratch
	walk := func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			problems = append(problems, unreadable(told(name), err))
			return nil
		}
		if d.IsDir() || !isRuleFile(name) {
			return nil
		}
		found, wrong := loadFile(fsys, name, told(name), &memory)
		rules, problems = append(rules, found...), append(problems, wrong...)
		return nil
	}
	if err := fs.WalkDir(fsys, root, walk); err != nil {
		problems = append(problems, unreadable(told(root), err))
	}
	rules, twice := unique(rules)
	problems = append(problems, twice...)
	sortProblems(problems)
	return rules, problems
}

// isRuleFile says whether a file is one of rules, by the ending of its name.
func isRuleFile(name string) bool {
	ending := path.Ext(name)
	return strings.EqualFold(ending, ".yml") || strings.EqualFold(ending, ".yaml")
}

// loadFile looks at the size first, so as not to read what Parse refuses.
func loadFile(fsys fs.FS, name, told string, memory *scratch) ([]*Rule, []Problem) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, []Problem{unreadable(told, err)}
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err == nil && info.Size() > maxFile {
		return nil, []Problem{{File: told, Message: tooLarge}}
	}
	memory.file.Reset()
	if err == nil {
		_, err = memory.file.ReadFrom(f)
	}
	if err != nil {
		return nil, []Problem{unreadable(told, err)}
	}
	return parse(told, memory.file.Bytes(), memory)
}

func unreadable(name string, err error) Problem {
	return Problem{File: name, Message: fmt.Sprintf("read rules: %v", err)}
}
