package baseline

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Naming: which share of the names a pattern has to cover, of how many names,
// and how many shapes it may be made of.
const (
	namingShare    = 0.95
	namingAccounts = 20
	namingAdmins   = 3
	namingShapes   = 4
	namingLook     = 0.5 // from which share on a pattern is shown
)

// names proposes how the accounts of people and of administrators are named.
func (c *class) names() []Line {
	var lines []Line
	if l, ok := c.naming("upn_regex_user", isPerson, namingAccounts, ""); ok {
		lines = append(lines, l)
	}
	if prefix := c.adminPrefix(); prefix != "" {
		if l, ok := c.naming("upn_regex_admin", isPrivileged, namingAdmins, prefix); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

// adminPrefix is what the names of most administrators begin with, up to the
// first mark; "" where they are named like everybody else.
func (c *class) adminPrefix() string {
	counts := map[string]int{}
	total := 0
	for _, a := range c.accounts {
		if !isPrivileged(c, a) {
			continue
		}
		total++
		if i := strings.IndexAny(a.name, "._-"); i > 0 {
			counts[a.name[:i+1]]++
		}
	}
	best := ""
	for _, prefix := range slices.Sorted(maps.Keys(counts)) {
		if counts[prefix] > counts[best] {
			best = prefix
		}
	}
	if counts[best] < 2 || float64(counts[best]) < namingLook*float64(total) {
		return ""
	}
	return best
}

// naming makes a regular expression of the commonest shapes of names.
func (c *class) naming(param string, which func(*class, *learnedOf) bool, least int, prefix string) (Line, bool) {
	shapes, domains, total := map[string]int{}, map[string]int{}, 0
	for _, a := range c.accounts {
		local, domain, ok := strings.Cut(a.name, "@")
		if !ok || !which(c, a) {
			continue
		}
		total++
		shapes[shapeOf(local, prefix)]++
		domains[domain]++
	}
	oftenShapes, oftenDomains := common(shapes, namingShapes), common(domains, namingShapes)
	if len(oftenShapes) == 0 || len(oftenDomains) == 0 {
		return Line{}, false
	}
	line := Line{Parameter: param, Accounts: total}
	pattern := namePattern(oftenShapes, oftenDomains)
	re, err := regexp.Compile(pattern)
	if err != nil {
		return Line{}, false
	}
	fit := 0
	for _, a := range c.accounts {
		switch {
		case !strings.Contains(a.name, "@") || !which(c, a):
		case re.MatchString(a.name):
			fit++
		case len(line.Names) < 2*mostNames:
			line.Names = append(line.Names, a.label())
		}
	}
	line.Value, line.Share, line.Count = pattern, float64(fit)/float64(total), fit
	line.Evidence = fmt.Sprintf("%s of %s (%s)", thousands(fit), plural(total, "account", "accounts"), percent(line.Share))
	if fit < total {
		line.Evidence += fmt.Sprintf("; %s not fit", plural(total-fit, "does", "do"))
	}
	switch {
	case line.Share < namingLook:
		return Line{}, false
	case total < least:
		line.Why = fmt.Sprintf("fewer than %d accounts", least)
	case line.Share < namingShare:
		line.Why = "it covers less than " + percent(namingShare)
	}
	line.Active = line.Why == ""
	return line, true
}

// common are the commonest texts, each of at least two accounts: as many as it
// takes to cover nearly all, but no more than a number.
func common(counts map[string]int, most int) []string {
	total := 0
	for _, n := range counts {
		total += n
	}
	var out []string
	covered := 0
	for _, text := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) }) {
		if len(out) == most || counts[text] < 2 || float64(covered) >= 0.995*float64(total) {
			break
		}
		out = append(out, text)
		covered += counts[text]
	}
	slices.Sort(out)
	return out
}

// namePattern is the regular expression of names of some shapes in some
// domains.
func namePattern(shapes, domains []string) string {
	for i := range domains {
		domains[i] = regexp.QuoteMeta(domains[i])
	}
	return "(?i)^" + either(shapes) + "@" + either(domains) + "$"
}

func either(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(?:" + strings.Join(parts, "|") + ")"
}

// shapeOf is the shape of a name, as a regular expression: runs of letters and
// of digits, and the marks between them. The prefix stands as it is.
func shapeOf(local, prefix string) string {
	var b strings.Builder
	if rest, ok := strings.CutPrefix(local, prefix); ok && prefix != "" {
		b.WriteString(regexp.QuoteMeta(prefix))
		local = rest
	}
	last := ""
	for _, r := range local {
		run := ""
		switch {
		case r >= '0' && r <= '9':
			run = "[0-9]+"
		case r >= 'a' && r <= 'z':
			run = "[a-z]+"
		case unicode.IsLetter(r):
			run = `\pL+`
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		if run != last {
			b.WriteString(run)
		}
		last = run
	}
	return b.String()
}
