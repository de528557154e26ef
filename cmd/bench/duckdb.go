//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// duckPackage is DuckDB's client for node, which brings the engine along.
const duckPackage = "@duckdb/node-api"

// duckScript asks one query and tells what told tells. DuckDB has one thread.
const duckScript = `import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const require = createRequire(process.argv[2] + '/x.js');
const { DuckDBInstance } = await import(pathToFileURL(require.resolve('` + duckPackage + `')));
const { keys, sql } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
const used = process.cpuUsage(), began = performance.now();
const [row] = (await connection.runAndReadAll(sql)).getRowObjectsJson();
const matches = {};
keys.forEach((key, i) => { if (Number(row['r' + i])) matches[key] = Number(row['r' + i]); });
console.log(JSON.stringify({ setup: (used.user + used.system) / 1e6, wall: (performance.now() - began) / 1e3, rules: keys.length, events: Number(row.n), matches }));
`

// duck is a DuckDB that can be asked.
type duck struct{ packages, script, query string }

// newDuck installs DuckDB, unless a folder with it is named. The error says,
// for people, why there is none.
func newDuck(ctx context.Context, dir, packages string) (*duck, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return nil, fmt.Errorf("node is not installed: %w", err)
	}
	d := &duck{packages: packages, script: filepath.Join(dir, "duck.mjs"), query: filepath.Join(dir, "query.json")}
	if packages == "" {
		d.packages = filepath.Join(dir, "node")
		if err := os.Mkdir(d.packages, 0o700); err != nil {
			return nil, err
		}
		npm := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", d.packages, duckPackage)
		if text, err := npm.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm install %s: %w: %.200s", duckPackage, err, text)
		}
	}
	return d, os.WriteFile(d.script, []byte(duckScript), 0o600)
}

// ask writes the query: how many records of a file meet each condition.
func (d *duck) ask(file string, conditions []condition) error {
	columns := shape{}
	var counts, keys []string
	for i, c := range conditions {
		c.test.columns(columns)
		counts = append(counts, fmt.Sprintf("count(*) FILTER (WHERE log = %s AND %s) AS r%d", quoted(c.log), c.test.sql(), i))
		keys = append(keys, c.key)
	}
	for _, name := range []string{"riskEventType", "activityDisplayName", "appId"} {
		columns[name] = nil
	}
	sql := fmt.Sprintf(`SELECT count(*) AS n, %s FROM (SELECT *, CASE WHEN riskEventType IS NOT NULL THEN 'riskdetection'
		WHEN activityDisplayName IS NOT NULL THEN 'auditlogs' WHEN appId IS NOT NULL THEN 'signinlogs' ELSE '' END AS log
		FROM read_json(%s, format = 'newline_delimited', columns = %s))`, strings.Join(counts, ",\n"), quoted(file), columns.sql())
	text, err := json.Marshal(map[string]any{"keys": keys, "sql": sql})
	if err != nil {
		return err
	}
	return os.WriteFile(d.query, text, 0o600)
}

func (d *duck) command(ctx context.Context) *exec.Cmd {
	return exec.CommandContext(ctx, "node", d.script, d.packages, d.query)
}

// shape is the columns that are read: a nil one is text, one that is a leaf
// holds its type under "".
type shape map[string]shape

// columns adds those that a test reads.
func (t *test) columns(s shape) {
	for _, p := range t.parts {
		p.columns(s)
	}
	for i, key := range t.path {
		if i == len(t.path)-1 {
			s[key] = map[string]shape{"number": {"BIGINT": nil}, "flag": {"BOOLEAN": nil}}[t.kind]
			break
		}
		if s[key] == nil {
			s[key] = shape{}
		}
		s = s[key]
	}
}

// sql writes columns as read_json wants them.
func (s shape) sql() string {
	var list []string
	for _, key := range s.keys() {
		list = append(list, key+": "+quoted(s[key].typ()))
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func (s shape) typ() string {
	switch {
	case s == nil:
		return "VARCHAR"
	case len(s) == 1 && s.keys()[0] == strings.ToUpper(s.keys()[0]):
		return s.keys()[0]
	}
	var list []string
	for _, key := range s.keys() {
		list = append(list, key+" "+s[key].typ())
	}
	return "STRUCT(" + strings.Join(list, ", ") + ")"
}

func (s shape) keys() []string {
	var keys []string
	for k := range s {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// sql writes a test; what is absent does not meet it.
func (t *test) sql() string {
	var parts []string
	for _, p := range t.parts {
		parts = append(parts, p.sql())
	}
	column := strings.Join(t.path, ".")
	switch t.op {
	case "and", "or":
		return "(" + strings.Join(parts, " "+strings.ToUpper(t.op)+" ") + ")"
	case "not":
		return "(NOT " + parts[0] + ")"
	case "contains":
		return fmt.Sprintf("coalesce(contains(lower(%s), %s), false)", column, quoted(t.text))
	case "startswith":
		return fmt.Sprintf("coalesce(starts_with(lower(%s), %s), false)", column, quoted(t.text))
	case "endswith":
		return fmt.Sprintf("coalesce(ends_with(lower(%s), %s), false)", column, quoted(t.text))
	}
	if t.kind != "text" {
		return fmt.Sprintf("coalesce(%s = %s, false)", column, t.text)
	}
	return fmt.Sprintf("coalesce(lower(%s) = %s, false)", column, quoted(t.text))
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
