package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vakt/internal/rule"
)

// LoadRules loads our own rules, unless builtin is nil, and those of the
// given folders or files on disk. A rule whose name or id is taken is refused.
func LoadRules(builtin fs.FS, paths []string) ([]*rule.Rule, []rule.Problem) {
	var rules []*rule.Rule
	var problems []rule.Problem
	if builtin != nil {
		rules, problems = rule.LoadFS(builtin, "rules")
	}
	for _, p := range paths {
		found, wrong := loadPath(p)
		rules, problems = append(rules, found...), append(problems, wrong...)
	}
	return rules, problems
}

// loadPath loads a folder or file, with problems that name it as it was given.
// One that holds no rule is a problem: whoever names it means to run some.
func loadPath(path string) ([]*rule.Rule, []rule.Problem) {
	folder, root := path, "."
	switch info, err := os.Stat(path); {
	case path == "":
		return nil, []rule.Problem{{File: `""`, Message: "no file and no folder has an empty name: is a variable not set?"}}
	case err != nil:
		return nil, []rule.Problem{{File: path, Message: fmt.Sprintf("%v: check the path", errors.Unwrap(err))}}
	case !info.IsDir():
		folder, root = filepath.Dir(path), filepath.Base(path)
	}
	told := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	rules, problems := rule.LoadNamed(os.DirFS(folder), root, told)
	if len(rules) == 0 && len(problems) == 0 {
		return nil, []rule.Problem{{File: path, Message: "no rule is in it: Sigma rules are files that end in .yml or .yaml"}}
	}
	return rules, problems
}
