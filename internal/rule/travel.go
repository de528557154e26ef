package rule

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vakt/internal/event"
)

// Traveling is `vakt: travel` as written: names of baseline parameters, and how
// long a way is remembered.
type Traveling struct {
	Speed, Distance string        // numbers: km/h and km
	Known           []string      // lists of networks that do not tell where a person is
	ASNs            []string      // lists of network operators of which the same is so
	Again           time.Duration // see Travel.Again

	line int
}

// Travel makes of the matches of a plain rule those that nobody can have
// travelled. For a group, a match fires when an earlier one, or one of the same
// second, lies in another country, at least Distance away, and so far that the
// way would have taken more than Speed. More matches can only make more of them
// fire, as far as Again does not keep them silent.
//
// Where a match is, package detect says, by the fields below; Placeless says
// which matches are nowhere.
type Travel struct {
	Speed    float64 // km/h
	Distance float64 // km
	// Again is for how long a way between two countries is no news after it
	// was gone, told or not, on another UTC day, where both ends are of
	// networks that the group used on another day as well; 0: it is news each
	// day. A way that devices vouch for is another one.
	Again time.Duration

	// The fields of a sign-in that say where it comes from, and on what.
	Country, City, Lat, Lon, IP, Device, Compliant, ASN event.Field

	known  *node  // the record comes from one of the networks
	memory Memory // nil: nothing is remembered of the rule's groups
}

var travelKeys = []key[Traveling]{
	{"speed", func(r *reader, n *yaml.Node, out *Traveling) { out.Speed = r.parameter(n, "vakt: travel: speed") }},
	{"distance", func(r *reader, n *yaml.Node, out *Traveling) { out.Distance = r.parameter(n, "vakt: travel: distance") }},
	{"known", func(r *reader, n *yaml.Node, out *Traveling) { out.Known = r.group(n, "vakt: travel: known") }},
	{"asns", func(r *reader, n *yaml.Node, out *Traveling) { out.ASNs = r.group(n, "vakt: travel: asns") }},
	{"again", func(r *reader, n *yaml.Node, out *Traveling) { out.Again = r.timespan(n, "vakt: travel: again") }},
}

func (r *reader) travel(n *yaml.Node) *Traveling {
	out := &Traveling{line: n.Line}
	lines := section(r, n, "vakt: travel", travelKeys, out)
	for _, needed := range []string{"speed", "distance"} {
		if !lines.has(needed) && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "vakt: travel: %s is missing", needed)
		}
	}
	return out
}

// travel resolves `vakt: travel`.
func (c *compiler) travel(out *Compiled) {
	written := out.Vakt.Travel
	if written == nil {
		return
	}
	if out.Log != event.SignIn {
		c.refuse(written.line, "vakt: travel belongs in a rule over sign-ins: no other record says where somebody was")
		return
	}
	if out.Vakt.NotFollowedBy != nil || out.Vakt.FirstSeen != nil {
		c.refuse(written.line, "vakt: travel does not go together with not_followed_by or first_seen")
		return
	}
	t := &Travel{Again: written.Again}
	t.Speed = c.positiveNumber(written.Speed, written.line, "vakt: travel: speed")
	t.Distance = c.positiveNumber(written.Distance, written.line, "vakt: travel: distance")
	for _, f := range []struct {
		name string
		to   *event.Field
	}{
		{"location.countryOrRegion", &t.Country}, {"location.city", &t.City},
		{"location.geoCoordinates.latitude", &t.Lat}, {"location.geoCoordinates.longitude", &t.Lon},
		{"ipAddress", &t.IP}, {"deviceDetail.deviceId", &t.Device}, {"deviceDetail.isCompliant", &t.Compliant},
		{"autonomousSystemNumber", &t.ASN},
	} {
		*f.to, _ = c.field(out.Log, f.name, written.line, "vakt: travel")
	}
	if c.failed {
		return
	}
	known := c.onAny(written.Known, t.IP, opCIDR, written.line)
	known = append(known, c.onAny(written.ASNs, t.ASN, opEquals, written.line)...)
	if len(known) > 0 {
		t.known = join(nodeOr, known)
	}
	if group := out.groupNames(); len(group) == 1 && strings.EqualFold(group[0], "account") {
		t.memory, _ = c.lists.(Memory)
	}
	out.Travel = t
}

