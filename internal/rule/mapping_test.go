package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// services are the log sources of the logs that are read here.
var services = map[event.Log]string{
	event.SignIn: "product: azure, service: signinlogs", event.Audit: "product: azure, service: auditlogs",
	event.Risk: "product: azure, service: riskdetection", event.Unified: "product: m365, service: audit",
}

// over wraps the lines of a search in a rule over a log. They begin in line 5.
func over(log event.Log, lines string) string {
	return "title: t\nlogsource: {" + services[log] + "}\ndetection:\n  s:\n" + indent(indent(lines+"\n")) + "  condition: s\n"
}

// judged compiles one rule over the real schema.
func judged(t testing.TB, text string, lists Lists) (*Compiled, []Problem) {
	t.Helper()
	rules, problems := Parse("r.yml", []byte(text))
	if Refused(problems) {
		t.Fatalf("%v\n%s", problems, text)
	}
	set, more := Compile(rules, event.NewSchema(), lists)
	for _, c := range slices.Concat(set.rules, set.correlations, set.dead) {
		return c, append(problems, more...)
	}
	t.Fatalf("no rule: %v\n%s", more, text)
	return nil, nil
}

// What a search is read as, in words: every branch with its items.
func TestReadAs(t *testing.T) {
	lists := fakeLists{lists: map[string]Expansion{
		"approved_countries": list("SE"), "privileged_countries": list("SE"), "privileged_cidrs": list("198.51.100.0/24"), "home_tenant_id": list("x"),
		"mine": list("y"),
	}}
	f := func(log event.Log, lines, want string) {
		t.Helper()
		c, _ := judged(t, over(log, lines), lists)
		if got := reading(c.logic.searches[0].branches).words(); got != want || len(c.Dead) > 0 {
			t.Errorf("%s\n got %s\nwant %s\ndead %v", lines, got, want, c.Dead)
		}
	}
	s, a, u := event.SignIn, event.Audit, event.Unified
	f(s, "ResultType: 0", `status.errorCode is 0`)
	f(s, "resulttype|neq: '0'", `status.errorCode is not "0"`)
	f(s, "properties.status.errorCode|gt: 0", `status.errorCode is more than 0`)
	f(s, "Client app: Other client", `clientAppUsed is "Other clients"`)
	f(s, "client_app|contains: IMAP", `clientAppUsed contains "IMAP"`)
	f(s, "Status: Success", `status.errorCode is 0`)
	f(s, "Status|neq: Success", `status.errorCode is not 0`)
	f(s, "Status: Failure", `status.errorCode is not 0`)
	f(s, "Status: [Success, Failure]", `status.errorCode is 0, or status.errorCode is not 0`)
	f(s, "Status|contains: MFA", `vakt.stepDetails contains "MFA", or status.failureReason contains "MFA"`)
	f(s, "Status|contains|neq: MFA", `vakt.stepDetails does not contain "MFA" and status.failureReason does not contain "MFA"`)
	f(s, "Status|contains|all: [a, b]", `vakt.stepDetails contains "a" and vakt.stepDetails contains "b", or `+
		`vakt.stepDetails contains "a" and status.failureReason contains "b", or status.failureReason contains "a" and vakt.stepDetails contains "b", or `+
		`status.failureReason contains "a" and status.failureReason contains "b"`)
	f(s, "Status: null", `status.errorCode is absent`)
	f(s, "ResultType: 50126\nResultDescription: Invalid", `status.errorCode is 50126`)
	f(s, "ResultType: 50053\nResultDescription|contains: malicious", `status.errorCode is 50053 and status.failureReason contains "malicious"`)
	f(s, "ResultDescription|contains: malicious", `status.failureReason contains "malicious"`)
	f(s, "Category: NonInteractiveUserSignInLogs", `isInteractive is false`)
	f(s, "ActivityDetails: Sign-ins", `createdDateTime is present`)
	f(s, "properties.message: [Device Code, ROPC]", `authenticationProtocol is "deviceCode" or "ropc"`)
	f(s, "DeviceDetail.deviceId: ['', x]", `DeviceDetail.deviceId is "x", or DeviceDetail.deviceId is absent`)
	f(s, "DeviceDetail.deviceId|neq: ''", `DeviceDetail.deviceId is not absent`)
	f(s, "Conditional Access: Not Applied", `conditionalAccessStatus is "notApplied"`)
	f(s, "location|expand: '%LegitCountries%'", `location.countryOrRegion is on the baseline list approved_countries`)
	f(s, "location|contains|expand: '%Known_Location%'", `location.countryOrRegion contains on the baseline list approved_countries`)
	f(s, "location|expand: '%UnLegitCountries%'", `location.countryOrRegion is not on the baseline list privileged_countries`)
	f(s, "location|expand|neq: '%UnLegitCountries%'", `location.countryOrRegion is on the baseline list privileged_countries`)
	f(s, "callerIpAddress|expand: '%UnApprovedIp%'", `ipAddress is not in the network on the baseline list privileged_cidrs`)
	f(s, "appId|expand: '%mine%'", `appId is on the baseline list mine`)
	f(s, "userId|fieldref: Resource", `userId is "resourceDisplayName"`)

	f(a, "properties.message: Add user.", `activityDisplayName is "Add user"`)
	f(a, "OperationName|endswith: management.", `activityDisplayName ends with "management"`)
	f(a, "activityDisplayName: Update application – Certificates and secrets management ", `activityDisplayName is "Update application - Certificates and secrets management"`)
	f(a, "Status: [failure, Timeout]", `result is "failure", or result is "timeout"`)
	f(a, "Status: A pass was registered", `resultReason is "A pass was registered"`)
	f(a, "Initiated by: ann@contoso.com", `initiatedBy is "ann@contoso.com"`)
	f(a, "properties.initiatedBy|contains: ann", `initiatedBy contains "ann"`)
	f(a, "Target: Ann", `targetResources.displayName is "Ann", or targetResources.userPrincipalName is "Ann", or targetResources.id is "Ann"`)
	f(a, "Target|exists: false", `targetResources.displayName is absent and targetResources.userPrincipalName is absent and targetResources.id is absent`)
	f(a, "Target|contains: Ann", `targetResources contains "Ann", or targetResources.modifiedProperties contains "Ann"`)
	f(a, "TargetResources: Ann", `TargetResources is "Ann"`)
	f(a, "ConsentContext.IsAdminConsent: 'false'", `modified.ConsentContext.IsAdminConsent.new is "false"`)
	f(a, "properties.message: Request Approved/Denied", `activityDisplayName is "Add member to role request approved (PIM activation)" or "Add member to role request denied (PIM activation)"`)
	f(a, `properties.message: '"displayName":"UserType","oldValue":"[\"Guest\"]","newValue":"[\"Member\"]"'`, `modified.UserType.old is "Guest" and modified.UserType.new is "Member"`)

	f(u, "eventSource: Exchange\neventName: Set-Mailbox\nstatus: success", `Workload is "Exchange" and Operation is "Set-Mailbox" and ResultStatus is "Success" or "Succeeded" or "True"`)
	f(u, "eventName: User restricted from sending email", `Operation is "AlertTriggered" and Name is "User restricted from sending email"`)
	f(u, "RequestType: Cmsi:Cmsi", `extendedProperties.RequestType is "Cmsi:Cmsi"`)
}

