package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"vakt/internal/rule"
)

// Case is one test of a rule: records that are one input, and how many alerts
// they are to give.
type Case struct {
	File   string
	Line   int // on which the case begins
	Name   string
	Alerts int
	// Severity is what the most severe of the alerts must have; empty: any.
	Severity string
	// Baseline holds parameters that the case declares.
	Baseline map[string]any
	// Directory holds live lists, such as resource_accounts, by name.
	Directory map[string][]string
	// Records are JSON texts in Graph's beta form or AuditData.
	Records [][]byte
}

// caseLine is the line that opens a case.
type caseLine struct {
	Case      *string             `json:"case"`
	Alerts    *int                `json:"alerts"`
	Severity  string              `json:"severity"`
	Baseline  map[string]any      `json:"baseline"`
	Directory map[string][]string `json:"directory"`
}

// ParseCases reads a .hit.jsonl or .miss.jsonl file. Every case must have a
// name, a number of alerts (at least one in a hit file, none in a miss file)
// and a record.
func ParseCases(file string, data []byte) ([]Case, error) {
	hit := strings.HasSuffix(file, ".hit.jsonl")
	if !hit && !strings.HasSuffix(file, ".miss.jsonl") {
		return nil, fmt.Errorf("%s: a file of cases is called NAME.hit.jsonl or NAME.miss.jsonl", file)
	}
	var cases []Case
	for i, line := range bytes.Split(data, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return nil, fmt.Errorf("%s:%d: not a JSON object on one line", file, i+1)
		}
		head, opens, err := openCase(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		case opens:
			cases = append(cases, Case{
				File: file, Line: i + 1, Name: *head.Case, Alerts: *head.Alerts, Severity: head.Severity, Baseline: head.Baseline, Directory: head.Directory,
			})
		case len(cases) == 0:
			return nil, fmt.Errorf(`%s:%d: a record before the first {"case":"…","alerts":1}`, file, i+1)
		default:
			c := &cases[len(cases)-1]
			c.Records = append(c.Records, line)
		}
	}
	return cases, checkCases(file, cases, hit)
}

func openCase(line []byte) (head caseLine, opens bool, err error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(line, &keys); err != nil {
		return head, false, fmt.Errorf("not a JSON object: %w", err)
	}
	if keys == nil {
		return head, false, errors.New("not a JSON object: null")
	}
	if _, opens = keys["case"]; !opens {
		return head, false, nil
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&head); err != nil {
		return head, true, fmt.Errorf("read the case: %w", err)
	}
	if head.Case == nil || *head.Case == "" || head.Alerts == nil {
		return head, true, errors.New(`a case needs a name and a number of alerts: {"case":"…","alerts":1}`)
	}
	return head, true, nil
}

func checkCases(file string, cases []Case, hit bool) error {
	if len(cases) == 0 {
		return fmt.Errorf("%s: holds no case", file)
	}
	for _, c := range cases {
		switch {
		case len(c.Records) == 0:
			return fmt.Errorf("%s:%d: case %q has no record", file, c.Line, c.Name)
		case c.Severity != "" && !isSeverity(c.Severity):
			return fmt.Errorf("%s:%d: case %q expects the severity %q, which is none", file, c.Line, c.Name, c.Severity)
		case c.Alerts < 0:
			return fmt.Errorf("%s:%d: case %q expects %d alerts", file, c.Line, c.Name, c.Alerts)
		case hit && c.Alerts == 0:
			return fmt.Errorf("%s:%d: case %q of a hit file expects no alert", file, c.Line, c.Name)
		case !hit && c.Alerts != 0:
			return fmt.Errorf("%s:%d: case %q of a miss file expects an alert", file, c.Line, c.Name)
		}
	}
	return nil
}

func isSeverity(name string) bool {
	_, ok := rule.SeverityNamed(name)
	return ok
}

// LoadCases reads the hit and miss files beside a rule file. A rule without
// both is an error.
func LoadCases(fsys fs.FS, ruleFile string) ([]Case, error) {
	stem := strings.TrimSuffix(ruleFile, path.Ext(ruleFile))
	var all []Case
	for _, kind := range []string{".hit.jsonl", ".miss.jsonl"} {
		data, err := fs.ReadFile(fsys, stem+kind)
		if err != nil {
			return nil, fmt.Errorf("rule file %q: its cases: %w", ruleFile, err)
		}
		cases, err := ParseCases(stem+kind, data)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// ByFile groups rules by the file that they stand in, in order.
func ByFile(rules []*rule.Rule) [][]*rule.Rule {
	var files [][]*rule.Rule
	for _, r := range rules {
		if n := len(files); n > 0 && files[n-1][0].File == r.File {
			files[n-1] = append(files[n-1], r)
			continue
		}
		files = append(files, []*rule.Rule{r})
	}
	return slices.Clip(files)
}
