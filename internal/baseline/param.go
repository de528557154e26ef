package baseline

import (
	"slices"
	"strings"
)

// Param describes one parameter of the baseline.
type Param struct {
	// Name is the key in a baseline file and the name in a rule's %name%.
	Name string
	Kind Kind
	// Default is the value of an undeclared parameter, as YAML; "" is unset.
	Default string
	// Unit says what a number counts; "" where the kind says it all.
	Unit string
	// Question is what the organisation answers by setting the parameter.
	Question string
	// Rows are the ids of the detections that read the parameter, as in the
	// project's catalogue: G the guide's table rows, P its prose, S symptoms
	// of a taken mailbox, R resource accounts, X further patterns.
	Rows []string
	// Section is the heading under which Example puts the parameter.
	Section string
	// Live says whether a copy of the directory fills the list.
	Live Live
	// MayBeEmpty is true where an empty list is an answer in itself (no
	// exceptions, nothing blocked). Elsewhere an empty list is a question
	// that nobody has answered, and rules that need it sleep.
	MayBeEmpty bool

	example  string // a value to show in Example where there is no default
	fallback string // the record field that stands in for an unset list
	needs    string // a derived list: the text parameter without which there is nothing to derive
}

// Live says what a copy of the directory does for a list.
type Live uint8

// The ways in which a list is filled.
const (
	NotLive Live = iota // only what the baseline declares
	Joined              // the directory's members and the declared ones; unread without a directory
	Derived             // the directory's values unless some are declared
)

// Params lists every parameter in the order of Example. The slice and the
// rows in it are the caller's own.
func Params() []Param {
	out := slices.Clone(table)
	for i := range out {
		out[i].Rows = slices.Clone(out[i].Rows)
	}
	return out
}

func lookup(name string) (Param, bool) {
	i := slices.IndexFunc(table, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return table[i], true
}

// defaults is the baseline file that spells out every default.
func defaults() string {
	var b strings.Builder
	for _, p := range table {
		if p.Default != "" {
			b.WriteString(setting(p.Name, p.Default))
		}
	}
	return b.String()
}

// setting is the lines that give a parameter a value. A value that begins
// with a line break is a block and stands below the name.
func setting(name, yaml string) string {
	if strings.HasPrefix(yaml, "\n") {
		return name + ":" + yaml + "\n"
	}
	return name + ": " + yaml + "\n"
}

// Kind is the type of a parameter's value.
type Kind uint8

// The kinds of a parameter.
const (
	Count    Kind = iota + 1 // a whole number from 1
	Counts                   // one count, or {user: count, admin: count}
	Percent                  // a number from 0.001 to 1000
	Number                   // a number from 0.001
	Duration                 // whole seconds, in Go's notation with an additional d for days
	Switch                   // true, false or the date since which it is true
	Mode                     // any or all
	Pattern                  // a regular expression (RE2)
	ID                       // one object or tenant id
	Zone                     // an IANA time zone

	Accounts  // list of object ids, user principal names, {group: ID} and {role: ID}
	Apps      // list of application ids
	IDs       // list of ids: groups, tenants, policies, subscriptions, devices
	Roles     // list of role template ids
	Domains   // list of DNS domains
	Networks  // list of IP addresses and CIDR ranges
	Countries // list of two-letter country codes
	ASNs      // list of autonomous system numbers
	Words     // list of texts
	Classes   // list of account classes

	Patterns // attribute → regular expression
	Hours    // country → working hours
	Holidays // country → dates
	Zones    // country → IANA time zone
	Places   // group id → countries and networks
)

// String names the kind as a user would: "count", "list of domains".
func (k Kind) String() string { return shapes[k].name }

// form is how a kind is written in YAML.
type form uint8

const (
	scalar form = iota + 1
	pair
	list
	dict
)

// shape is what the decoder has to know about a kind.
type shape struct {
	name string
	form form
	want string   // a single value with its article; "": text
	tags []string // YAML tags of a single value; none: any text
	key  check    // checks a key of a dict
	one  check    // checks the value, each item of a list, each value of a dict
	many bool     // the values of a dict may be lists
	refs bool     // items may be {group: ID} or {role: ID}
}

// check returns the one spelling of a value that is kept and compared, or
// says what is wrong with it.
type check func(text string) (string, error)

var (
	whole   = []string{"!!int"}
	decimal = []string{"!!int", "!!float"}
)

var shapes = [...]shape{
	Count:    {name: "count", form: scalar, want: "a count", tags: whole, one: checkCount},
	Counts:   {name: "count, or one each for user and admin", form: pair, want: "a count", tags: whole, key: checkClassOfCount, one: checkCount},
	Percent:  {name: "percentage", form: scalar, want: "a percentage", tags: decimal, one: checkPercent},
	Number:   {name: "number", form: scalar, want: "a number", tags: decimal, one: checkNumber},
	Duration: {name: "duration", form: scalar, want: "a duration", one: checkDuration},
	Switch:   {name: "true, false or a date", form: scalar, want: "true, false or a date", tags: []string{"!!bool", "!!timestamp", "!!str"}, one: checkSwitch},
	Mode:     {name: "any or all", form: scalar, want: "any or all", one: checkMode},
	Pattern:  {name: "regular expression", form: scalar, want: "a regular expression", one: checkPattern},
	ID:       {name: "id", form: scalar, want: "an id", one: checkID},
	Zone:     {name: "time zone", form: scalar, want: "a time zone", one: checkZone},

	Accounts:  {name: "list of accounts", form: list, one: checkAccount, refs: true},
	Apps:      {name: "list of application ids", form: list, one: checkApp},
	IDs:       {name: "list of ids", form: list, one: checkID},
	Roles:     {name: "list of role template ids", form: list, one: checkRole},
	Domains:   {name: "list of domains", form: list, one: checkDomain},
	Networks:  {name: "list of networks", form: list, one: checkNetwork},
	Countries: {name: "list of countries", form: list, one: checkCountry},
	ASNs:      {name: "list of autonomous system numbers", form: list, one: checkASN},
	Words:     {name: "list of words", form: list, one: checkWord},
	Classes:   {name: "list of account classes", form: list, one: checkClass},

	Patterns: {name: "mapping of attribute to regular expression", form: dict, key: checkAttribute, one: checkPattern},
	Hours:    {name: "mapping of country to working hours", form: dict, key: checkCountryOrAll, one: checkHours, many: true},
	Holidays: {name: "mapping of country to dates", form: dict, key: checkCountryOrAll, one: checkHoliday, many: true},
	Zones:    {name: "mapping of country to time zone", form: dict, key: checkCountryOrAll, one: checkZone},
	Places:   {name: "mapping of group to countries and networks", form: dict, key: checkID, one: checkPlace, many: true},
}
