package sim

import "fmt"

// riskType is what is known about a riskEventType.
type riskType struct {
	rule, activity, timing, level string
}

// riskTypes holds the detections that have a rule, with the activity and
// timing under which Entra ID Protection raises them.
var riskTypes = map[string]riskType{
	"leakedCredentials":                            {"risk-leaked-credentials", "user", "offline", "high"},
	"investigationsThreatIntelligence":             {"risk-threat-intelligence-user", "user", "offline", "high"},
	"anonymizedIPAddress":                          {"risk-anonymous-ip-address", "signin", "realtime", "medium"},
	"unlikelyTravel":                               {"risk-atypical-travel", "signin", "offline", "medium"},
	"anomalousToken":                               {"risk-anomalous-token", "signin", "offline", "medium"},
	"malwareInfectedIPAddress":                     {"risk-malware-linked-ip", "signin", "offline", "low"},
	"suspiciousBrowser":                            {"risk-suspicious-browser", "signin", "offline", "medium"},
	"unfamiliarFeatures":                           {"risk-unfamiliar-signin-properties", "signin", "realtime", "low"},
	"maliciousIPAddress":                           {"risk-malicious-ip-address", "signin", "offline", "high"},
	"mcasSuspiciousInboxManipulationRules":         {"risk-suspicious-inbox-manipulation", "signin", "offline", "medium"},
	"passwordSpray":                                {"risk-password-spray", "signin", "offline", "high"},
	"mcasImpossibleTravel":                         {"risk-impossible-travel", "signin", "offline", "medium"},
	"newCountry":                                   {"risk-new-country", "signin", "offline", "low"},
	"riskyIPAddress":                               {"risk-activity-from-anonymous-ip", "signin", "offline", "medium"},
	"suspiciousInboxForwarding":                    {"risk-suspicious-inbox-forwarding", "signin", "offline", "medium"},
	"investigationsThreatIntelligenceSigninLinked": {"risk-threat-intelligence-signin", "signin", "realtime", "high"},
}

// risk writes a risk detection with every property of Graph's resource. It
// was detected some time after the activity: offline ones hours later.
func (w *world) risk(e *event) []byte {
	kind, who := riskTypes[e.note], w.account(int(e.who))
	lag := dayLength / 4
	if kind.timing == "realtime" {
		lag = dayLength / 288
	}
	detected := e.time().Add(lag).Format(sevenDigits)
	var request, correlation string
	if e.first != 0 {
		request, correlation = derivedUUID(e.first, useID), e.correlation()
	}
	o := &writer{b: make([]byte, 0, 1<<10)}
	o.item(func() {
		o.str("id", e.id())
		o.orNull("requestId", request)
		o.orNull("correlationId", correlation)
		o.str("riskType", e.note)
		o.str("riskEventType", e.note)
		o.str("riskState", "atRisk")
		o.str("riskLevel", kind.level)
		o.str("riskDetail", "none")
		o.str("source", "IdentityProtection")
		o.str("detectionTimingType", kind.timing)
		o.str("activity", kind.activity)
		o.str("tokenIssuerType", "AzureAD")
		w.riskPlace(o, e, kind)
		o.str("activityDateTime", e.time().Format(sevenDigits))
		o.str("detectedDateTime", detected)
		o.str("lastUpdatedDateTime", detected)
		o.str("userId", who.id)
		o.str("userDisplayName", who.name)
		o.str("userPrincipalName", who.upn)
		o.str("additionalInfo", fmt.Sprintf(`[{"Key":"userAgent","Value":%s}]`, quoted(foreign.agent)))
	})
	return o.b
}

// riskPlace writes where it happened: a user detection has no place.
func (w *world) riskPlace(o *writer, e *event, kind riskType) {
	if kind.activity == "user" {
		o.null("ipAddress")
		o.null("location")
		return
	}
	o.str("ipAddress", e.from.ip)
	o.location(*e.from)
}
