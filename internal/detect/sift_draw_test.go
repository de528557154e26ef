package detect

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// The rules of the tests that compare what is seen with and without a place at
// which it can be read again.

// detectionRule is a rule over sign-ins with one search.
func detectionRule(name, search, more string) string {
	return fmt.Sprintf("title: %s\nname: %s\nlogsource: {product: azure, service: signinlogs}\ndetection:\n  search_%s: {%s}\n  condition: search_%s\nlevel: low\n%s---\n",
		name, name, name, search, name, more)
}

// siftedBases are the rules beneath the correlations. "strong" is unknown in
// Graph's v1.0 form, and so is the level of "issued"; "either" matches what
// "fail" and "pass" do.
var siftedBases = detectionRule("fail", "status.errorCode: 50126", "") +
	detectionRule("pass", "status.errorCode: 0", "") +
	detectionRule("either", "status.errorCode: [0, 50126]", "") +
	detectionRule("strong", "status.errorCode: 0, authenticationRequirement: multiFactorAuthentication", "") +
	detectionRule("risky", "status.errorCode: 50126", "vakt: {level_from: riskLevelDuringSignIn, group: [ip]}\n") +
	detectionRule("issued", "status.errorCode: 50126", "vakt: {level_from: tokenIssuerType}\n") +
	`title: changed
name: changed
logsource: {product: azure, service: auditlogs}
detection:
  search_changed: {activityDisplayName: Update user}
  condition: search_changed
level: low
---
`

// ruleDraw draws the text of rules.
type ruleDraw struct {
	*rapid.T
	text     strings.Builder
	names    int
	followed bool // the rule at hand is made worse by what follows
}

func (d *ruleDraw) one(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(d.T, what)
}

func (d *ruleDraw) number(what string, from, to int) int {
	return rapid.IntRange(from, to).Draw(d.T, what)
}

func (d *ruleDraw) span() string { return d.one("span", "10s", "60s", "60s") }

// name is that of the next rule.
func (d *ruleDraw) name(kind string) string {
	d.names++
	return fmt.Sprint(kind, d.names)
}

// correlation adds one and returns its name.
func (d *ruleDraw) correlation(name, kind, rules, group, condition, vakt string) string {
	if group != "" {
		group = ", group-by: [" + group + "]"
	}
	if condition != "" {
		condition = ", condition: {" + condition + "}"
	}
	fmt.Fprintf(&d.text, "title: %s\nname: %s\ncorrelation: {type: %s, rules: [%s]%s, timespan: %s%s}\nlevel: medium\n", name, name, kind, rules, group, d.span(), condition)
	if vakt != "" {
		fmt.Fprintf(&d.text, "vakt: {%s}\n", vakt)
	}
	d.text.WriteString("---\n")
	return name
}

// group draws by what sign-ins are grouped.
func (d *ruleDraw) group() string {
	return d.one("group", "ip", "ip", "account", "account", "account, ip", "riskEventTypes_v2", "riskEventTypes_v2", "sessionId")
}

// extras draws what stands below vakt: what makes an alert worse or takes it
// back. Only a count lets a line have a number of its own.
func (d *ruleDraw) extras(counts bool) string { return joinParts(d.severity(counts), d.lack()) }

// lack draws what must not follow.
func (d *ruleDraw) lack() string {
	if d.followed || d.one("lack", "", "", "not") == "" {
		return ""
	}
	return fmt.Sprintf("not_followed_by: {rules: [%s], within: %s}", d.one("follower", "pass", "strong", "either"), d.span())
}

// severity draws what makes an alert worse.
func (d *ruleDraw) severity(counts bool) string {
	var raises []string
	raise := func(when, more string) {
		raises = append(raises, fmt.Sprintf("{when: {%s}, level: %s%s}", when, d.one("level", "low", "high", "critical"), more))
	}
	own := ""
	if counts {
		own = d.one("own number", "", ", threshold: failed_signin_threshold_admin")
	}
	for range d.number("raises", 0, 3) {
		switch d.one("raise", "list", "ip", "session", "alerts") {
		case "list":
			raise("list: privileged_users", own)
			own = ""
		case "ip":
			raise("distinct: ip, at_least: 2", "")
		case "session":
			raise("distinct: sessionId, at_least: 2", "")
		case "alerts":
			raise("alerts: 2", "")
		}
	}
	if d.followed = d.one("followed", "", "", "by") != ""; d.followed {
		raise(fmt.Sprintf("followed_by: [%s], within: %s", d.one("follower", "pass", "strong", "either"), d.span()), "")
	}
	if len(raises) == 0 {
		return ""
	}
	return "severity: [" + strings.Join(raises, ", ") + "]"
}

// joinParts joins those parts of a list that are not empty.
func joinParts(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}

func (d *ruleDraw) eventCount() {
	rules := d.one("rules", "fail", "fail", "risky", "issued", "either", "fail, pass", "fail, either", "fail, strong")
	bound := fmt.Sprintf(d.one("bound", "gte: %d", "gte: %d", "gt: %d"), d.number("least", 2, 4))
	collapse := d.one("collapse", "", "", "collapse: {by: [correlationId], within: 10s}", "collapse: {by: [sessionId], within: 10s}")
	d.correlation(d.name("many"), "event_count", rules, d.group(), bound, joinParts(collapse, d.extras(true)))
}

// bounded is one that more facts can take back.
func (d *ruleDraw) bounded() {
	d.correlation(d.name("bounded"), "event_count", "fail", d.group(), "gte: 2, lt: 4", d.extras(false))
}

func (d *ruleDraw) valueCount() {
	field := d.one("field", "account", "ip", "riskEventTypes_v2", "[ip, appId]", "[riskEventTypes_v2, appId]", "sessionId")
	rules := d.one("rules", "fail", "either", "fail, pass")
	d.correlation(d.name("different"), "value_count", rules, d.group(), fmt.Sprintf("field: %s, gte: %s", field, d.one("least", "2", "3", "3")), d.extras(true))
}

