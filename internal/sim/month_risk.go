package sim

import (
	"fmt"
	"time"
)

// riskOf is a risk detection of a month.
type riskOf struct {
	who                        account
	kind, level, state, detail string
	place                      origin
}

// risk writes a risk detection into the diary.
func (d *diary) risk(c *company, at time.Time, o riskOf) {
	seed := mix(c.w.seed, useStaff, uint64(at.UnixNano()), textSeed(o.kind+o.who.id))
	at = at.Truncate(time.Second)
	d.add(Risk, at, func() []byte { return o.text(seed, at) })
}

func (o *riskOf) text(seed uint64, at time.Time) []byte {
	kind := riskTypes[o.kind]
	seen := at.Add(4 * time.Minute).Format(sevenDigits)
	if kind.timing != "realtime" {
		seen = at.Add(5 * time.Hour).Format(sevenDigits)
	}
	w := &writer{b: make([]byte, 0, 1<<10)}
	w.item(func() {
		w.str("id", derivedUUID(seed, useID))
		w.str("requestId", derivedUUID(seed, useDetail))
		w.str("correlationId", derivedUUID(seed, useCorrelation))
		w.str("riskType", o.kind)
		w.str("riskEventType", o.kind)
		w.str("riskState", o.state)
		w.str("riskLevel", o.level)
		w.str("riskDetail", o.detail)
		w.str("source", "IdentityProtection")
		w.str("detectionTimingType", kind.timing)
		w.str("activity", kind.activity)
		w.str("tokenIssuerType", "AzureAD")
		w.str("ipAddress", o.place.ip)
		w.location(o.place)
		w.str("activityDateTime", at.Format(sevenDigits))
		w.str("detectedDateTime", seen)
		w.str("lastUpdatedDateTime", seen)
		w.str("userId", o.who.id)
		w.str("userDisplayName", o.who.name)
		w.str("userPrincipalName", o.who.upn)
		w.str("additionalInfo", fmt.Sprintf(`[{"Key":"userAgent","Value":%s}]`, quoted(o.who.devices[0].agent)))
	})
	return w.b
}

// suspected is what Entra ID Protection says of a sign-in of a person's own:
// mostly it was settled by the second factor at once, and what stays is low.
func (t *today) suspected(e *entry) {
	kind := pick(&t.r, []string{"unfamiliarFeatures", "unfamiliarFeatures", "unfamiliarFeatures", "unlikelyTravel", "anonymizedIPAddress"})
	if t.stay.kind == atWork && t.office {
		kind = "unfamiliarFeatures"
	}
	o := riskOf{who: t.p.account, kind: kind, level: "low", state: "remediated", detail: "userPassedMFADrivenByRiskBasedPolicy", place: e.place}
	switch n := t.r.float(); {
	case n < 0.2:
		o.state, o.detail = "atRisk", "none"
	case n < 0.24:
		o.level, o.state, o.detail = "medium", "atRisk", "none"
	case n < 0.4:
		o.level = "medium"
	}
	e.risk = kind
	t.d.risk(t.c, e.at, o)
}