// Knows tells whether the baseline has learned that an account used a device a
// day before a moment or earlier.
func (t *Travel) Knows(account, device string, at int64) bool {
	if t.memory == nil {
		return false
	}
	const day = 24 * 60 * 60
	first, _, ok := t.memory.Learned(account, "deviceDetail.deviceId", device)
	return ok && first+day <= at
}

// fields are those that a travel reads, besides what its networks ask for.
func (t *Travel) fields() []event.Field {
	list := []event.Field{t.Country, t.City, t.Lat, t.Lon, t.IP, t.Device, t.Compliant}
	if t.known != nil {
		t.known.walk(func(p *predicate) { list = append(list, p.field) })
	}
	return list
}

func (c *compiler) positiveNumber(name string, line int, where string) float64 {
	n, ok := 0.0, false
	if c.lists != nil {
		n, ok = c.lists.Number(name)
	}
	if !ok || n <= 0 {
		c.refuse(line, "%s: there is no baseline parameter %q that is a number above zero", where, name)
	}
	return n
}

// onAny compiles "the field is on one of the lists". An empty one holds
// nothing, and does not put the rule to sleep.
func (c *compiler) onAny(lists []string, f event.Field, op operator, line int) []*node {
	var nodes []*node
	for _, name := range lists {
		v := values{compiler: c, item: &item{how: modifiers{expand: true, op: op}}, field: f, where: "vakt: travel"}
		if e, ok := c.baselineList(name, line, v.where); ok {
			nodes = append(nodes, join(nodeOr, v.listed(e, literal{kind: listLiteral, text: name, line: line})))
		}
	}
	return nodes
}

// Placeless tells whether the record that Match was last given comes from a
// network that does not tell where the person is. It is Unknown where the shape
// hides it.
func (m *Matcher) Placeless(t *Travel) Truth {
	if t.known == nil {
		return False
	}
	return m.node(t.known)
}

// explainTravel says between which matches the rule finds a way that nobody
// goes.
func (c *Compiled) explainTravel(b *strings.Builder) {
	t, written := c.Travel, c.Vakt.Travel
	if t == nil {
		return
	}
	fmt.Fprintf(b, "Such a record counts when an earlier one of the same %s lies in another country, at least %g km away%s, and the way between them would have taken more than %g km/h%s.\n",
		strings.Join(c.groupNames(), " and "), t.Distance, parameterWords(written.Distance), t.Speed, parameterWords(written.Speed))
	for _, name := range append(written.Known[:len(written.Known):len(written.Known)], written.ASNs...) {
		fmt.Fprintf(b, "Records from %s do not tell where somebody is: %s.\n", name, c.expansions[name].words())
	}
	if t.Again > 0 {
		fmt.Fprintf(b, "The way between two countries is no news within %s after it was last gone, if the networks at both ends were used on an earlier day.\n", spanWords(t.Again))
	}
	b.WriteString("It weighs little when both come from devices that are compliant, or that the account used on an earlier day.\n")
}

// plainOnly refuses in a correlation what changes which records match.
func (r *reader) plainOnly(v *Vakt) {
	const instead = "belongs in a plain rule: write it in the rule that is counted"
	if v.Outside != nil {
		r.refuse(v.Outside.line, "vakt: outside %s", instead)
	}
	if v.Travel != nil {
		r.refuse(v.Travel.line, "vakt: travel belongs in a plain rule: write it beside the detection")
	}
	if v.Away != nil {
		r.refuse(v.Away.line, "vakt: away %s", instead)
	}
	if v.Controls != nil {
		r.refuse(v.Controls.line, "vakt: controls %s", instead)
	}
}
