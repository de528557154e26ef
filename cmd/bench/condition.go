//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vakt"
	"vakt/internal/rule"
)

// condition is a rule that other engines can be asked as well: a plain Sigma
// condition over columns of Graph's records, without what only Vakt derives,
// decodes or looks up.
type condition struct {
	key  string // of the rule
	log  string // service of the log source
	test *test
}

// test is a condition, or a part of one.
type test struct {
	op    string // and, or, not; equals, contains, startswith, endswith
	parts []*test
	path  []string // of the column
	text  string   // lower case
	kind  string   // text, number or flag
}

// errOther says that a rule is not such a condition.
var errOther = errors.New("not a plain condition over columns")

// misnamed is an operation that public rules call otherwise than the log does;
// Vakt knows what is meant.
const misnamed = "add member from group"

// columns are the columns of each log by the names that rules have for them.
// "#" marks a number, "?" a flag.
var columns = map[string]map[string]string{
	"signinlogs": {
		"status.errorcode": "status.errorCode#", "resulttype": "status.errorCode#",
		"appid": "appId", "properties.appid": "appId", "appdisplayname": "appDisplayName", "isinteractive": "isInteractive?",
		"authenticationrequirement": "authenticationRequirement", "properties.authenticationrequirement": "authenticationRequirement",
		"conditionalaccessstatus": "conditionalAccessStatus", "useragent": "userAgent", "clientappused": "clientAppUsed", "clientapp": "clientAppUsed",
		"risklevelduringsignin": "riskLevelDuringSignIn", "userprincipalname": "userPrincipalName", "username": "userPrincipalName",
		"ipaddress": "ipAddress", "devicedetail.trusttype": "deviceDetail.trustType", "location.countryorregion": "location.countryOrRegion",
		"resourcedisplayname": "resourceDisplayName", "authenticationprotocol": "authenticationProtocol",
	},
	"auditlogs": {
		"activitydisplayname": "activityDisplayName", "properties.message": "activityDisplayName", "loggedbyservice": "loggedByService",
		"category": "category", "result": "result",
	},
	"riskdetection": {"riskeventtype": "riskEventType", "riskstate": "riskState"},
}

// conditionsOf are the rules as conditions, those left out that are none.
func conditionsOf(rules []*rule.Rule) ([]condition, error) {
	var all []condition
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.File] {
			continue
		}
		seen[r.File] = true
		found, err := readConditions(r.File)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return slices.DeleteFunc(all, func(c condition) bool {
		return !slices.ContainsFunc(rules, func(r *rule.Rule) bool { return r.Key() == c.key && sigmaAlone(r) })
	}), nil
}

// sigmaAlone tells whether a rule matches by its Sigma condition and nothing
// else.
func sigmaAlone(r *rule.Rule) bool {
	v := &r.Vakt
	return v.FirstSeen == nil && v.Growth == nil && v.Away == nil && v.Outside == nil && v.Travel == nil && v.Controls == nil
}

// readConditions reads those of one file, on disk or built in.
func readConditions(file string) ([]condition, error) {
	text, err := fs.ReadFile(vakt.Rules, filepath.ToSlash(file))
	if err != nil {
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	var all []condition
	for docs := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc struct {
			ID, Name  string
			LogSource struct{ Service string }
			Detection map[string]any
		}
		if err := docs.Decode(&doc); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("rule file %q: %w", file, err)
		}
		c := condition{key: doc.Name, log: doc.LogSource.Service}
		if c.key == "" {
			c.key = doc.ID
		}
		p := parser{log: columns[c.log], searches: doc.Detection}
		if c.test, err = p.condition(); err == nil {
			all = append(all, c)
		}
	}
}

// parser reads one detection section.
type parser struct {
	log      map[string]string
	searches map[string]any
	words    []string
}

func (p *parser) condition() (*test, error) {
	text, ok := p.searches["condition"].(string)
	if !ok || p.log == nil {
		return nil, errOther
	}
	p.words = strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))
	t, err := p.either()
	if err != nil || len(p.words) > 0 {
		return nil, errOther
	}
	return t, nil
}

// next takes a word if it is the one asked for.
func (p *parser) next(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *parser) either() (*test, error) { return p.joined("or", p.both) }
func (p *parser) both() (*test, error)   { return p.joined("and", p.single) }

func (p *parser) joined(op string, part func() (*test, error)) (*test, error) {
	t := &test{op: op}
	for {
		one, err := part()
		if err != nil {
			return nil, err
		}
		if t.parts = append(t.parts, one); !p.next(op) {
			return t, nil
		}
	}
}

