package check

import (
	"fmt"
	"slices"
	"strings"
)

// ReasonText is one reason that a verdict can have: its stable id, and its
// English text with the names of its values in braces.
type ReasonText struct{ ID, Text string }

// reasonTexts holds every reason of a verdict. The reasons of a check's own
// findings have the check's id instead.
var reasonTexts = []ReasonText{
	{"system_object", "Microsoft made this account for its own use ({from})"},
	{"sign_in_blocked", "the sign-in is blocked already"},
	{"exception", "{owner} answers for an exception until {until}: {reason}"},
	{"exception_ended", "the exception of {owner} no longer holds: {why}"},
	{"exception_baseline", "the baseline lists the account among resource_signin_exceptions"},
	{"teams_room", "a Teams Rooms system signs in with this account: it has the licence {licence} and a room mailbox"},
	{"synced", "the local directory is the authority over this account: a change in the cloud would be refused or undone"},
	{"role_direct", "it holds the role {role}"},
	{"role_group", "it holds the role {role} by a group"},
	{"role_eligible", "it can activate the role {role}"},
	{"role_azure", "it holds the Azure role {role} on {scope}"},
	{"break_glass", "it is declared as an emergency account"},
	{"signed_in", "a sign-in succeeded within 90 days (the last on {last})"},
	{"smtp_auth", "a device or an application sends mail with its password (SMTP AUTH, last on {last})"},
	{"legacy_sign_in", "an application reads its mail with its password (last on {last})"},
	{"owner_access", "somebody opened the mailbox as its owner (last on {last})"},
	{"employee_id", "it has the employee id {employee_id}"},
	{"manager", "it has a manager ({manager})"},
	{"converted", "it was a person's mailbox until less than 90 days ago"},
	{"unused", "nobody has signed in within {days} days, and nothing speaks for anybody doing so"},
	{"last_success", "the last successful sign-in was on {last}"},
	{"never_signed_in", "no sign-in has ever succeeded, as far back as the directory knows"},
	{"attempts_only", "what moved the date of the last sign-in since ({last}) was an attempt that failed"},
	{"created", "it was made on {created}"},
	{"delegates_keep_access", "{count} who may open the mailbox go on doing so: they sign in as themselves"},
	{"no_mfa_method", "nobody has registered a method for MFA"},
	{"licence_no_person", "it has a licence ({licence}), which is no sign of a person"},
	{"room_licence_idle", "it has a licence for a Teams device ({licence}) that nothing uses"},
	{"could_not_look", "{fact} was not read: {why}"},
}

// ReasonTexts lists every reason that a verdict can have, for translations.
// Reasons that something was not read have the id "could_not_look:" and the
// fact; their text is that of "could_not_look".
func ReasonTexts() []ReasonText { return slices.Clone(reasonTexts) }

// UnreadFacts are the facts that a verdict needs, as they stand behind
// "could_not_look:" in the ids of its reasons.
func UnreadFacts() []string {
	return []string{"kind", "enabled", "synced", "roles", "break_glass", "sign_in", "person", "converted", "room_licence", "exceptions"}
}

// unreadPrefix begins the id of a reason that something was not read.
const unreadPrefix = "could_not_look:"

// reason makes a reason of the table from its values, by name in turn.
func reason(id string, values ...string) Reason {
	base, _, _ := strings.Cut(id, ":")
	i := slices.IndexFunc(reasonTexts, func(t ReasonText) bool { return t.ID == base })
	if i < 0 {
		panic(fmt.Sprintf("check: no text for the reason %q", id))
	}
	r := Reason{ID: id, Text: reasonTexts[i].Text}
	for i := 0; i+1 < len(values); i += 2 {
		if r.Values == nil {
			r.Values = map[string]string{}
		}
		r.Values[values[i]] = values[i+1]
	}
	r.Text = fill(r.Text, r.Values)
	return r
}

// fill puts values where a text has their names in braces. Braces within a
// value stay as they are.
func fill(text string, values map[string]string) string {
	var pairs []string
	for name, v := range values {
		pairs = append(pairs, "{"+name+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func unreadReason(fact, why string) Reason {
	if fact == populationFact {
		return reason(unreadPrefix+fact, "fact", "whether the account is one that the check looks at", "why", unreadWhy(why))
	}
	return reason(unreadPrefix+fact, "fact", fact, "why", unreadWhy(why))
}