// Everything that is read otherwise is said, and only that.
func TestNotes(t *testing.T) {
	f := func(log event.Log, lines string, want ...string) {
		t.Helper()
		c, problems := judged(t, over(log, lines), nil)
		if diff := cmp.Diff(want, c.Notes); diff != "" {
			t.Errorf("%s\n%s", lines, diff)
		}
		for _, p := range problems {
			if p.Note && (!p.Warning || p.Stops() || p.Line < 5) {
				t.Errorf("note %+v", p)
			}
		}
	}
	f(event.SignIn, "STATUS.ErrorCode: 0")
	f(event.SignIn, "properties.appId: x", `"properties.appId" is read as appId`)
	f(event.SignIn, "ClientApp: IMAP", `"ClientApp" is read as clientAppUsed`, `clientAppUsed "IMAP" is read as IMAP4 or IMAP`)
	f(event.SignIn, "ResultType: 1\nResultDescription: x", `"ResultType" is read as status.errorCode`,
		`"ResultDescription" is not compared: the error code says it, and Microsoft's texts change`)
	f(event.Audit, "Status: Success", `"Status" is read as result is "success"`)
	f(event.Risk, "riskEventType: leakedCredentials")
}

// A rule that no record can match is dead, with the reason.
func TestDead(t *testing.T) {
	f := func(log event.Log, lines string, want ...string) {
		t.Helper()
		c, problems := judged(t, over(log, lines), fakeLists{})
		if diff := cmp.Diff(want, c.Dead); diff != "" {
			t.Errorf("%s\n%s", lines, diff)
		}
		errors := 0
		for _, p := range problems {
			if p.Stops() || p.Dead == p.Warning || p.Dead && p.Line < 5 {
				t.Errorf("problem %+v", p)
			}
			if p.Dead {
				errors++
			}
		}
		if errors != len(want) {
			t.Errorf("%s: %d errors, want %d: %v", lines, errors, len(want), problems)
		}
		if fully, partly := c.CanMatch(func(event.Field) bool { return true }); fully || partly {
			t.Errorf("%s: it can match", lines)
		}
	}
	s, a, u := event.SignIn, event.Audit, event.Unified
	f(s, "ResultTyp: 0", `search "s": no record of the sign-in log has a field "ResultTyp"`)
	f(s, "appIdd: 0", `search "s": no record of the sign-in log has a field "appIdd": did you mean "appId"?`)
	f(s, "ResultType: success", `search "s": no record has the status.errorCode "success": it is a number`)
	f(s, "conditionalAccessStatus: sucess", `search "s": no record has the conditionalAccessStatus "sucess": did you mean "success"?`)
	f(s, "conditionalAccessStatus: [sucess, blocked]", `search "s": no record has the conditionalAccessStatus "sucess": did you mean "success"?`,
		`search "s": no record has the conditionalAccessStatus "blocked": it is one of success, failure, notApplied, unknownFutureValue`)
	f(s, "riskState|contains: riskk", `search "s": no record has the riskState "riskk": it is one of none, confirmedSafe, remediated, dismissed, atRisk, confirmedCompromised, unknownFutureValue`)
	f(s, "Status: Interrupted", `search "s": "Status": "Interrupted" is a word of the portal, computed from the code: use status.errorCode or vakt.errorClass`)
	f(s, "userPrincipalName: UPN", `search "s": "UPN" stands in for a value of your own: replace it, or take the line out`)
	f(s, "userPrincipalName: <your-user>", `search "s": "<your-user>" stands in for a value of your own: replace it, or take the line out`)
	f(s, "userPrincipalName: '%Admins%'", `search "s": "%Admins%" stands in for a value of your own: replace it, or take the line out`)
	f(s, "appId|expand: '%whoever%'", `search "s": there is no baseline parameter "whoever"`)
	f(s, "ResultType: 0\nstatus.errorCode: 50126", `one record cannot have the status.errorCode "0" and "50126": write a temporal correlation of two rules`)
	f(s, "Status|windash: Success", `search "s": "Status": its value decides which field is meant: with this modifier write one of ours`)
	f(a, "Status: Sucess", `search "s": "Status": no audit has the result "Sucess": did you mean "Success"?`)
	f(a, "activityDisplayName: Add user\nOperationName: [Delete user, Update user]", `one record cannot have the activityDisplayName "Add user" and "Delete user": write a temporal correlation of two rules`)
	f(a, "OperationNameValue: x", `search "s": "OperationNameValue": OperationNameValue is a column of the Azure activity log, which is not read here`)
	f(u, "eventName: Impossible travel activity", `search "s": "eventName": the alert "Impossible travel activity" is Defender for Cloud Apps' and in no record of the unified audit log: use azure/riskdetection with riskEventType mcasImpossibleTravel`)
}