func (p *parser) single() (*test, error) {
	switch {
	case p.next("not"):
		t, err := p.single()
		return &test{op: "not", parts: []*test{t}}, err
	case p.next("("):
		t, err := p.either()
		if !p.next(")") {
			return nil, errOther
		}
		return t, err
	case p.next("1"), p.next("any"):
		return p.some("or")
	case p.next("all"):
		return p.some("and")
	case len(p.words) == 0:
		return nil, errOther
	}
	name := p.words[0]
	p.words = p.words[1:]
	return p.search(name)
}

// some reads "of NAME*" or "of them".
func (p *parser) some(op string) (*test, error) {
	if !p.next("of") || len(p.words) == 0 {
		return nil, errOther
	}
	pattern := p.words[0]
	p.words = p.words[1:]
	t := &test{op: op}
	for name := range p.searches {
		matches, _ := filepath.Match(pattern, name)
		if name == "condition" || !matches && (pattern != "them" || strings.HasPrefix(name, "_")) {
			continue
		}
		one, err := p.search(name)
		if err != nil {
			return nil, err
		}
		t.parts = append(t.parts, one)
	}
	return t, nil
}

func (p *parser) search(name string) (*test, error) {
	switch s := p.searches[name].(type) {
	case map[string]any:
		return p.fields(s)
	case []any:
		t := &test{op: "or"}
		for _, e := range s {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, errOther
			}
			one, err := p.fields(m)
			if err != nil {
				return nil, err
			}
			t.parts = append(t.parts, one)
		}
		return t, nil
	}
	return nil, errOther
}

func (p *parser) fields(m map[string]any) (*test, error) {
	t := &test{op: "and"}
	for key, value := range m {
		parts := strings.Split(key, "|")
		column, ok := p.log[strings.ToLower(parts[0])]
		if !ok {
			return nil, errOther
		}
		all := &test{op: "or"}
		op := "equals"
		for _, modifier := range parts[1:] {
			switch modifier {
			case "contains", "startswith", "endswith":
				op = modifier
			case "all":
				all.op = "and"
			default:
				return nil, errOther
			}
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, v := range values {
			one, err := leaf(op, column, v)
			if err != nil {
				return nil, err
			}
			all.parts = append(all.parts, one)
		}
		t.parts = append(t.parts, all)
	}
	return t, nil
}

func leaf(op, column string, value any) (*test, error) {
	t := &test{op: op, kind: "text", path: strings.Split(strings.TrimRight(column, "#?"), ".")}
	switch v := value.(type) {
	case string:
		t.text = strings.ToLower(v)
	case int:
		t.text = strconv.Itoa(v)
	case bool:
		t.text = strconv.FormatBool(v)
	default:
		return nil, errOther
	}
	switch {
	case strings.ContainsAny(t.text, "*?\\"), t.text == misnamed:
		return nil, errOther
	case strings.HasSuffix(column, "#"):
		t.kind = "number"
	case strings.HasSuffix(column, "?"):
		t.kind = "flag"
	}
	if _, err := strconv.Atoi(t.text); t.kind == "number" && err != nil || t.kind != "text" && op != "equals" {
		return nil, errOther
	}
	return t, nil
}

// holds says whether a decoded record meets the condition.
func (c *condition) holds(record map[string]any) bool {
	return logOf(record) == c.log && c.test.holds(record)
}

// logOf tells the log of a record.
func logOf(record map[string]any) string {
	switch {
	case record["riskEventType"] != nil:
		return "riskdetection"
	case record["activityDisplayName"] != nil:
		return "auditlogs"
	case record["status"] != nil && record["appId"] != nil:
		return "signinlogs"
	}
	return ""
}

func (t *test) holds(record map[string]any) bool {
	switch t.op {
	case "and":
		return !slices.ContainsFunc(t.parts, func(p *test) bool { return !p.holds(record) })
	case "or":
		return slices.ContainsFunc(t.parts, func(p *test) bool { return p.holds(record) })
	case "not":
		return !t.parts[0].holds(record)
	}
	var value any = record
	for _, key := range t.path {
		m, ok := value.(map[string]any)
		if !ok {
			return false
		}
		value = m[key]
	}
	var text string
	switch v := value.(type) {
	case string:
		text = strings.ToLower(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		text = strconv.FormatBool(v)
	default:
		return false
	}
	switch t.op {
	case "contains":
		return strings.Contains(text, t.text)
	case "startswith":
		return strings.HasPrefix(text, t.text)
	case "endswith":
		return strings.HasSuffix(text, t.text)
	}
	return text == t.text
}