func (d *ruleDraw) temporal() {
	kind, rules := d.one("kind", "temporal", "temporal_ordered"), d.one("rules", "fail, pass", "pass, fail", "fail, pass, either", "fail, strong", "strong, pass, fail")
	d.correlation(d.name("steps"), kind, rules, d.group(), d.one("condition", "", "", "gte: 2"), d.extras(false))
}

// acrossLogs has several groups a record.
func (d *ruleDraw) acrossLogs() {
	switch d.one("kind", "count", "followed", "temporal") {
	case "count":
		d.correlation(d.name("across"), "event_count", "fail, changed", "account", fmt.Sprint("gte: ", d.number("least", 2, 4)), "")
		return
	case "followed":
		d.correlation(d.name("across"), "event_count", "either", "account", "gte: 2", "not_followed_by: {rules: [changed], within: 60s}")
		return
	}
	d.correlation(d.name("across"), d.one("kind", "temporal", "temporal_ordered"), "fail, changed", "account", "", d.one("vakt", "", "not_followed_by: {rules: [changed], within: 10s}"))
}

// chain has correlations beneath, with the same group and with another.
func (d *ruleDraw) chain() {
	kind := d.one("kind", "temporal", "temporal_ordered")
	group := d.one("group", "ip", "ip", "account", "account", "account, ip")
	inner := d.correlation(d.name("burst"), "event_count", d.one("rules", "fail", "either", "either"), group, "gte: 2", "")
	other := d.correlation(d.name("burst"), d.one("kind", "temporal", "temporal_ordered"), "pass, fail", group, "", "")
	switch d.one("above", "same", "same", "same", "only", "only", "three", "some", "some", "other", "other", "values", "follows") {
	case "same":
		d.correlation(d.name("over"), kind, fmt.Sprintf(d.one("order", "%s, pass", "pass, %s", "%s, strong"), inner), group, "", d.extras(false))
	case "only":
		d.correlation(d.name("over"), kind, inner+", "+other, group, "", d.extras(false))
	case "three":
		middle := d.correlation(d.name("middle"), kind, inner+", pass", group, "", "")
		d.correlation(d.name("over"), kind, middle+", "+other+", either", group, d.one("condition", "", "gte: 2"), d.extras(false))
	case "some":
		rules := d.one("rules", "%s", "%s, pass")
		d.correlation(d.name("over"), "event_count", fmt.Sprintf(rules, inner), strings.TrimSuffix(group, ", ip"), fmt.Sprint("gte: ", d.number("least", 1, 3)), d.extras(true))
	case "other":
		both := d.correlation(d.name("burst"), "event_count", "either", "ip, account", "gte: 2", "")
		d.correlation(d.name("over"), kind, both+", pass", d.one("group", "ip", "account", "account, ip"), "", d.extras(false))
	case "values":
		d.correlation(d.name("over"), "value_count", inner, strings.TrimSuffix(group, ", ip"), "field: "+strings.TrimPrefix(group, "account, ")+", gte: 1", "")
	case "follows":
		d.correlation(d.name("over"), "event_count", "pass", group, fmt.Sprint("gte: ", d.number("least", 1, 2)), fmt.Sprintf("not_followed_by: {rules: [%s], within: 60s}", inner))
	}
}

// plain are rules without a correlation: what follows them, travel, what is new,
// and what grows.
func (d *ruleDraw) plain() {
	above := func(name, search, vakt string) {
		d.text.WriteString(detectionRule(d.name(name), search, "vakt: {"+vakt+"}\n"))
	}
	switch d.one("plain", "follows", "travel", "travel", "fresh", "up") {
	case "follows":
		above("alone", "status.errorCode: 50126", joinParts("group: ["+d.one("group", "ip", "account", "account, ip")+"]", d.extras(false)))
	case "travel":
		again := d.one("again", "", ", again: 1d")
		above("travel", "status.errorCode: [0, 50126]", joinParts("travel: {speed: travel_speed_kmh, distance: travel_min_km, known: [known_egress_cidrs], asns: [vpn_asns]"+again+"}", d.severity(false)))
	case "fresh":
		values := d.one("values", "ip", "location.countryOrRegion", "[ip, appId]", "autonomousSystemNumber")
		above("fresh", "status.errorCode: [0, 50126]", joinParts("group: [account], first_seen: {values: "+values+", within: 60s, after: 10s}", d.extras(false)))
	case "up":
		name := d.name("up")
		group := d.one("group", "", ", group-by: [ip]", ", group-by: [account]")
		fmt.Fprintf(&d.text, "title: %s\nname: %s\ncorrelation: {type: event_count, rules: [%s]%s, timespan: 1d, condition: {gte: 1}}\nlevel: high\nvakt: {growth: {percent: 10, zone: volume_timezone, holidays: holidays, against: 1d}}\n---\n",
			name, name, d.one("rules", "fail", "either", "either, fail"), group)
	}
}

// siftedRules draws the text of several rules.
func siftedRules(t *rapid.T) string {
	d := &ruleDraw{T: t}
	d.text.WriteString(siftedBases)
	kinds := []func(){d.eventCount, d.eventCount, d.valueCount, d.valueCount, d.valueCount, d.temporal, d.chain, d.chain, d.chain, d.acrossLogs, d.plain, d.plain, d.bounded}
	for range rapid.SampledFrom([]int{1, 4, 8}).Draw(t, "rules") {
		rapid.SampledFrom(kinds).Draw(t, "kind of rule")()
	}
	return strings.TrimSuffix(d.text.String(), "---\n")
}