// A part that can never match leaves the rest of the rule alive, and is said.
func TestDeadParts(t *testing.T) {
	f := func(detection string, alive bool, want ...string) {
		t.Helper()
		text := "title: t\nlogsource: {" + services[event.SignIn] + "}\ndetection:\n" + indent(detection)
		c, problems := judged(t, text, nil)
		if got := len(c.Dead) == 0; got != alive {
			t.Errorf("%s: alive %v, want %v", detection, got, alive)
		}
		if diff := cmp.Diff(append([]string{}, want...), messages(problems)); diff != "" {
			t.Errorf("%s\n%s", detection, diff)
		}
	}
	f("a: {appIdd: x}\nb: {appId: y}\ncondition: a or b\n", true,
		`r.yml:4: search "a": no record of the sign-in log has a field "appIdd": did you mean "appId"? (this part never matches)`)
	f("a: {appIdd: x}\nb: {appId: y}\ncondition: b and not a\n", false,
		`r.yml:4: search "a": no record of the sign-in log has a field "appIdd": did you mean "appId"?`)
	f("a: {riskState: x}\nb: {appId: y}\ncondition: b and not a\n", true,
		`warning: r.yml:4: search "a": no record has the riskState "x": it is one of none, confirmedSafe, remediated, dismissed, atRisk, confirmedCompromised, unknownFutureValue`)
	f("a: {riskState: [x, atRisk]}\ncondition: a\n", true,
		`warning: r.yml:4: search "a": no record has the riskState "x": it is one of none, confirmedSafe, remediated, dismissed, atRisk, confirmedCompromised, unknownFutureValue`)
	f("a: {status.errorCode: 0}\nb: {status.errorCode: 50126}\ncondition: a and b\n", false,
		`r.yml:5: one record cannot have the status.errorCode "0" and "50126": write a temporal correlation of two rules`)
	f("a: {status.errorCode: 0}\nb: {status.errorCode: 50126}\ncondition: a or b\n", true)
}

