package daemon

import (
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
func loadPath(path string) ([]*rule.Rule, []rule.Problem) {
	folder, root := path, "."
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		folder, root = filepath.Dir(path), filepath.Base(path)
	}
	rules, problems := rule.LoadFS(os.DirFS(folder), root)
	for _, r := range rules {
		r.File = filepath.Join(folder, filepath.FromSlash(r.File))
	}
	for i := range problems {
		problems[i].File = filepath.Join(folder, filepath.FromSlash(problems[i].File))
	}
	return rules, problems
}
