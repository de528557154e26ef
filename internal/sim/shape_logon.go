package sim

import (
	"slices"
	"strconv"
	"strings"
)

// logonErrors names the error codes in a logon of the unified audit log.
var logonErrors = map[int]string{
	50034: "UserAccountNotFound", 50053: "IdsLocked", 50055: "InvalidPasswordExpiredPassword", 50056: "InvalidOrNullPassword",
	50057: "UserDisabled", 50074: "UserStrongAuthClientAuthNRequiredInterrupt", 50076: "UserStrongAuthClientAuthNRequired",
	50079: "UserStrongAuthEnrollmentRequired", 50097: "DeviceAuthenticationRequired", 50126: "InvalidUserNameOrPassword",
	50140: "KmsiInterrupt", 50158: "ExternalSecurityChallenge", 51004: "UserAccountNotInDirectory", 53003: "BlockedByConditionalAccess",
	500121: "AuthenticationFailedSasError",
}

// logon returns a sign-in as the unified audit log has it: a logon at the
// security token service. Most of a sign-in has no place there. Its id is the
// request's if it succeeded and another if it failed, as in recorded logs.
func logon(opts *Options, o object) object {
	code, err := strconv.Atoi(o.text("status", "errorCode"))
	known, failed := err == nil, code != 0
	interrupted := slices.Contains(interrupting, code)
	out := object{}
	if t, ok := moment(o.text("createdDateTime")); ok {
		out.addText("CreationTime", t.Format("2006-01-02T15:04:05"))
	}
	id := o.text("id")
	if id != "" && failed {
		id = unifiedID(id)
	}
	out.addKnown("Id", id)
	if known {
		out.addText("Operation", chosen(failed, "UserLoginFailed", "UserLoggedIn"))
	}
	out.addText("OrganizationId", opts.tenant(o))
	out.add("RecordType", []byte("15"))
	if known { // a logon that was interrupted is called a success here
		out.addText("ResultStatus", chosen(failed && !interrupted, "Failed", "Success"))
	}
	out.addKnown("UserKey", o.text("userId"))
	out.add("UserType", []byte("0"))
	out.add("Version", []byte("1"))
	out.addText("Workload", "AzureActiveDirectory")
	out.addKnown("ClientIP", o.text("ipAddress"))
	out.addKnown("ObjectId", o.text("resourceId"))
	out.addKnown("UserId", o.text("userPrincipalName"))
	out.add("AzureActiveDirectoryEventType", []byte("1"))
	out.add("ExtendedProperties", named([][2]string{
		{"ResultStatusDetail", logonDetail(known, failed, interrupted)}, {"UserAgent", o.text("userAgent")}, {"RequestType", requestType(o)},
	}))
	out.add("ModifiedProperties", []byte("[]"))
	out = append(out, logonParties(opts, o)...)
	out.add("DeviceProperties", named(deviceProperties(o)))
	if known {
		out.addText("ErrorNumber", strconv.Itoa(code))
	}
	if failed {
		out.addText("LogonError", firstKnown(logonErrors[code], "Other"))
	}
	return out
}

func chosen(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// logonParties are who logged on, from where, and to what.
func logonParties(opts *Options, o object) object {
	out := object{}
	var actor, target []typedID
	for _, p := range []typedID{{o.text("userId"), 0}, {o.text("userPrincipalName"), 5}} {
		if p.id != "" {
			actor = append(actor, p)
		}
	}
	if id := o.text("resourceId"); id != "" {
		target = append(target, typedID{id, 0})
	}
	out.add("Actor", identities(actor))
	out.addText("ActorContextId", firstKnown(o.text("homeTenantId"), opts.tenant(o)))
	out.addKnown("ActorIpAddress", o.text("ipAddress"))
	out.addKnown("InterSystemsId", o.text("correlationId"))
	out.addKnown("IntraSystemId", o.text("id"))
	out.addText("SupportTicketId", "")
	out.add("Target", identities(target))
	out.addText("TargetContextId", opts.tenant(o))
	out.addKnown("ApplicationId", o.text("appId"))
	return out
}

func logonDetail(known, failed, interrupted bool) string {
	switch {
	case !known:
		return ""
	case interrupted:
		return "Redirect"
	case failed:
		return "UserError"
	}
	return "Success"
}

func requestType(o object) string {
	switch o.text("isInteractive") {
	case "true":
		return "OAuth2:Authorize"
	case "false":
		return "OAuth2:Token"
	}
	return ""
}

// deviceProperties are what a logon says of the device: systems and browsers
// are single words there, and truths have a capital.
func deviceProperties(o object) [][2]string {
	d := objectOf(o.get("deviceDetail"))
	browser, _, _ := strings.Cut(d.text("browser"), " ")
	return [][2]string{
		{"Id", d.text("deviceId")}, {"DisplayName", d.text("displayName")},
		{"OS", strings.ReplaceAll(d.text("operatingSystem"), " ", "")}, {"BrowserType", browser},
		{"IsCompliant", titled(d.text("isCompliant"))}, {"IsCompliantAndManaged", titled(d.text("isManaged"))},
		{"SessionId", o.text("sessionId")},
	}
}

// named writes pairs of Name and Value, those without a value left out.
func named(pairs [][2]string) []byte {
	w := writer{}
	w.open('[')
	for _, p := range pairs {
		if p[1] != "" {
			w.pair("Name", p[0], "Value", p[1])
		}
	}
	w.close(']')
	return w.b
}
