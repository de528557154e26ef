package event

import (
	"strings"

	"vakt/internal/extract"
)

// The portal's download spreads the targets of an audit over numbered columns
// ("Target1ModifiedProperty2NewValue"), at most 3 targets with 5 properties
// each and 6 additional details. What does not fit is lost there. So where all
// places are taken, a property or detail that is not among them is unknown.

// Most places that are looked at, of each kind.
const maxPlaces = 9

// portalTarget is one target as raw cells; nil cells have no column.
type portalTarget struct {
	parts      map[string][]byte // by lower-case name of the part
	properties [maxPlaces]map[string][]byte
}

// portalTargets makes targetResources of the numbered columns.
func (r *Record) portalTargets() []byte {
	var targets [maxPlaces]portalTarget
	for key, raw := range extract.Members(r.raw) {
		if n, part, ok := numbered(key, "target"); ok {
			targets[n].set(part, raw)
		}
	}
	start := len(r.arena)
	r.arena = append(r.arena, '[')
	taken, places := 0, 0
	for i := range targets {
		t := &targets[i]
		if t.parts == nil {
			continue
		}
		places++
		if r.appendTarget(t) {
			taken++
		}
	}
	r.cutTargets = r.cutTargets || taken == places
	return r.closeList(start)
}

// set puts a cell in its place.
func (t *portalTarget) set(part string, raw []byte) {
	if t.parts == nil {
		t.parts = map[string][]byte{}
	}
	n, side, ok := numbered([]byte(`"`+part+`"`), "modifiedproperty")
	if !ok {
		t.parts[part] = raw
		return
	}
	if t.properties[n] == nil {
		t.properties[n] = map[string][]byte{}
	}
	t.properties[n][side] = raw
}

// appendTarget writes a target as Graph does. It is false, and nothing is
// written, where all its cells are empty.
func (r *Record) appendTarget(t *portalTarget) bool {
	start := len(r.arena)
	r.arena = append(r.arena, '{')
	any := r.appendMembers(t.parts, "id", "objectid", "displayName", "displayname", "type", "type", "userPrincipalName", "userprincipalname")
	r.arena = append(r.arena, `,"modifiedProperties":[`...)
	list := len(r.arena)
	taken, places := 0, 0
	for _, p := range t.properties {
		if p == nil {
			continue
		}
		places++
		before := len(r.arena)
		r.arena = append(r.arena, '{')
		if !r.appendMembers(p, "displayName", "name", "oldValue", "oldvalue", "newValue", "newvalue") {
			r.arena = r.arena[:before]
			continue
		}
		r.arena = append(r.arena, "},"...)
		taken++
	}
	if len(r.arena) > list {
		r.arena = r.arena[:len(r.arena)-1]
	}
	if !any && taken == 0 {
		r.arena = r.arena[:start]
		return false
	}
	r.cutTargets = r.cutTargets || places > 0 && taken == places
	r.arena = append(r.arena, "]},"...)
	return true
}

// appendMembers writes members: pairs of the name and the cell's. It is false
// where all cells are empty.
func (r *Record) appendMembers(cells map[string][]byte, names ...string) bool {
	any := false
	for i := 0; i < len(names); i += 2 {
		if i > 0 {
			r.arena = append(r.arena, ',')
		}
		r.arena = append(r.arena, '"')
		r.arena = append(r.arena, names[i]...)
		r.arena = append(r.arena, `":`...)
		if raw := cells[names[i+1]]; raw != nil && !extract.IsNull(raw) {
			r.arena = append(r.arena, raw...)
			any = true
		} else {
			r.arena = append(r.arena, "null"...)
		}
	}
	return any
}

// closeList ends a list whose elements each have a comma behind them.
func (r *Record) closeList(start int) []byte {
	if last := len(r.arena) - 1; r.arena[last] == ',' {
		r.arena = r.arena[:last]
	}
	r.arena = append(r.arena, ']')
	return r.arena[start:len(r.arena):len(r.arena)]
}

// portalDetails makes additionalDetails of the numbered columns, and of the
// one for the user agent.
func (r *Record) portalDetails() []byte {
	var details [maxPlaces]map[string][]byte
	var agent []byte
	for key, raw := range extract.Members(r.raw) {
		if n, part, ok := numbered(key, "additionaldetail"); ok {
			if details[n] == nil {
				details[n] = map[string][]byte{}
			}
			details[n][part] = raw
		} else if equalText(key, "User Agent") && !extract.IsNull(raw) {
			agent = raw
		}
	}
	start := len(r.arena)
	r.arena = append(r.arena, '[')
	taken, places := 0, 0
	for _, d := range details {
		if d == nil {
			continue
		}
		places++
		before := len(r.arena)
		r.arena = append(r.arena, '{')
		if !r.appendMembers(d, "key", "key", "value", "value") {
			r.arena = r.arena[:before]
			continue
		}
		r.arena = append(r.arena, "},"...)
		taken++
		if equalText(d["key"], "User-Agent") {
			agent = nil
		}
	}
	r.cutDetails = taken == places
	if agent != nil {
		r.arena = append(r.arena, `{"key":"User-Agent","value":`...)
		r.arena = append(r.arena, agent...)
		r.arena = append(r.arena, "},"...)
	}
	return r.closeList(start)
}

// numbered reads a raw column name of a beginning, a digit from 1 on and the
// rest, which it gives in lower case; n counts from 0.
func numbered(key []byte, beginning string) (n int, rest string, ok bool) {
	rest, ok = strings.CutPrefix(strings.ToLower(string(key[1:len(key)-1])), beginning)
	if !ok || len(rest) < 2 || rest[0] < '1' || rest[0] > '9' {
		return 0, "", false
	}
	return int(rest[0] - '1'), rest[1:], true
}
