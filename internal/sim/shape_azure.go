package sim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// arrival is how long after its event a sign-in reaches diagnostic settings
// and Log Analytics: their own time is never the event's.
const arrival = 3*time.Minute + 17*time.Second

// azureMonitor wraps a record as diagnostic settings do: an envelope, and the
// Graph beta object, without nulls, as its properties.
func azureMonitor(opts *Options, rec Record, o object) object {
	if rec.Log == Activity {
		return monitorActivity(opts, rec, o)
	}
	var props object
	switch {
	case rec.Log == Audit:
		props = objectOf(mapObjects(o.bytes(), func(o object) object { return exported(o, auditNulls) }))
	case rec.Log == SignIn && category(o) == nonInteractive:
		props = asText(exportedSignIn(o))
	default:
		props = exportedSignIn(o)
	}
	env := object{}
	env.addKnown("time", envelopeTime(rec, o))
	env.addText("resourceId", "/tenants/"+opts.tenant(o)+"/providers/Microsoft.aadiam")
	env.addText("operationName", operationName(rec, o))
	env.addText("operationVersion", "1.0")
	env.addText("category", categoryOf(rec, o))
	env.addText("tenantId", opts.tenant(o))
	env.addKnown("resultType", o.text("status", "errorCode"))
	env.addText("resultSignature", "None")
	env.addKnown("resultDescription", description(rec, o))
	env.add("durationMs", []byte("0"))
	env.addKnown("callerIpAddress", callerIP(o))
	env.addKnown("correlationId", o.text("correlationId"))
	env.addKnown("identity", identity(o))
	env.add("Level", []byte("4"))
	env.addKnown("location", o.text("location", "countryOrRegion"))
	env.add("properties", props.bytes())
	return env
}

// envelopeTime is the arrival; of risk detections it has the US form.
func envelopeTime(rec Record, o object) string {
	switch rec.Log {
	case Audit:
		return o.text("activityDateTime")
	case Risk:
		if t, ok := moment(firstKnown(o.text("detectedDateTime"), o.text("activityDateTime"))); ok {
			return t.Format("1/2/2006 3:04:05 PM")
		}
	default:
		if t, ok := moment(o.text("createdDateTime")); ok {
			return t.Add(arrival).Format(sevenDigits)
		}
	}
	return ""
}

func firstKnown(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func operationName(rec Record, o object) string {
	switch rec.Log {
	case Audit:
		return o.text("activityDisplayName")
	case Risk:
		return "User Risk Detection"
	}
	return "Sign-in activity"
}

const nonInteractive = "NonInteractiveUserSignInLogs"

func categoryOf(rec Record, o object) string {
	switch rec.Log {
	case Audit:
		return "AuditLogs"
	case Risk:
		return "UserRiskEvents"
	}
	return category(o)
}

// category is the diagnostic category of a sign-in.
func category(o object) string {
	types := o.get("signInEventTypes")
	switch {
	case bytes.Contains(types, []byte(`"managedIdentity"`)):
		return "ManagedIdentitySignInLogs"
	case bytes.Contains(types, []byte(`"servicePrincipal"`)):
		return "ServicePrincipalSignInLogs"
	case bytes.Contains(types, []byte(`"nonInteractiveUser"`)), o.text("isInteractive") == "false":
		return nonInteractive
	}
	return "SignInLogs"
}

// description is why a sign-in failed, or what an audit says of its result.
func description(rec Record, o object) string {
	if rec.Log == Audit {
		return o.text("resultReason")
	}
	if o.text("status", "errorCode") == "0" {
		return ""
	}
	return o.text("status", "failureReason")
}

func callerIP(o object) string {
	return firstKnown(o.text("ipAddress"), o.text("initiatedBy", "user", "ipAddress"))
}

func identity(o object) string {
	return firstKnown(o.text("userDisplayName"), o.text("initiatedBy", "user", "displayName"), o.text("initiatedBy", "app", "displayName"))
}

// auditNulls are the members of an audit, at any depth, that exports leave
// out when they are null; other nulls stay.
var auditNulls = []string{"app", "user", "groupType", "userPrincipalName", "userType", "homeTenantId", "homeTenantName"}

// exportedSignIn returns a record as exports have it: no nulls, offsets in
// times, user types with a capital.
func exportedSignIn(o object) object {
	return objectOf(mapObjects(o.bytes(), func(o object) object { return exported(o, nil) }))
}

// exported changes the members of one object to the exports' form. Nulls are
// dropped for the given keys, for nil everywhere.
func exported(o object, nulls []string) object {
	out := object{}
	for _, m := range o {
		if isNull(m.raw) && (nulls == nil || slices.Contains(nulls, m.key)) {
			continue
		}
		text := textOf(m.raw)
		switch {
		case strings.HasSuffix(m.key, "DateTime") && strings.HasSuffix(text, "Z"):
			m.raw = appendQuoted(nil, strings.TrimSuffix(text, "Z")+"+00:00")
		case m.key == "userType" && len(text) > 1 && m.raw[0] == '"':
			m.raw = appendQuoted(nil, strings.ToUpper(text[:1])+text[1:])
		}
		out = append(out, m)
	}
	return out
}

// textual are the members that the non-interactive log holds as JSON text.
var textual = []string{"deviceDetail", "location", "authenticationDetails", "conditionalAccessPolicies", "networkLocationDetails"}

// asText gives a sign-in the form of the non-interactive log.
func asText(o object) object {
	for i, m := range o {
		if m.key == "appliedConditionalAccessPolicies" {
			o[i].key = "conditionalAccessPolicies"
		}
		if slices.Contains(textual, o[i].key) && (m.raw[0] == '{' || m.raw[0] == '[') {
			o[i].raw = fmt.Append(nil, quoted(string(m.raw)))
		}
	}
	return o
}
