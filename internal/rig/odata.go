package rig

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// options are the query options of a request for objects of a type.
type options struct {
	typ     string
	fields  []string // of $select, nil for the type's own choice
	expand  []expansion
	filter  filter // nil: everything
	uses    uses   // what the filter needs
	top     int    // 0: none given
	count   bool
	order   string
	falling bool
}

// expansion is one part of $expand: a navigation property, and what of its
// object is asked for.
type expansion struct {
	name   string
	fields []string
}

// known lists the query options that a collection takes.
var known = []string{"$select", "$expand", "$filter", "$top", "$count", "$orderby", "$skiptoken", "$search", "$format"}

// options reads the query of a request for objects of a type.
func (c *call) options(typ string) (options, *answer) {
	o := options{typ: typ}
	for name := range c.query {
		if strings.HasPrefix(name, "$") && !slices.Contains(known, name) {
			return o, badRequest("The query option '%s' is not known here.", name)
		}
	}
	for _, read := range []func(*options) *answer{c.readSelect, c.readExpand, c.readFilter, c.readTop, c.readOrder} {
		if bad := read(&o); bad != nil {
			return o, bad
		}
	}
	o.count = c.query.Get("$count") == "true"
	if c.query.Has("$search") {
		return o, unsupportedQuery("$search is not supported here.")
	}
	return o, nil
}

func badRequest(format string, args ...any) *answer {
	return graphError(http.StatusBadRequest, "Request_BadRequest", fmt.Sprintf(format, args...))
}

func unsupportedQuery(text string) *answer {
	return graphError(http.StatusBadRequest, "Request_UnsupportedQuery", text)
}

func noProperty(typ, name string) *answer {
	return badRequest("Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, typ)
}

func (c *call) readSelect(o *options) *answer {
	if !c.query.Has("$select") {
		return nil
	}
	fields, bad := c.fields(o.typ, c.query.Get("$select"))
	o.fields = fields
	return bad
}

// fields reads a list of structural properties of a type.
func (c *call) fields(typ, list string) ([]string, *answer) {
	fields := []string{}
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		first, _, _ := strings.Cut(name, "/")
		if !c.selectable(typ, first) {
			return nil, noProperty(typ, name)
		}
		fields = append(fields, first)
	}
	return fields, nil
}

// selectable tells whether a type has a structural property. Where a list may
// hold objects of several kinds, one of them has to have it.
func (c *call) selectable(typ, name string) bool {
	if typ == "directoryObject" {
		return slices.ContainsFunc([]string{"user", "group", "servicePrincipal", "device"}, func(t string) bool { return c.selectable(t, name) })
	}
	_, ok := schemaOf(c.version).prop(typ, name)
	return ok || slices.Contains(beyondSchema[typ], name)
}

// readExpand reads $expand, such as "manager($select=id,displayName)".
func (c *call) readExpand(o *options) *answer {
	for _, one := range splitOutside(c.query.Get("$expand"), ',') {
		name, inner, nested := strings.Cut(one, "(")
		target, ok := schemaOf(c.version).nav(o.typ, name)
		if !ok {
			return noProperty(o.typ, name)
		}
		e := expansion{name: name}
		if nested {
			list, ok := strings.CutPrefix(strings.TrimSuffix(inner, ")"), "$select=")
			if !ok {
				return badRequest("Only $select is supported inside of $expand.")
			}
			var bad *answer
			if e.fields, bad = c.fields(expandedType(bareType(target)), list); bad != nil {
				return bad
			}
		}
		o.expand = append(o.expand, e)
	}
	if len(o.expand) > 1 {
		return badRequest("Only one property can be expanded at a time.")
	}
	return nil
}

// expandedType is the type whose properties may be selected of what an
// expansion leads to: a manager is a directoryObject by its type, and a user.
func expandedType(typ string) string {
	if typ == "directoryObject" {
		return "user"
	}
	return typ
}

// splitOutside splits a text at a letter that stands outside of parentheses
// and quotes; of an empty text there are no parts.
func splitOutside(text string, at byte) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var parts []string
	depth, start, quote := 0, 0, false
	for i := range len(text) {
		switch ch := text[i]; {
		case ch == '\'':
			quote = !quote
		case quote:
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == at && depth == 0:
			parts = append(parts, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

func (c *call) readFilter(o *options) *answer {
	text := c.query.Get("$filter")
	if text == "" {
		return nil
	}
	f, used, err := parseFilter(text, schemaOf(c.version), o.typ)
	if err != nil {
		return badRequest("Invalid filter clause: %v", err)
	}
	o.filter, o.uses = f, used
	return nil
}

func (c *call) readTop(o *options) *answer {
	text := c.query.Get("$top")
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return badRequest("Invalid value '%s' for the query option $top.", text)
	}
	o.top = n
	return nil
}

func (c *call) readOrder(o *options) *answer {
	name, way, _ := strings.Cut(strings.TrimSpace(c.query.Get("$orderby")), " ")
	if name == "" {
		return nil
	}
	if _, ok := schemaOf(c.version).prop(o.typ, name); !ok {
		return noProperty(o.typ, name)
	}
	if way = strings.TrimSpace(way); way != "" && way != "asc" && way != "desc" {
		return badRequest("Invalid order '%s'.", way)
	}
	o.order, o.falling = name, way == "desc"
	return nil
}

// advanced refuses what directory objects answer only with the header
// ConsistencyLevel: eventual and $count=true: the page "Advanced query
// capabilities on Microsoft Entra ID objects".
func (c *call) advanced(o options) *answer {
	needs := o.uses.advanced || o.filter != nil && o.order != "" || o.count
	if !needs || c.eventual() || o.count && !o.uses.advanced && o.order == "" && strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual") {
		return nil
	}
	return unsupportedQuery("The request uses a query that needs the header ConsistencyLevel: eventual and $count=true.")
}

// project gives an object as the options ask for it: without what was not
// selected, and without navigation properties. What stays keeps its text.
func (c *call) project(o Object, op options, defaults []string) Object {
	fields := op.fields
	if fields == nil {
		fields = defaults
	}
	out := append(make([]byte, 0, len(o)), '{')
	for m := range o.members() {
		if c.shows(op.typ, fields, nameOf(o[m.start:m.colon])) {
			out = append(append(out, o[m.start:m.end]...), ',')
		}
	}
	for _, e := range op.expand {
		if value := c.expanded(o, op.typ, e); value != nil {
			out = append(append(append(appendText(out, e.name), ':'), value...), ',')
		}
	}
	if len(out) > 1 {
		out = out[:len(out)-1]
	}
	return append(out, '}')
}

// shows tells whether a member of an object belongs into an answer.
func (c *call) shows(typ string, fields []string, name string) bool {
	switch {
	case name == "@odata.type":
		return true
	case strings.Contains(name, "@"):
		return false
	case fields != nil:
		return slices.Contains(fields, name)
	}
	_, nav := schemaOf(c.version).nav(typ, name)
	return !nav
}
