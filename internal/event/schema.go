package event

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"vakt/internal/extract"
	"vakt/internal/text"
)

// Carriage says how well a shape carries a field.
type Carriage uint8

// The degrees of carriage.
const (
	Not    Carriage = iota // the shape cannot carry it: the field is unknown there
	Weakly                 // computed there from fewer sources than elsewhere
	Fully                  // as good as anywhere
)

// String names the carriage in tables.
func (c Carriage) String() string { return [...]string{"no", "weakly", "yes"}[c] }

// Schema hands out field ids and knows, for each, where it stands in each
// shape. It is safe for concurrent use.
type Schema struct {
	// Dates is how dates with slashes are read. It is set before the first
	// layout is made, if at all.
	Dates DateOrder
	// Kernel is how layouts find the structure of records; for comparison. It
	// is set before the first layout is made, if at all.
	Kernel extract.Kernel

	paths []extract.Want // every path that any column may want
	marks [markCount]int // by mark: its path

	mu     sync.RWMutex
	fields []*field // by Field; index 0 is NoField
	names  map[string]Field
}

// field is one column or one derived fact of one log.
type field struct {
	name    string
	log     Log
	kind    kind
	sources [shapes][]source // alternatives of a column
	derive  *derived         // nil for a column
	portal  portalColumn     // how a column is read from the portal's CSV
	param   string           // of an open field: the property, key or parameter name
	named   name             // the same, to be looked for
	from    [][]Field        // of a derived field: every entry is needed, any alternative of it will do
}

// source is one path of a column; key picks an element of a name/value list.
type source struct {
	path  int
	key   string
	named name // of the key
}

// NewSchema builds the schema from the tables.
func NewSchema() *Schema {
	s := &Schema{fields: []*field{nil}, names: map[string]Field{}}
	known := map[string]int{}
	for _, t := range []struct {
		log     Log
		columns []column
	}{{SignIn, signInColumns}, {Audit, auditColumns}, {Risk, riskColumns}, {Unified, unifiedColumns}, {Activity, activityColumns}} {
		for _, c := range t.columns {
			s.add(s.columnField(t.log, c, known))
		}
	}
	for m, path := range markPaths {
		s.marks[m] = s.path(path, false, known)
	}
	for _, log := range Logs() {
		for i := range derivations {
			d := &derivations[i]
			if d.logs&log != 0 && !d.open {
				s.add(s.derivedField(log, d, "", d.name))
			}
		}
	}
	return s
}

func (s *Schema) add(f *field) Field {
	id := Field(len(s.fields))
	s.fields = append(s.fields, f)
	s.names[nameKey(f.log, f.name)] = id
	return id
}

func nameKey(log Log, name string) string {
	return log.String() + ":" + strings.ToLower(name)
}

// columnField resolves a column's paths in every shape.
func (s *Schema) columnField(log Log, c column, known map[string]int) *field {
	f := &field{name: c.name, log: log, kind: c.kind, portal: portalColumns[log][c.name]}
	for shape := GraphV1; shape < shapes; shape++ {
		for _, p := range c.paths(log, shape) {
			name, key := p, ""
			if open := strings.IndexByte(p, '['); open >= 0 {
				name, key = p[:open], strings.TrimSuffix(p[open+1:], "]")
			}
			f.sources[shape] = append(f.sources[shape], source{
				path: s.path(name, c.whole || key != "", known), key: key, named: newName(key),
			})
		}
	}
	return f
}

// paths lists where the column stands in a shape; nil: it cannot be there.
func (c column) paths(log Log, shape Shape) []string {
	if !shape.Carries(log) {
		return nil
	}
	graph := c.graph
	if graph == "" {
		graph = c.name
	}
	switch shape {
	case AzureREST:
		return alternatives(graph, "")
	case GraphV1:
		if c.beta {
			return nil
		}
		return alternatives(graph, "")
	case GraphBeta:
		return alternatives(graph, "")
	case AzureMonitor:
		if log == Activity {
			return alternatives(c.envelope, "")
		}
		return append(alternatives(graph, "properties."), alternatives(c.envelope, "")...)
	case LogAnalytics:
		if c.la != "" {
			return typedColumns(alternatives(c.la, ""))
		}
		return typedColumns(alternatives(c.name, ""))
	case PortalCSV:
		return alternatives(portalColumns[log][c.name].csv, "")
	case UnifiedAudit:
		return alternatives(c.ual, "")
	default:
		return alternatives(c.ual, "auditData.")
	}
}

