package rule

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// Away is `vakt: away`: the rule matches only records of accounts that stay in
// one place, from another.
type Away struct {
	Places   string // baseline parameter that maps groups to places
	Accounts string // field with the account's names
	Country  string // field
	Address  string // field

	line int
}

// Place is where the members of a group stay: in one of the countries, or in
// one of the networks.
type Place struct {
	Group     string // id
	Members   Expansion
	Countries []string
	Networks  []string // addresses and CIDRs
}

// Places is for Lists that know where groups of people stay.
type Places interface {
	// Places gives the value of a parameter that maps groups to places, by
	// group; ok is false when there is no such parameter.
	Places(name string) (list []Place, ok bool)
}

var awayKeys = []key[Away]{
	{"places", func(r *reader, n *yaml.Node, out *Away) { out.Places = r.parameter(n, "vakt: away: places") }},
	{"accounts", func(r *reader, n *yaml.Node, out *Away) { out.Accounts = r.filled(n, "vakt: away: accounts") }},
	{"country", func(r *reader, n *yaml.Node, out *Away) { out.Country = r.filled(n, "vakt: away: country") }},
	{"address", func(r *reader, n *yaml.Node, out *Away) { out.Address = r.filled(n, "vakt: away: address") }},
}

func (r *reader) away(n *yaml.Node) *Away {
	out := &Away{line: n.Line}
	lines := section(r, n, "vakt: away", awayKeys, out)
	for _, k := range awayKeys {
		if !lines.has(k.name) && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "vakt: away: %s is missing", k.name)
		}
	}
	return out
}

// awaySearch is what the search that `vakt: away` adds to a rule is called.
const awaySearch = "away_from_their_place"

// away adds to the condition that the account is a member of a group that
// stays elsewhere: one branch for each group. Without any group the rule
// sleeps.
func (c *compiler) away(d *detection) {
	written := c.current.Vakt.Away
	if written == nil || c.failed {
		return
	}
	var list []Place
	places, ok := c.lists.(Places)
	if ok {
		list, ok = places.Places(written.Places)
	}
	if !ok {
		c.refuse(written.line, "vakt: away: there is no baseline parameter %q that is a mapping of group to countries and networks", written.Places)
		return
	}
	s := search{name: awaySearch, line: written.line}
	for _, p := range list {
		s.branches = append(s.branches, c.elsewhere(p, written))
	}
	if len(list) == 0 {
		s.branches = append(s.branches, branch{written.item(written.Accounts, modifiers{expand: true}, listLiteral, written.Places)})
		c.current.expansions[written.Places] = Expansion{}
		c.warn(written.line, "asleep: baseline parameter %s is empty", written.Places)
	}
	d.searches = append(slices.Clone(d.searches), s)
	d.condition = &expr{op: exprAnd, kids: []*expr{d.condition, {op: exprSearch, search: len(d.searches) - 1}}}
}

// elsewhere says that a member of a group is not where it stays.
func (c *compiler) elsewhere(p Place, written *Away) branch {
	members := written.Places + ": " + p.Group
	p.Members.Optional = true // nobody in a group is an answer
	c.current.expansions[members] = p.Members
	b := branch{written.item(written.Accounts, modifiers{expand: true}, listLiteral, members)}
	if len(p.Countries) > 0 {
		b = append(b, written.item(written.Country, modifiers{negate: true}, textLiteral, p.Countries...))
	}
	if len(p.Networks) > 0 {
		return append(b, written.item(written.Address, modifiers{op: opCIDR, negate: true}, textLiteral, p.Networks...))
	}
	return append(b, written.item(written.Country, modifiers{op: opExists}, boolLiteral, "true")) // nowhere is not elsewhere
}

func (a *Away) item(field string, how modifiers, kind literalKind, values ...string) item {
	it := item{field: field, line: a.line, how: how}
	for _, v := range values {
		it.values = append(it.values, literal{kind, v, a.line})
	}
	return it
}
