package detect

import (
	"fmt"
	"math"
	"strings"
	"time"

	"pgregory.net/rapid"

	"vakt/internal/baseline"
)

// The baseline and the records of the same tests.

// siftedLists draws a baseline: of whom the directory says that they are
// privileged, or nothing.
func siftedLists(t *rapid.T) dated {
	b, problems := baseline.Parse("b.yaml", []byte(travelLists+"travel_speed_kmh: 900\ntravel_min_km: 500\nfailed_signin_threshold_admin: 2\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if rapid.Bool().Draw(t, "directory") {
		b = b.WithDirectory(map[string][]string{"privileged_users": {accountOf('1')}})
	}
	return dated{b, time.UTC, nil}
}

func accountOf(digit byte) string { return "0000000a-0000-0000-0000-00000000000" + string(digit) }

// login is a version of a sign-in, or of an audit where the form says so.
type login struct {
	id                                   int
	time                                 int64 // seconds after loginStart
	form                                 string
	account, ip, app, session, operation byte
	code                                 int
	risks, level                         string
	place                                spotOf
	device                               string
	tenant                               string
	strong                               bool
	updated, more                        int
	targets                              string // of an audit
}

const loginStart = "2026-03-02T23:59:00Z"

func (l *login) stamp(offset int64) string {
	start, err := time.Parse(time.RFC3339, loginStart)
	if err != nil {
		panic(err)
	}
	return `"` + start.Add(time.Duration(l.time+offset)*time.Second).Format(time.RFC3339) + `"`
}

func (l *login) text() string {
	updated := ""
	if l.updated > 0 {
		updated = l.stamp(int64(1e6 + l.updated))
	}
	more := []string{"userDisplayName", "appDisplayName", "resourceDisplayName"}
	var extra []string
	for _, name := range more[:l.more] {
		extra = append(extra, name, `"Somebody"`)
	}
	return l.in(updated, extra)
}

// in writes it in its form.
func (l *login) in(updated string, extra []string) string {
	quoted := func(text string) string { return `"` + text + `"` }
	number := func(n float64) string {
		if math.IsNaN(n) {
			return "null"
		}
		return fmt.Sprint(n)
	}
	id, account, app := fmt.Sprintf(`"r%03d"`, l.id), quoted(accountOf(l.account)), fmt.Sprintf(`"0000000b-0000-0000-0000-00000000000%c"`, l.app)
	name, ip, operation := fmt.Sprintf(`"user%c@contoso.com"`, l.account), quoted(fmt.Sprintf("203.0.113.%c", l.ip)), fmt.Sprintf(`"0000000c-0000-0000-0000-00000000000%c"`, l.operation)
	factor := `"singleFactorAuthentication"`
	if l.strong {
		factor = `"multiFactorAuthentication"`
	}
	location := fmt.Sprintf(`{"city":"","countryOrRegion":%q,"geoCoordinates":{"latitude":%s,"longitude":%s}}`, l.place.country, number(l.place.lat), number(l.place.lon))
	if l.form == "audit" {
		var targets []string
		for _, t := range []byte(l.targets) {
			targets = append(targets, fmt.Sprintf(`{"id":%q,"type":"User"}`, accountOf(t)))
		}
		return members("id", id, "activityDateTime", l.stamp(0), "activityDisplayName", `"Update user"`, "category", `"UserManagement"`, "correlationId", operation,
			"targetResources", "["+strings.Join(targets, ",")+"]")
	}
	if l.form == "log_analytics" {
		return members("Type", `"SigninLogs"`, "TimeGenerated", l.stamp(60), "CreatedDateTime", l.stamp(0), "AADTenantId", quoted(l.tenant), "Id", id, "UserId", account,
			"UserPrincipalName", name, "AppId", app, "IPAddress", ip, "CorrelationId", operation, "ResultType", quoted(fmt.Sprint(l.code)), "AuthenticationRequirement", factor,
			"IsInteractive", "true", "RiskEventTypes_V2", fmt.Sprintf("%q", l.risks), "RiskLevelDuringSignIn", l.level, "Location", quoted(l.place.country))
	}
	fields := append([]string{"id", id, "createdDateTime", l.stamp(0), "lastUpdatedDateTime", updated, "userId", account, "userPrincipalName", name, "appId", app, "ipAddress", ip,
		"correlationId", operation, "status", fmt.Sprintf(`{"errorCode":%d}`, l.code), "isInteractive", "true", "riskEventTypes_v2", l.risks, "riskLevelDuringSignIn", l.level,
		"location", location, "deviceDetail", fmt.Sprintf(`{"deviceId":%q}`, l.device)}, extra...)
	if l.form == "graph_v1" {
		return strings.Replace(members(fields...), "0000000a-", "0000000A-", 1)
	}
	session := quoted(string(l.session))
	if l.session == '0' {
		session = ""
	}
	fields = append(fields, "authenticationRequirement", factor, "sessionId", session, "autonomousSystemNumber", fmt.Sprint(l.place.asn))
	if l.form == "azure_monitor" {
		return azure(l.tenant, members(fields...))
	}
	return members(fields...)
}

// loginOf draws one. Times lie at the edges of the windows.
func loginOf(t *rapid.T, id int) login {
	one := func(what, of string) byte { return rapid.SampledFrom([]byte(of)).Draw(t, what) }
	text := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
	second := rapid.SampledFrom([]int64{0, 0, 1, 1, 9, 10, 10, 11, 11, 19, 20, 21, 59, 60, 61, 69, 70, 71, 120}).Draw(t, "second")
	return login{
		id: id, time: second + 86400*rapid.SampledFrom([]int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -1, -2}).Draw(t, "day"),
		form:    text("form", "graph_v1", "graph_beta", "graph_beta", "graph_beta", "azure_monitor", "azure_monitor", "log_analytics", "audit"),
		account: one("account", "1123"), ip: one("ip", "1123"), app: one("app", "12"), session: one("session", "0123"), operation: one("operation", "12"),
		code:  rapid.SampledFrom([]int{0, 0, 50126, 50126, 50126, 50053}).Draw(t, "code"),
		risks: text("risks", "[]", `["a"]`, `["A"]`, `["b"]`, `["b","a"]`, `["a","b"]`, `["B","b","c"]`), level: text("level", `"low"`, `"high"`, `"none"`, ""),
		place: rapid.SampledFrom(spotsOnEarth).Draw(t, "place"), device: text("device", "", "d1", "d2"), tenant: text("tenant", contoso, contoso, fabrikam),
		strong: rapid.Bool().Draw(t, "strong"), targets: text("targets", "1", "12", "123", "2", ""),
	}
}

