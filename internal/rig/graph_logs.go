package rig

import (
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"

	"vakt/internal/sim"
)

func logRoutes() []route {
	return []route{
		list("/auditLogs/signIns", "signIn", SignIns, classReports, 1000, 1000).needs(premium).by((*call).listSignIns),
		single("/auditLogs/signIns/{id}", "signIn", SignIns, classReports, (*call).getSignIn).needs(premium).as("GET /auditlogs/signins"),
		list("/auditLogs/directoryAudits", "directoryAudit", DirectoryAudits, classReports, 1000, 1000).by((*call).listLog),
		single("/auditLogs/directoryAudits/{id}", "directoryAudit", DirectoryAudits, classReports, (*call).getPart).as("GET /auditlogs/directoryaudits"),
		list("/reports/authenticationMethods/userRegistrationDetails", "userRegistrationDetails", Registrations, classReports, 1000, 1000).needs(premium),
		single("/reports/authenticationMethods/userRegistrationDetails/{id}", "userRegistrationDetails", Registrations, classReports, (*call).getPart).
			needs(premium).as("GET /reports/authenticationmethods/userregistrationdetails"),
		list("/identityProtection/riskDetections", "riskDetection", RiskDetections, classProtection, 20, 500).needs(premium).by((*call).listLog),
		list("/identityProtection/riskyUsers", "riskyUser", RiskyUsers, classProtection, 20, 500).needs(premium),
		write(http.MethodPost, "/identityProtection/riskyUsers/confirmCompromised", "-", RiskyUsers, classProtection, (*call).judgeUsers).needs(premiumP2),
		write(http.MethodPost, "/identityProtection/riskyUsers/confirmSafe", "-", RiskyUsers, classProtection, (*call).judgeUsers).needs(premiumP2),
		write(http.MethodPost, "/identityProtection/riskyUsers/dismiss", "-", RiskyUsers, classProtection, (*call).judgeUsers).needs(premiumP2),
	}
}

// logTimes names the member that holds the event time of a log.
var logTimes = map[string]string{SignIns: "createdDateTime", DirectoryAudits: "activityDateTime", RiskDetections: "detectedDateTime"}

// logOrder holds the places of a log's records, the newest first, as of a
// number of records.
type logOrder struct {
	mu     sync.Mutex
	places map[string][]int
}

// newestFirst gives the places of a log's records in the order in which the
// API lists them.
func (s *Server) newestFirst(part string) []int {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	v := s.state.Primary()
	if s.logs.places == nil {
		s.logs.places = map[string][]int{}
	}
	if have := s.logs.places[part]; len(have) == v.End(part) {
		return have
	}
	type entry struct {
		at   int
		time string
	}
	var all []entry
	for at := range v.End(part) {
		all = append(all, entry{at, v.At(part, at).Text(logTimes[part])})
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return compareFields(quoted(b.time), quoted(a.time))
	})
	places := make([]int, len(all))
	for i, e := range all {
		places[i] = e.at
	}
	s.logs.places[part] = places
	return places
}

// logFrom goes through a log, the newest record first. A place counts from
// the oldest end, so that records that come in during an enumeration do not
// move it.
func (c *call) logFrom(part string) func(int) iter.Seq2[int, Object] {
	places := c.s.newestFirst(part)
	return func(place int) iter.Seq2[int, Object] {
		return func(yield func(int, Object) bool) {
			for i := place; i < len(places); i++ {
				if o := c.view.At(part, places[i]); o != nil && !yield(i, o) {
					return
				}
			}
		}
	}
}

func (c *call) listLog() *answer { return c.listOf(c.logFrom(c.route.part), nil) }

// listSignIns gives interactive sign-ins, unless a filter of beta asks for
// other kinds.
func (c *call) listSignIns() *answer {
	kinds := strings.Contains(c.query.Get("$filter"), "signInEventTypes")
	return c.listOf(c.logFrom(SignIns), func(o Object) Object {
		types, has := o.Field("signInEventTypes")
		if has && !kinds && !slices.ContainsFunc(Elements(types), func(t Object) bool { return textOf(t) == "interactiveUser" }) {
			return nil
		}
		return c.signIn(o)
	})
}

// signIn is a sign-in as this request sees it: v1.0 has fewer properties, and
// which policies applied is told only to who may read policies.
func (c *call) signIn(o Object) Object {
	if !c.has("Policy.Read.All") && !c.has("Policy.Read.ConditionalAccess") {
		o = o.With(Patch{"appliedConditionalAccessPolicies": json.RawMessage("[]")})
	}
	if c.version == "beta" {
		return o
	}
	return inV1(o)
}

func (c *call) getSignIn() *answer {
	o, ok := c.view.Get(SignIns, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	return c.object(c.signIn(o))
}

// inV1 gives a sign-in the shape of v1.0.
func inV1(o Object) Object {
	rows, err := sim.RenderOne(sim.GraphV1, sim.Record{Log: sim.SignIn, JSON: o}, sim.Options{})
	if err != nil || len(rows) != 1 {
		return o // it came from a folder and is of a shape of its own
	}
	return Object(rows[0])
}

// judgeUsers answers the three actions on risky users.
func (c *call) judgeUsers() *answer {
	var body struct{ UserIDs []string }
	if err := json.Unmarshal(c.body, &body); err != nil || len(body.UserIDs) == 0 {
		return c.turnedDown(badRequest("userIds is needed."), nil)
	}
	level, state, detail := "none", "dismissed", "adminDismissedAllRiskForUser"
	switch {
	case strings.HasSuffix(c.route.pattern, "confirmCompromised"):
		level, state, detail = "high", "confirmedCompromised", "adminConfirmedUserCompromised"
	case strings.HasSuffix(c.route.pattern, "confirmSafe"):
		level, state, detail = "none", "confirmedSafe", "adminConfirmedAccountSafe"
	}
	for _, id := range body.UserIDs {
		patch := Patch{
			"riskLevel": quoted(level), "riskState": quoted(state), "riskDetail": quoted(detail),
			"riskLastUpdatedDateTime": quoted(c.s.now().Format("2006-01-02T15:04:05Z")),
		}
		if bad := c.setRisk(id, patch); bad != nil {
			return bad
		}
	}
	return noContent()
}

func (c *call) setRisk(id string, patch Patch) *answer {
	if _, err := c.s.state.Update(RiskyUsers, id, patch, c.by()); err == nil {
		return nil
	}
	user, ok := c.s.state.Primary().Get(Users, id)
	if !ok {
		return c.turnedDown(notFound(id), nil)
	}
	o := user.Only("id", "userPrincipalName").With(patch).With(Patch{
		"userDisplayName": quoted(user.Text("displayName")), "isDeleted": []byte("false"), "isProcessing": []byte("false"),
	})
	if _, err := c.s.state.Insert(RiskyUsers, "", o, c.by()); err != nil {
		return c.failed(err)
	}
	return nil
}