// typedColumns adds to each column of a workspace its twins: where tables
// with different types were put together, X is X_dynamic and X_string.
func typedColumns(paths []string) []string {
	var all []string
	for _, p := range paths {
		name, rest, nested := strings.Cut(p, ".")
		if nested {
			rest = "." + rest
		}
		all = append(all, p, name+"_dynamic"+rest, name+"_string"+rest)
	}
	return all
}

func alternatives(spec, prefix string) []string {
	if spec == "" || spec == "-" {
		return nil
	}
	all := strings.Split(spec, "|")
	for i := range all {
		all[i] = prefix + all[i]
	}
	return all
}

// path returns the index of a wanted path, adding it when new. Whole wins.
func (s *Schema) path(name string, whole bool, known map[string]int) int {
	lower := strings.ToLower(name)
	i, ok := known[lower]
	if !ok {
		i = len(s.paths)
		known[lower] = i
		s.paths = append(s.paths, extract.Want{Path: name})
	}
	s.paths[i].Whole = s.paths[i].Whole || whole
	return i
}

// derivedField binds a derivation to the columns of one log.
func (s *Schema) derivedField(log Log, d *derived, param, name string) *field {
	f := &field{name: name, log: log, derive: d, param: param, named: newName(param)}
	for _, entry := range d.from[log] {
		var any []Field
		for _, n := range strings.Split(entry, "|") {
			base, ok := s.names[nameKey(log, n)]
			if !ok {
				panic(fmt.Sprintf("event: derived field %q reads unknown column %q of %v", d.name, n, log))
			}
			any = append(any, base)
		}
		f.from = append(f.from, any)
	}
	return f
}

// Lookup resolves a field name for records of one log. Names are compared
// without case. Open fields, such as modified.UserType.new, are made on first
// use. ok is false for a name that no record of the log has.
func (s *Schema) Lookup(log Log, name string) (f Field, ok bool) {
	s.mu.RLock()
	f, ok = s.names[nameKey(log, name)]
	s.mu.RUnlock()
	if ok {
		return f, true
	}
	for i := range derivations {
		d := &derivations[i]
		if !d.open || d.logs&log == 0 {
			continue
		}
		if param := d.param(name); param != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			if f, ok = s.names[nameKey(log, name)]; !ok {
				f = s.add(s.derivedField(log, d, param, name))
			}
			return f, true
		}
	}
	return NoField, false
}

// Name gives the name of a field, as the tables write it.
func (s *Schema) Name(f Field) string { return s.field(f).name }

// Log gives the log whose records have the field.
func (s *Schema) Log(f Field) Log { return s.field(f).log }

func (s *Schema) field(f Field) *field {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.fields[f]
}

// Names lists the fields of a log in table order; open fields as patterns,
// such as "modified.<name>.new".
func (s *Schema) Names(log Log) []string {
	s.mu.RLock()
	var names []string
	for _, f := range s.fields[1:] {
		if f.log == log && f.param == "" {
			names = append(names, f.name)
		}
	}
	s.mu.RUnlock()
	for i := range derivations {
		if d := &derivations[i]; d.open && d.logs&log != 0 {
			names = append(names, d.name)
		}
	}
	return names
}

// Suggest gives the field of the log whose name is nearest to an unknown one,
// or whose last part is that name, or "" when nothing is near.
func (s *Schema) Suggest(log Log, name string) string {
	names := s.Names(log)
	if near := text.Nearest(name, names); near != "" {
		return near
	}
	for _, n := range names {
		if strings.HasSuffix(strings.ToLower(n), "."+strings.ToLower(name)) {
			return n
		}
	}
	return ""
}

// Carriage says how well a shape carries a field.
func (s *Schema) Carriage(shape Shape, f Field) Carriage {
	d := s.field(f)
	if !shape.Carries(d.log) {
		return Not
	}
	if d.derive == nil {
		if len(d.sources[shape]) > 0 {
			return Fully
		}
		return Not
	}
	there := 0
	for _, alternatives := range d.from {
		if slices.ContainsFunc(alternatives, func(a Field) bool { return s.Carriage(shape, a) == Fully }) {
			there++
		}
	}
	switch there {
	case 0:
		return Not
	case len(d.from):
		return Fully
	}
	return Weakly
}

// Carries says whether a shape, by its name, could carry the field at all.
func (s *Schema) Carries(shape string, f Field) bool {
	return s.Carriage(ShapeNamed(shape), f) != Not
}
