package rule

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"
)

var vaktKeys = []key[Vakt]{
	{"rows", func(r *reader, n *yaml.Node, out *Vakt) { out.Rows = r.rows(n) }},
	{"group", func(r *reader, n *yaml.Node, out *Vakt) { out.Group = r.group(n, "vakt: group") }},
	{"settle", func(r *reader, n *yaml.Node, out *Vakt) { out.Settle = r.timespan(n, "vakt: settle") }},
	{"needs", func(r *reader, n *yaml.Node, out *Vakt) { out.Needs = r.texts(n, "vakt: needs") }},
	{"next", func(r *reader, n *yaml.Node, out *Vakt) { out.Next = r.texts(n, "vakt: next") }},
	{"pivots", func(r *reader, n *yaml.Node, out *Vakt) { section(r, n, "vakt: pivots", pivotKeys, &out.Pivots) }},
	{"folds_into", func(r *reader, n *yaml.Node, out *Vakt) { out.FoldsInto = r.filled(n, "vakt: folds_into") }},
	{"level_from", func(r *reader, n *yaml.Node, out *Vakt) { out.LevelFrom = r.filled(n, "vakt: level_from") }},
	{"not_followed_by", func(r *reader, n *yaml.Node, out *Vakt) { out.NotFollowedBy = r.lack(n) }},
	{"severity", func(r *reader, n *yaml.Node, out *Vakt) { out.Severity = r.raisings(n) }},
	{"collapse", func(r *reader, n *yaml.Node, out *Vakt) { out.Collapse = r.collapsing(n) }},
	{"first_seen", func(r *reader, n *yaml.Node, out *Vakt) { out.FirstSeen = r.novelty(n) }},
	{"away", func(r *reader, n *yaml.Node, out *Vakt) { out.Away = r.away(n) }},
	{"growth", func(r *reader, n *yaml.Node, out *Vakt) { out.Growth = r.growing(n) }},
	{"outside", func(r *reader, n *yaml.Node, out *Vakt) { out.Outside = r.outside(n) }},
	{"travel", func(r *reader, n *yaml.Node, out *Vakt) { out.Travel = r.travel(n) }},
	{"controls", func(r *reader, n *yaml.Node, out *Vakt) { out.Controls = r.controls(n) }},
	{"threshold", func(r *reader, n *yaml.Node, out *Vakt) { out.Threshold = r.parameter(n, "vakt: threshold") }},
	{"timespan", func(r *reader, n *yaml.Node, out *Vakt) { out.Timespan = r.parameter(n, "vakt: timespan") }},
}

var pivotKeys = []key[Pivots]{
	{"kql", func(r *reader, n *yaml.Node, out *Pivots) { out.KQL = r.filled(n, "vakt: pivots: kql") }},
	{"powershell", func(r *reader, n *yaml.Node, out *Pivots) { out.PowerShell = r.filled(n, "vakt: pivots: powershell") }},
}

// vakt reads our custom key.
func (r *reader) vakt(n *yaml.Node, out *Vakt) {
	out.line = n.Line
	section(r, n, "vakt", vaktKeys, out)
}

func (r *reader) rows(n *yaml.Node) []string {
	list := r.texts(n, "vakt: rows")
	for i, row := range list {
		if row != "" && !isRow(row) {
			r.refuse(n.Content[i].Line, "vakt: rows: %q is not a row of the guide such as G11", row)
		}
	}
	return list
}

// group reads a list of names that must not be empty or repeat itself.
func (r *reader) group(n *yaml.Node, what string) []string {
	list := r.textOrTexts(n, what)
	if n.Kind == yaml.SequenceNode && len(list) == 0 {
		r.refuse(n.Line, "%s is an empty list", what)
	}
	seen := map[string]bool{}
	for _, name := range list {
		if seen[name] {
			r.refuse(n.Line, "%s names %q twice", what, name)
		}
		seen[name] = true
	}
	return list
}

func (r *reader) parameter(n *yaml.Node, what string) string {
	s := r.filled(n, what)
	if s != "" && !isName(s) {
		r.refuse(n.Line, "%s: %q is not the name of a baseline parameter", what, s)
	}
	return s
}

// maxTimespan keeps windows within what an export can hold.
const maxTimespan = 3650 * 24 * time.Hour

// timespanUnits are the units of a time span. A month is 30 days and a year
// 365, since a window has one length whenever it lies.
var timespanUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour,
	'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'M': 30 * 24 * time.Hour, 'y': 365 * 24 * time.Hour,
}

// timespan reads a whole number and a unit: 30s, 15m, 1h, 7d, 2w, 1M, 1y.
func (r *reader) timespan(n *yaml.Node, what string) time.Duration {
	s := r.filled(n, what)
	if s == "" {
		return 0
	}
	if !isTimespan(s) {
		r.refuse(n.Line, "%s %q is not a time span: write a whole number and s, m, h, d, w, M (30 days) or y (365 days), such as 15m", what, s)
		return 0
	}
	number, err := strconv.Atoi(s[:len(s)-1])
	unit := timespanUnits[s[len(s)-1]]
	if err != nil || number == 0 || time.Duration(number) > maxTimespan/unit {
		r.refuse(n.Line, "%s %q must lie between 1s and 3650d", what, s)
		return 0
	}
	return time.Duration(number) * unit
}