// A part over a field that no record has is unknown: it neither matches, nor
// lets its negation match, nor makes the rule blind.
func TestNowhereIsUnknown(t *testing.T) {
	rules, _ := Parse("r.yml", []byte(plain("a: {nobody: x}\nb: {result: y}\ncondition: b or not a\n")))
	set, _ := Compile(rules, schema, nil)
	if got, _ := verdict(set, rec(t, "result=y")); got != True {
		t.Errorf("with b: %v", got)
	}
	if out := set.NewMatcher().Match(rec(t, "result=z"), event.Risk, nil); len(out) > 0 {
		t.Errorf("without b: %+v", out)
	}
}

// Alternatives of alternatives do not explode.
func TestAlternativesAreBounded(t *testing.T) {
	var lines strings.Builder
	for _, modifier := range []string{"contains", "startswith", "endswith", "contains|cased", "startswith|cased", "endswith|cased", "re", "re|i", "re|m"} {
		lines.WriteString("Status|" + modifier + ": abc\n")
	}
	c, _ := judged(t, over(event.SignIn, lines.String()), nil)
	if len(c.Dead) != 1 || !strings.Contains(c.Dead[0], "too many alternatives") {
		t.Errorf("dead %v", c.Dead)
	}
}

// Rules of other products compile, with one warning.
func TestOtherProducts(t *testing.T) {
	for _, text := range []string{
		"title: w\nlogsource: {product: windows, category: process_creation}\ndetection:\n  s:\n    Image|endswith: '\\cmd.exe'\n    CommandLine|windash|contains: ' -enc '\n  condition: s\n",
		"title: l\nlogsource: {product: linux, service: auditd}\ndetection:\n  s: {type: EXECVE, a0|re: '^/tmp/'}\n  k: [needle, 'ha*y']\n  condition: s and k\n",
		"title: a\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName: x, userIdentity.type|expand: '%nobody%'}\n  condition: s\n",
		"title: p\nlogsource: {category: proxy}\ndetection:\n  s: {c-uri|base64offset|contains: 'http://'}\n  condition: s\n",
		"title: y\nlogsource: {product: azure, service: pim}\ndetection:\n  s: {operationName: X}\n  condition: s\n",
	} {
		c, problems := judged(t, text, nil)
		if len(problems) != 1 || !problems[0].Warning || !strings.Contains(problems[0].Message, "are not read here") || c.State() != NotRead {
			t.Errorf("%s%s: %v", text, c.State(), problems)
		}
	}
}

// A misspelt field in a correlation, or in a rule that it counts, buries it.
func TestDeadCorrelation(t *testing.T) {
	base := func(field string) string {
		return "name: a\n" + strings.Replace(over(event.SignIn, field+": 1\n"), "title: t", "title: a", 1) + "---\n"
	}
	f := func(text string, want ...string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		set, problems := Compile(rules, event.NewSchema(), nil)
		var dead []string
		for _, c := range set.Dead() {
			dead = append(dead, c.Key())
		}
		if diff := cmp.Diff(want, dead); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if slices.ContainsFunc(problems, Problem.Stops) {
			t.Errorf("%v", problems)
		}
	}
	f(base("appId") + counting)
	f(base("appIdd")+counting, "a", "t")
	f(base("appId")+swap(counting, "[ip]", "[ipp]"), "t")
	f(base("appId") + swap(counting, "[ip]", "[properties.ipAddress, CallerIpAddress]"))
}

// FuzzMapping: whatever a rule says, reading it ends, and either it can be
// explained and matched or its problems are said.
func FuzzMapping(f *testing.F) {
	for _, seed := range []string{
		"Status: Success", "Status|contains|all: [a, b]", "ResultType: 0\nResultDescription: x", "properties.message: 'a.'", "Initiatedby: UPN",
		"location|expand: '%UnApprovedIp%'", "eventName: [Impossible travel activity, x]", "DeviceDetail.deviceId|neq: ''", "Target|exists: false",
	} {
		f.Add(seed)
	}
	schema := event.NewSchema()
	f.Fuzz(func(t *testing.T, lines string) {
		for _, log := range event.Logs() {
			rules, problems := Parse("r.yml", []byte(over(log, lines)))
			set, more := Compile(rules, schema, fakeLists{lists: map[string]Expansion{"privileged_cidrs": list("192.0.2.0/24")}})
			for _, c := range slices.Concat(set.Rules(), set.Dead()) {
				if c.Explain() == "" || c.State() == "" {
					t.Errorf("%s: not explained", lines)
				}
			}
			if len(rules) > len(set.Rules())+len(set.Correlations())+len(set.Dead())+len(set.filters) && len(more) == 0 {
				t.Errorf("%s: a rule is gone and nothing was said: %v", lines, problems)
			}
			set.NewMatcher().Match(&record{}, log, nil)
		}
	})
}
