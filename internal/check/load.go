package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vakt/internal/baseline"
	"vakt/internal/rule"
)

// Checks are checks as written, ready to be compiled for a run.
type Checks struct {
	rules []*rule.Rule
}

// Load reads every check below root: *.yml files, each one Sigma document
// whose log source is product vakt and a population as service. A check that
// is no such document, or asks for a fact that does not exist, is a problem;
// the others are loaded.
func Load(fsys fs.FS, root string) (*Checks, []rule.Problem) {
	rules, problems := rule.LoadFS(fsys, root)
	c := &Checks{}
	for _, r := range rules {
		if why := unfit(r); why != "" {
			problems = append(problems, rule.Problem{File: r.File, Line: r.Line, Message: why})
			continue
		}
		c.rules = append(c.rules, r)
	}
	slices.SortFunc(c.rules, func(a, b *rule.Rule) int { return strings.Compare(a.Key(), b.Key()) })
	_, more := rule.Compile(c.rules, schema{}, baseline.Default())
	for _, p := range more {
		if !asleep(p) {
			problems = append(problems, p)
		}
	}
	return c, problems
}

// asleep is true of the warning that a check waits for the baseline.
func asleep(p rule.Problem) bool { return p.Warning && strings.HasPrefix(p.Message, "asleep: ") }

// unfit says why a rule is no check.
func unfit(r *rule.Rule) string {
	switch {
	case r.Correlation != nil || r.Filter != nil:
		return "a check is one detection rule: correlations and filters have no meaning for a state"
	case r.LogSource.Product != "vakt" || r.LogSource.Category != "":
		return fmt.Sprintf("a check has the log source {product: vakt, service: POPULATION}, not %s", r.LogSource)
	case populationNamed(r.LogSource.Service) == nil:
		return fmt.Sprintf("there is no population %q: %s", r.LogSource.Service, meant(r.LogSource.Service, populationNames()))
	case r.Name == "":
		return "a check needs a name: its stem"
	case r.Level == "":
		return "a check needs a level"
	case r.Vakt.FirstSeen != nil || r.Vakt.Away != nil:
		return "first_seen and away have no meaning for a state"
	case r.Vakt.NotFollowedBy != nil || r.Vakt.Collapse != nil || len(r.Vakt.Group) > 0:
		return "group, collapse and not_followed_by have no meaning for a state"
	}
	return ""
}

func populationNames() []string {
	names := make([]string, len(populations))
	for i := range populations {
		names[i] = populations[i].name
	}
	return names
}

// About describes one check for people.
type About struct {
	*rule.Rule
	// Population is whom it looks at, Words the same for people.
	Population, Words string
	// Facts are those that it asks for.
	Facts []string
	// Explain says in plain words what it looks for.
	Explain string
	// Parameters are the settings of the baseline that it reads.
	Parameters []string
}

// About lists all checks by their ids, as they read under a baseline.
func (c *Checks) About(lists rule.Lists) []About {
	set, _ := rule.Compile(c.rules, schema{}, lists)
	var all []About
	for _, r := range set.Rules() {
		p := populationNamed(r.LogSource.Service)
		a := About{Rule: r.Rule, Population: p.name, Words: p.words, Explain: r.Explain(), Parameters: r.Parameters()}
		for _, f := range r.Fields {
			a.Facts = append(a.Facts, factAt(f).name)
		}
		all = append(all, a)
	}
	return all
}

// Names lists the ids of all checks.
func (c *Checks) Names() []string {
	names := make([]string, len(c.rules))
	for i, r := range c.rules {
		names[i] = r.Key()
	}
	return names
}

// Controls lists the controls of the CIS benchmark among a rule's tags:
// `cis.m365.1.2.2` gives "CIS M365 1.2.2".
func Controls(r *rule.Rule) []string {
	var list []string
	for _, tag := range r.Tags {
		if rest, ok := strings.CutPrefix(tag, "cis.m365."); ok {
			list = append(list, "CIS M365 "+rest)
		}
	}
	return list
}

// FactDoc is one fact that checks can ask for.
type FactDoc struct{ Name, Words string }

// AccountFacts lists the facts about an account.
func AccountFacts() []FactDoc { return docsOf(accountTable) }

// TenantFacts lists the facts about a tenant.
func TenantFacts() []FactDoc { return docsOf(tenantTable) }

// PopulationDocs lists the populations.
func PopulationDocs() []FactDoc {
	docs := make([]FactDoc, len(populations))
	for i := range populations {
		docs[i] = FactDoc{populations[i].name, populations[i].words}
	}
	return docs
}

func docsOf(table []fact) []FactDoc {
	docs := make([]FactDoc, len(table))
	for i := range table {
		docs[i] = FactDoc{table[i].name, table[i].doc}
	}
	return docs
}
