package rule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// head is a good rule up to its detection, which begins in line 4.
const head = "title: t\nlogsource: {product: azure, service: signinlogs}\ndetection:\n"

// good is a good detection rule; lines put after it begin in line 7.
const good = head + "  s:\n    result: 1\n  condition: s\n"

// counting is a good correlation; lines put after it begin in line 8.
const counting = "title: t\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [ip]\n  timespan: 15m\n  condition: {gte: 5}\n"

// swap replaces a line of a good text.
func swap(text, old, line string) string {
	if !strings.Contains(text, old) {
		panic("no " + old)
	}
	return strings.Replace(text, old, line, 1)
}

// withItem is a rule whose search, in line 4, has the given line 5.
func withItem(line string) string {
	return head + "  s:\n    " + line + "\n  condition: s\n"
}

// withSearch is a rule with the given search in line 4.
func withSearch(line string) string { return head + line + "\n  condition: s\n" }

// withCondition is a rule with two searches and the condition in line 8.
func withCondition(text string) string {
	return head + "  sel_a:\n    result: 1\n  sel_b:\n    result: 2\n  condition: " + text + "\n"
}

var broken = []struct {
	name, text string
	want       []string
}{
	{"empty file", "", []string{`r.yml:1: the file holds no rule`}},
	{"only comments", "# nothing\n---\n# here\n", []string{`r.yml:1: the file holds no rule`}},
	{"no YAML", "title: [", []string{`r.yml:2: not readable as YAML: did not find expected node content`}},
	{"tab", "title: t\n\tlevel: low\n", []string{`r.yml:2: not readable as YAML: found a tab character that violates indentation`}},
	{"list", "- a\n", []string{`r.yml:1: a rule must be a map, not a list`}},
	{"text", "hello\n", []string{`r.yml:1: a rule must be a map, not text`}},
	{"bare", "title: t\n", []string{
		`r.yml:1: detection is missing`,
		`r.yml:1: logsource is missing`,
	}},
	{"no title", strings.TrimPrefix(good, "title: t\n"), []string{`r.yml:1: title is missing`}},
	{"empty title", swap(good, "title: t", "title: ''"), []string{`r.yml:1: title is empty`}},
	{"null title", swap(good, "title: t", "title:"), []string{`r.yml:1: title is empty`}},
	{"long title", swap(good, "title: t", "title: "+strings.Repeat("x", 257)), []string{`r.yml:1: title is longer than 256 characters`}},
	{"unknown key", good + "falsepositive: [x]\n", []string{`r.yml:7: unknown key "falsepositive" in the rule: did you mean "falsepositives"?`}},
	{"unknown key, nothing near", good + "zzzzzzzzzz: 1\n", []string{`r.yml:7: unknown key "zzzzzzzzzz" in the rule`}},
	{"key twice", good + "title: u\n", []string{`r.yml:7: the rule: "title" stands twice, first in line 1`}},
	{"key no text", good + "[a, b]: 1\n", []string{`r.yml:7: the rule: a key must be text, not a list`}},
	{"merge key", good + "<<: {level: low}\n", []string{`r.yml:7: the rule: merge keys (<<) are not supported: write the keys out`}},
	{"status", good + "status: tst\n", []string{`r.yml:7: status "tst" is not one of stable, test, experimental, deprecated, unsupported: did you mean "test"?`}},
	{"level", good + "level: severe\n", []string{`r.yml:7: level "severe" is not one of informational, low, medium, high, critical`}},
	{"level list", good + "level: [high]\n", []string{`r.yml:7: level must be text, not a list`}},
	{"date", good + "date: 2024/01/02\n", []string{`r.yml:7: date "2024/01/02" is not a date: write it as YYYY-MM-DD`}},
	{"no such day", good + "modified: 2024-02-30\n", []string{`r.yml:7: modified "2024-02-30" is not a date: write it as YYYY-MM-DD`}},
	{"id", good + "id: 12345\n", []string{`r.yml:7: id "12345" is not a UUID`}},
	{"tags", good + "tags:\n  - attack.T1110\n  - ok.ok\n", []string{`r.yml:8: tag "attack.T1110" is not of the form namespace.name in lower case`}},
	{"tags text", good + "tags: attack.t1110\n", []string{`r.yml:7: tags must be a list, not text`}},
	{"references", good + "references: {a: b}\n", []string{`r.yml:7: references must be a list, not a map`}},
	{"empty reference", good + "references:\n  - a\n  -\n", []string{`r.yml:9: an entry of references is empty`}},
	{"related", good + "related:\n  - id: x\n    type: old\n  - type: similar\n", []string{
		`r.yml:8: related: id "x" is not a UUID`,
		`r.yml:9: related: type "old" is not one of derived, obsolete, merged, renamed, similar`,
		`r.yml:10: related: an entry needs id and type`,
	}},
	{"logsource", swap(good, "{product: azure, service: signinlogs}", "{produkt: azure}"), []string{`r.yml:2: unknown key "produkt" in logsource: did you mean "product"?`}},
	{"empty logsource", swap(good, "{product: azure, service: signinlogs}", "{}"), []string{`r.yml:2: logsource names no category, product or service`}},
	{"filter", "title: t\nlogsource: {product: azure}\nfilter: {rules: [a]}\n", []string{`r.yml:3: filter has no condition`}},
	{"action", "action: global\ntitle: t\n", []string{`r.yml:1: not supported: action (rule collections of the old format): write each rule out`}},
	{"several at once", "titel: t\nlevel: hi\nlogsource: {product: azure}\ndetection:\n  s: {a|contain: b}\n  condition: x\n", []string{
		`r.yml:1: unknown key "titel" in the rule: did you mean "title"?`,
		`r.yml:1: title is missing`,
		`r.yml:2: level "hi" is not one of informational, low, medium, high, critical: did you mean "high"?`,
		`r.yml:5: search "s": "a|contain": unknown modifier "contain": did you mean "contains"?`,
		`r.yml:6: condition: no search is named "x": did you mean "s"?`,
	}},

	{"no condition", head + "  s: {result: 1}\n", []string{`r.yml:4: detection has no condition`}},
	{"timeframe", head + "  s: {result: 1}\n  timeframe: 5m\n  condition: s\n", []string{`r.yml:5: timeframe belongs to the old format: write a correlation with a timespan`}},
	{"search text", withSearch("  s: hello"), []string{`r.yml:4: search "s" must be a map of fields or a list, not text`}},
	{"search null", withSearch("  s:"), []string{`r.yml:4: search "s" must be a map of fields or a list, not nothing`}},
	{"search name", head + "  s 1: {result: 1}\n  condition: s\n", []string{
		`r.yml:4: search "s 1": a search is named with letters, digits, _ - and . only`,
		`r.yml:5: condition: no search is named "s": did you mean "s 1"?`,
	}},
	{"empty map", withSearch("  s: {}"), []string{`r.yml:4: search "s" is an empty map`}},
	{"empty list", withSearch("  s: []"), []string{`r.yml:4: search "s" is an empty list`}},
	{"empty map in list", withSearch("  s: [{}]"), []string{`r.yml:4: search "s" is an empty map`}},
	{"nested list", withSearch("  s: [[a]]"), []string{`r.yml:4: search "s": a value in a list must be text, a number or a boolean, not a list`}},
	{"null keyword", withSearch("  s: [a, null]"), []string{`r.yml:4: search "s": null must not stand in a list: write a search of its own for it`}},
	{"empty keyword", withSearch("  s: ['']"), []string{`r.yml:4: search "s": an empty text is part of every text: this matches everything`}},
	{"no values", withItem("result: []"), []string{`r.yml:5: search "s": "result": the list of values is empty`}},
	{"map value", withItem("result: {a: 1}"), []string{`r.yml:5: search "s": "result": a value must be text, a number, true, false or null, not a map`}},
	{"null in list", withItem("result: [1, null]"), []string{`r.yml:5: search "s": "result": null must not stand in a list: write a search of its own for it`}},
	{"list in list", withItem("result: [1, [2]]"), []string{`r.yml:5: search "s": "result": a value in a list must be text, a number or a boolean, not a list`}},
	{"field twice", head + "  s:\n    result: 1\n    result: 2\n  condition: s\n", []string{`r.yml:6: search "s": "result" stands twice, first in line 5`}},

	{"modifier typo", withItem("result|containss: a"), []string{`r.yml:5: search "s": "result|containss": unknown modifier "containss": did you mean "contains"?`}},
	{"modifier nonsense", withItem("result|frobnicate: a"), []string{`r.yml:5: search "s": "result|frobnicate": unknown modifier "frobnicate"`}},
	{"modifier empty", withItem("result|: a"), []string{`r.yml:5: search "s": "result|": a modifier is missing after |`}},
	{"base64offset of one byte", withItem("result|base64offset|contains: a"), []string{`r.yml:5: search "s": "result|base64offset|contains": "a" is too short for base64offset: one byte leaves no trace at some offsets`}},
	{"base64 of a wildcard", withItem("result|base64: 'a*'"), []string{"r.yml:5: search \"s\": \"result|base64\": the modifier \"base64\" cannot encode a wildcard: write \\* or \\? for the characters themselves"}},
	{"base64 of a number", withItem("result|base64: 5"), []string{`r.yml:5: search "s": "result|base64": the modifier "base64" needs text, not 5`}},
	{"wide of null", withItem("result|wide: null"), []string{`r.yml:5: search "s": "result|wide": the modifier "wide" needs text, not null`}},
	{"wide after base64", withItem("result|base64|wide: a"), []string{`r.yml:5: search "s": "result|base64|wide": the modifier "wide" must stand before "base64": modifiers work from left to right`}},
	{"windash after wide", withItem("result|wide|windash|base64: a"), []string{`r.yml:5: search "s": "result|wide|windash|base64": the modifier "windash" must stand before "wide": modifiers work from left to right`}},
	{"base64 after contains", withItem("result|contains|base64: a"), []string{`r.yml:5: search "s": "result|contains|base64": the modifier "base64" must stand before "contains": modifiers work from left to right`}},
	{"two encodings", withItem("result|wide|utf16be: a"), []string{`r.yml:5: search "s": "result|wide|utf16be": the modifiers "wide" and "utf16be" exclude each other`}},
	{"two base64", withItem("result|base64|base64offset: aa"), []string{`r.yml:5: search "s": "result|base64|base64offset": the modifiers "base64" and "base64offset" exclude each other`}},
	{"utf16 alone", withItem("result|utf16: a"), []string{`r.yml:5: search "s": "result|utf16": "a" in utf16 holds bytes that no text has: add base64 or base64offset`}},
	{"wide beyond ASCII", withItem("result|wide: \u00e9"), []string{"r.yml:5: search \"s\": \"result|wide\": \"\u00e9\" in wide holds bytes that no text has: add base64 or base64offset"}},
	{"wide windash", withItem("result|windash|wide: '-a'"), []string{`r.yml:5: search "s": "result|windash|wide": the modifiers "windash" and "wide" work together only with base64 or base64offset`}},
	{"windash too many", withItem("result|windash|base64: '-a -b -c -d -e -f'"), []string{`r.yml:5: search "s": "result|windash|base64": windash makes more than 4096 texts of "-a -b -c -d -e -f": write a search for each part`}},
	{"windash re", withItem("result|windash|re: a"), []string{`r.yml:5: search "s": "result|windash|re": the modifiers "re" and "windash" do not go together`}},
	{"fieldref wildcard", withItem("result|fieldref: 'a*'"), []string{`r.yml:5: search "s": "result|fieldref": the modifier "fieldref" needs the name of a field, not "a*"`}},
	{"fieldref number", withItem("result|fieldref: 1"), []string{`r.yml:5: search "s": "result|fieldref": the modifier "fieldref" needs text, not 1`}},
	{"fieldref re", withItem("result|fieldref|re: a"), []string{`r.yml:5: search "s": "result|fieldref|re": the modifiers "re" and "fieldref" do not go together`}},
	{"fieldref gt", withItem("result|fieldref|gt: a"), []string{`r.yml:5: search "s": "result|fieldref|gt": the modifiers "gt" and "fieldref" do not go together`}},
	{"fieldref expand", withItem("result|fieldref|expand: '%a%'"), []string{`r.yml:5: search "s": "result|fieldref|expand": the modifiers "fieldref" and "expand" do not go together`}},
	{"hour out of range", withItem("result|hour: 24"), []string{`r.yml:5: search "s": "result|hour": the modifier "hour" needs a whole number from 0 to 23, not 24`}},
	{"week out of range", withItem("result|week|gte: 0"), []string{`r.yml:5: search "s": "result|week|gte": the modifier "week" needs a whole number from 1 to 53, not 0`}},
	{"minute text", withItem("result|minute: '5'"), []string{`r.yml:5: search "s": "result|minute": the modifier "minute" needs a whole number from 0 to 59, not 5`}},
	{"day null", withItem("result|day: null"), []string{`r.yml:5: search "s": "result|day": the modifier "day" needs a whole number from 1 to 31, not null`}},
	{"two parts", withItem("result|hour|minute: 5"), []string{`r.yml:5: search "s": "result|hour|minute": the modifiers "hour" and "minute" exclude each other`}},
	{"part with contains", withItem("result|hour|contains: 5"), []string{`r.yml:5: search "s": "result|hour|contains": the modifiers "contains" and "hour" do not go together`}},
	{"part with all", withItem("result|hour|all: [5, 6]"), []string{`r.yml:5: search "s": "result|hour|all": the modifiers "hour" and "all" do not go together`}},
	{"modifier case", withItem("result|Contains: a"), []string{`r.yml:5: search "s": "result|Contains": unknown modifier "Contains": did you mean "contains"?`}},
	{"modifier twice", withItem("result|contains|contains: a"), []string{`r.yml:5: search "s": "result|contains|contains": the modifier "contains" stands twice`}},
	{"two operators", withItem("result|contains|endswith: a"), []string{`r.yml:5: search "s": "result|contains|endswith": the modifiers "contains" and "endswith" exclude each other`}},
	{"flag without re", withItem("result|i: a"), []string{`r.yml:5: search "s": "result|i": the modifier "i" only follows "re"`}},
	{"cased re", withItem("result|re|cased: a"), []string{`r.yml:5: search "s": "result|re|cased": the modifiers "re" and "cased" do not go together`}},
	{"neq all", withItem("result|neq|all: [a, b]"), []string{`r.yml:5: search "s": "result|neq|all": the modifiers "all" and "neq" do not go together: neq is true when no value matches`}},
	{"exists neq", withItem("result|exists|neq: true"), []string{`r.yml:5: search "s": "result|exists|neq": the modifiers "exists" and "neq" do not go together`}},
	{"exists text", withItem("result|exists: 'yes'"), []string{`r.yml:5: search "s": "result|exists": the modifier "exists" takes true or false`}},
	{"exists list", withItem("result|exists: [true, false]"), []string{`r.yml:5: search "s": "result|exists": the modifier "exists" takes one value, not a list`}},
	{"all without list", withItem("result|contains|all: a"), []string{`r.yml:5: search "s": "result|contains|all": the modifier "all" needs a list of values`}},
	{"contains null", withItem("result|contains: null"), []string{`r.yml:5: search "s": "result|contains": the modifier "contains" cannot compare with null`}},
	{"contains nothing", withItem("result|contains: ''"), []string{`r.yml:5: search "s": "result|contains": an empty text is part of every text: this matches everything`}},
	{"number text", withItem("result|gt: '5'"), []string{`r.yml:5: search "s": "result|gt": the modifier "gt" needs a number, not "5"`}},
	{"number word", withItem("result|lte: many"), []string{`r.yml:5: search "s": "result|lte": the modifier "lte" needs a number, not "many"`}},
	{"number list", withItem("result|gte|all: [1, 2]"), []string{`r.yml:5: search "s": "result|gte|all": the modifiers "gte" and "all" do not go together`}},
	{"regex", withItem("result|re: '(a'"), []string{"r.yml:5: search \"s\": \"result|re\": the regular expression does not compile: error parsing regexp: missing closing ): `(a`"}},
	{"regex look-ahead", withItem("result|re: 'a(?!b)'"), []string{"r.yml:5: search \"s\": \"result|re\": the regular expression does not compile: error parsing regexp: invalid or unsupported Perl syntax: `(?!`"}},
	{"regex in a list", head + "  s:\n    result|re:\n      - 'a'\n      - '*'\n      - '['\n  condition: s\n", []string{
		"r.yml:7: search \"s\": \"result|re\": the regular expression does not compile: error parsing regexp: missing argument to repetition operator: `*`",
		"r.yml:8: search \"s\": \"result|re\": the regular expression does not compile: error parsing regexp: missing closing ]: `[`",
	}},
	{"cidr", withItem("ip|cidr: 192.0.2.0/33"), []string{`r.yml:5: search "s": "ip|cidr": "192.0.2.0/33" is not a CIDR such as 192.0.2.0/24`}},
	{"cidr host", withItem("ip|cidr: 192.0.2.1"), []string{`r.yml:5: search "s": "ip|cidr": "192.0.2.1" is not a CIDR such as 192.0.2.0/24`}},
	{"expand text", withItem("result|expand: admins"), []string{`r.yml:5: search "s": "result|expand": the modifier "expand" needs a placeholder such as %name%, not "admins"`}},
	{"expand within a network", withItem("ip|cidr|expand: '%nets%/24'"), []string{`r.yml:5: search "s": "ip|cidr|expand": "%nets%/24": a network cannot be put together of a list and text`}},
	{"expand null", withItem("result|expand: null"), []string{`r.yml:5: search "s": "result|expand": the modifier "expand" needs a placeholder such as %name%, not "null"`}},
	{"keyword modifier", withItem("'|startswith': [a]"), []string{`r.yml:5: search "s": "|startswith": without a field name only these modifiers work: all, cased, neq, contains, re, windash, base64, base64offset and the encodings`}},
	{"no field", withItem("'': a"), []string{`r.yml:5: search "s": "": a field name is missing: keywords are written as a list`}},
	{"no field, by a tag", withSearch("  s: {!}"), []string{`r.yml:4: search "s": "": a field name is missing: keywords are written as a list`}},
	{"null for a keyword", withItem("'|cased': null"), []string{`r.yml:5: search "s": "|cased": no text is null: a keyword must be text or a number`}},
	{"blank field", withItem("'result |contains': a"), []string{`r.yml:5: search "s": "result |contains": a field name has no blanks around it`}},

	{"condition unknown", withCondition("sel_a and sel_c"), []string{`r.yml:8: condition: no search is named "sel_c": did you mean "sel_a"?`}},
	{"condition empty", withCondition("''"), []string{`r.yml:8: condition is empty`}},
	{"condition null", withCondition(""), []string{`r.yml:8: condition is empty`}},
	{"condition list", withCondition("[]"), []string{`r.yml:8: condition is an empty list`}},
	{"condition list, one bad", withCondition("[sel_a, sel_x]"), []string{`r.yml:8: condition: no search is named "sel_x": did you mean "sel_a"?`}},
	{"condition map", withCondition("{a: b}"), []string{`r.yml:8: condition must be text, not a map`}},
	{"condition pipe", withCondition("sel_a | count() by ip > 5"), []string{`r.yml:8: condition: aggregations after | belong to the old format: write a correlation (type event_count or value_count)`}},
	{"condition bracket", withCondition("(sel_a or sel_b"), []string{`r.yml:8: condition: a bracket is not closed`}},
	{"condition bracket 2", withCondition("sel_a or sel_b)"), []string{`r.yml:8: condition: ")" is not expected here: combine searches with and, or, not`}},
	{"condition end", withCondition("sel_a and"), []string{`r.yml:8: condition: it ends where a search is expected`}},
	{"condition start", withCondition("or sel_a"), []string{`r.yml:8: condition: "or" stands where a search is expected`}},
	{"condition neighbours", withCondition("sel_a sel_b"), []string{`r.yml:8: condition: "sel_b" is not expected here: combine searches with and, or, not`}},
	{"condition pattern", withCondition("sel_*"), []string{"r.yml:8: condition: \"sel_*\" is a pattern: write `1 of sel_*` or `all of sel_*`"}},
	{"condition quantity", withCondition("2 of sel_*"), []string{"r.yml:8: condition: `2 of` is not part of Sigma: write `1 of` or `all of`"}},
	{"condition no match", withCondition("1 of filter_*"), []string{`r.yml:8: condition: no search matches "filter_*"`}},
	{"condition near", withCondition("all of sell_*"), []string{`r.yml:8: condition: no search matches "sell_*": did you mean "sel_a"?`}},
	{"condition of", withCondition("1 of"), []string{"r.yml:8: condition: `1 of` needs a name, a pattern or them"}},
	{"condition of bracket", withCondition("1 of (sel_a)"), []string{"r.yml:8: condition: `1 of` needs a name, a pattern or them"}},
	{"condition deep", withCondition(strings.Repeat("not ", 100) + "sel_a"), []string{`r.yml:8: condition: nested deeper than 64 levels`}},
	{"condition long", withCondition(strings.Repeat("sel_a or ", 2000) + "sel_b"), []string{`r.yml:8: condition: longer than 10000 bytes`}},

	{"vakt key", good + "vakt:\n  thresholds: x\n", []string{`r.yml:8: unknown key "thresholds" in vakt: did you mean "threshold"?`}},
	{"vakt row", good + "vakt:\n  rows: [G1, G22]\n", []string{`r.yml:8: vakt: rows: "G1" is not a row of the guide such as G11`}},
	{"vakt text", good + "vakt: x\n", []string{`r.yml:7: vakt must be a map, not text`}},
	{"vakt group", good + "vakt:\n  group: []\n", []string{`r.yml:8: vakt: group is an empty list`}},
	{"vakt group twice", good + "vakt:\n  group: [ip, ip]\n", []string{`r.yml:8: vakt: group names "ip" twice`}},
	{"vakt settle", good + "vakt:\n  settle: 10 min\n", []string{`r.yml:8: vakt: settle "10 min" is not a time span: write a whole number and s, m, h, d, w, M (30 days) or y (365 days), such as 15m`}},
	{"vakt pivots", good + "vakt:\n  pivots: {sql: x}\n", []string{`r.yml:8: unknown key "sql" in vakt: pivots: did you mean "kql"?`}},
	{"vakt threshold", good + "vakt:\n  threshold: spray\n", []string{`r.yml:8: vakt: threshold belongs in a correlation: this rule counts nothing`}},
	{"vakt threshold name", counting + "vakt:\n  threshold: '%spray%'\n", []string{`r.yml:9: vakt: threshold: "%spray%" is not the name of a baseline parameter`}},
	{"vakt group in correlation", counting + "vakt:\n  group: [ip]\n", []string{`r.yml:9: vakt: group belongs in a plain rule: a correlation has group-by`}},

	{"correlation type", swap(counting, "event_count", "event_cnt"), []string{`r.yml:3: correlation: type "event_cnt" is not one of event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile: did you mean "event_count"?`}},
	{"temporal beyond its rules", swap(counting, "event_count", "temporal_ordered"), []string{`r.yml:7: correlation: the condition never holds: temporal_ordered counts rules, and there are 1`}},
	{"correlation median", swap(counting, "event_count", "value_median"), []string{
		`r.yml:3: correlation: value_median is not part of Sigma 2.1: write value_percentile with percentile: 50`,
	}},
	{"correlation empty", "title: t\ncorrelation: {}\n", []string{
		`r.yml:2: correlation: type is missing`,
		`r.yml:2: correlation: rules is missing`,
		`r.yml:2: correlation: group-by is missing`,
		`r.yml:2: correlation: timespan is missing`,
		`r.yml:2: correlation: condition is missing`,
	}},
	{"correlation text", "title: t\ncorrelation: x\n", []string{`r.yml:2: correlation must be a map, not text`}},
	{"correlation key", swap(counting, "timespan:", "timeframe:"), []string{
		`r.yml:3: correlation: timespan is missing`,
		`r.yml:6: unknown key "timeframe" in correlation`,
	}},
	{"correlation no group", swap(counting, "  group-by: [ip]\n", ""), []string{`r.yml:3: correlation: group-by is missing`}},
	{"correlation timespan", swap(counting, "15m", "15D"), []string{`r.yml:6: correlation: timespan "15D" is not a time span: write a whole number and s, m, h, d, w, M (30 days) or y (365 days), such as 15m`}},
	{"correlation timespan zero", swap(counting, "15m", "0s"), []string{`r.yml:6: correlation: timespan "0s" must lie between 1s and 3650d`}},
	{"correlation timespan huge", swap(counting, "15m", "999999999d"), []string{`r.yml:6: correlation: timespan "999999999d" must lie between 1s and 3650d`}},
	{"correlation three operators", swap(counting, "{gte: 5}", "{gte: 5, lt: 9, neq: 7}"), []string{`r.yml:7: correlation: condition has 3 operators: write one, or two that are a range`}},
	{"correlation empty range", swap(counting, "{gte: 5}", "{gt: 5, lt: 6}"), []string{`warning: r.yml:7: correlation: the condition never holds: it is asked when there is at least one match`}},
	{"correlation none", swap(counting, "{gte: 5}", "{lt: 1}"), []string{`warning: r.yml:7: correlation: the condition never holds: it is asked when there is at least one match`}},
	{"correlation operator", swap(counting, "{gte: 5}", "{get: 5}"), []string{`r.yml:7: unknown key "get" in correlation: condition: did you mean "gt"?`}},
	{"correlation no operator", swap(counting, "{gte: 5}", "{field: ip}"), []string{
		`r.yml:7: correlation: condition has no operator: write one of gt, gte, lt, lte, eq, neq`,
		`r.yml:7: correlation: event_count counts records and takes no field: did you mean value_count?`,
	}},
	{"correlation number", swap(counting, "{gte: 5}", "{gte: 5.5}"), []string{`r.yml:7: correlation: gte needs a whole number from 0, not 5.5: event_count counts`}},
	{"correlation number text", swap(counting, "{gte: 5}", "{gte: '5'}"), []string{`r.yml:7: correlation: gte needs a number, not text (5)`}},
	{"correlation number negative", swap(counting, "{gte: 5}", "{gte: -5}"), []string{`r.yml:7: correlation: gte needs a whole number from 0, not -5: event_count counts`}},
	{"correlation text condition", swap(counting, "{gte: 5}", "a and b"), []string{`r.yml:7: correlation: Sigma 2.1 knows no condition as text: write a map such as {gte: 5}`}},
	{"correlation field", swap(counting, "{gte: 5}", "{gte: 5, field: ip}"), []string{`r.yml:7: correlation: event_count counts records and takes no field: did you mean value_count?`}},
	{"value_count without field", swap(counting, "event_count", "value_count"), []string{`r.yml:3: correlation: value_count needs a field in its condition: whose values are counted?`}},
	{"value_sum two fields", swap(swap(counting, "event_count", "value_sum"), "{gte: 5}", "{gte: 5, field: [ip, app]}"), []string{`r.yml:7: correlation: value_sum computes with one field: several are for value_count`}},
	{"value_avg without field", swap(counting, "event_count", "value_avg"), []string{`r.yml:3: correlation: value_avg needs a field in its condition: whose values are counted?`}},
	{"value_percentile alone", swap(swap(counting, "event_count", "value_percentile"), "{gte: 5}", "{gte: 5, field: size}"), []string{`warning: r.yml:3: correlation: value_percentile without a percentile is taken for the median: write percentile: 50`}},
	{"value_percentile beyond", swap(swap(counting, "event_count", "value_percentile"), "{gte: 5}", "{gte: 5, field: size, percentile: 101}"), []string{`r.yml:7: correlation: percentile must lie between 0 and 100`}},
	{"percentile of a count", swap(counting, "{gte: 5}", "{gte: 5, percentile: 9}"), []string{`r.yml:7: correlation: percentile belongs to the type value_percentile`}},
	{"value_count field twice", swap(swap(counting, "event_count", "value_count"), "{gte: 5}", "{gte: 5, field: ip}\n  field: app"), []string{`r.yml:8: correlation: field stands twice, first in line 7`}},
	{"correlation aliases", counting + "  aliases: {a: [b]}\n", []string{`r.yml:8: correlation: aliases: a must be a map, not a list`}},
	{"correlation alias empty", counting + "  aliases: {a: {b: ''}}\n", []string{`r.yml:8: correlation: aliases: a: b is empty`}},

	{"lack", good + "vakt:\n  not_followed_by: {rules: []}\n", []string{
		`r.yml:8: vakt: not_followed_by: rules is an empty list`,
		`r.yml:8: vakt: not_followed_by: within is missing`,
	}},
	{"collapse in a rule", good + "vakt:\n  collapse: {within: 10s}\n", []string{`r.yml:8: vakt: collapse belongs in a correlation: this rule counts nothing`}},
	{"collapse of values", swap(swap(counting, "event_count", "value_count"), "{gte: 5}", "{gte: 5, field: app}") + "vakt:\n  collapse: {within: 10s}\n", []string{`r.yml:9: vakt: collapse belongs to event_count: value_count does not count records`}},
	{"collapse without within", counting + "vakt:\n  collapse: {by: ip}\n", []string{`r.yml:9: vakt: collapse: within is missing: how long does one operation take?`}},
	{"severity map", good + "vakt:\n  severity: {level: high}\n", []string{`r.yml:8: vakt: severity must be a list, not a map`}},
	{"severity without level", good + "vakt:\n  severity: [{when: {matched: s}}]\n", []string{`r.yml:8: vakt: severity: an entry needs when and level`}},
	{"severity of two kinds", good + "vakt:\n  severity: [{when: {matched: s, list: vips}, level: high}]\n", []string{`r.yml:8: vakt: severity: when takes distinct and at_least, or list (and field), or matched, or alerts, or followed_by and within`}},
	{"severity distinct alone", good + "vakt:\n  severity: [{when: {distinct: ip}, level: high}]\n", []string{`r.yml:8: vakt: severity: when takes distinct and at_least, or list (and field), or matched, or alerts, or followed_by and within`}},
	{"severity at_least", good + "vakt:\n  severity: [{when: {distinct: ip, at_least: 0}, level: high}]\n", []string{`r.yml:8: vakt: severity: at_least needs a whole number from 1, not a number (0)`}},
	{"severity level", good + "vakt:\n  severity: [{when: {matched: s}, level: worst}]\n", []string{`r.yml:8: vakt: severity: level "worst" is not one of informational, low, medium, high, critical`}},
	{"severity search", good + "vakt:\n  severity: [{when: {matched: t}, level: high}]\n", []string{`r.yml:8: vakt: severity: the condition uses no search "t": did you mean "s"?`}},
	{"threshold of a range", swap(counting, "{gte: 5}", "{gte: 5, lt: 9}") + "vakt:\n  threshold: x\n", []string{`r.yml:9: vakt: threshold replaces the number of one operator: this condition has 2`}},
	{"threshold of nothing", "title: t\ncorrelation: {type: temporal, rules: [a, b], timespan: 1h}\nvakt:\n  threshold: x\n", []string{`r.yml:4: vakt: threshold replaces the number of the condition: this correlation has none`}},
	{"correlation generate", counting + "generate: 'yes'\n", []string{`r.yml:8: generate must be true or false, not text (yes)`}},
	{"correlation and detection", counting + "detection: {}\nlogsource: {}\n", []string{
		`r.yml:8: detection does not belong in a correlation: write it as a rule in a document of its own`,
		`r.yml:9: logsource does not belong in a correlation: write it as a rule in a document of its own`,
	}},
	{"correlation rules", swap(counting, "[a]", "[a, a]"), []string{`r.yml:4: correlation: rules names "a" twice`}},
	{"correlation no rules", swap(counting, "[a]", "[]"), []string{`r.yml:4: correlation: rules is an empty list`}},

	{"self alias", "title: t\ndetection: &d\n  s: *d\n", []string{`r.yml:3: the alias "d" refers to itself`}},
	{"second document", good + "---\ntitle: [x]\n", []string{
		`r.yml:8: title must be text, not a list`,
		`r.yml:8: detection is missing`,
		`r.yml:8: logsource is missing`,
	}},
}

func TestBroken(t *testing.T) {
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Parse("r.yml", []byte(tt.text))
			got := messages(problems)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