// loginsOf draws records, with copies and versions: in another group or form, of
// another time, with another content.
func loginsOf(t *rapid.T) (texts []string) {
	for id := range rapid.SampledFrom([]int{3, 10, 16, 22, 28}).Draw(t, "records") {
		l := loginOf(t, id)
		texts = append(texts, l.text())
		switch rapid.SampledFrom([]string{"", "", "", "", "copy", "version", "version", "other"}).Draw(t, "again") {
		case "copy":
			texts = append(texts, l.text())
		case "version":
			l.updated, l.more = rapid.IntRange(0, 1).Draw(t, "updated"), rapid.IntRange(0, 2).Draw(t, "more")
			l.ip, l.account = rapid.SampledFrom([]byte("123")).Draw(t, "new ip"), rapid.SampledFrom([]byte("123")).Draw(t, "new account")
			l.time += rapid.SampledFrom([]int64{0, 0, 1, -1}).Draw(t, "moved")
			texts = append(texts, l.text())
		case "other":
			texts = append(texts, l.text())
			other := loginOf(t, id)
			other.updated, other.more = 1, rapid.IntRange(0, 2).Draw(t, "more")
			texts = append(texts, other.text())
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "late") > 0 {
		end := login{id: 999, time: 4 * 86400, form: "graph_beta", account: '9', ip: '9', app: '9', session: '9', operation: '9', code: 50053, risks: "[]", place: spotsOnEarth[0]}
		texts = append(texts, end.text())
	}
	return rapid.Permutation(texts).Draw(t, "order")
}
