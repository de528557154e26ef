package event

import (
	"bytes"
	"strings"
)

// derived is a fact computed from columns of the same record, when somebody
// asks for it. It is unknown where none of its columns is carried, and weak
// where only some of them are (see Schema.Carriage).
type derived struct {
	name string
	logs Log
	// from lists, per log, the columns it is computed from; "a|b" means that
	// either is as good.
	from map[Log][]string
	// open fields have a part of their name that the rule chooses, such as
	// modified.<name>.new.
	open    bool
	param   func(name string) string
	compute func(r *Record, f *field) Values
	// alone are the logs in which it is a function of the first column that
	// has a value, and of nothing else (see Record.Peek).
	alone Log
	// only, where there is one, makes the one value of the text of that column.
	only func(r *Record, text []byte) []byte
	// renames is true where it is its one column by another name.
	renames bool
	// peek, where there is one, answers Record.Peek for what follows from more
	// than one column.
	peek func(r *Record, f *field) ([]byte, Standing)
	// holds, where there is one, answers Record.Holds.
	holds func(r *Record, f *field) Standing
}

const (
	anyLog     = SignIn | Audit | Risk | Unified | Activity
	directory  = SignIn | Risk
	nameOfUser = "userId|userPrincipalName"
)

// derivations are the computed fields. Names of our own begin with "vakt.";
// account, actor and ip exist for every log, so that correlations can group
// by them across logs.
var derivations = []derived{
	{name: "account", logs: anyLog, alone: directory, compute: accountIDs, only: (*Record).accountID, from: map[Log][]string{
		SignIn: {nameOfUser}, Risk: {nameOfUser}, Audit: {"targetResources"}, Unified: {"UserId|MailboxOwnerUPN", "EventValue", "AlertEntityId", "Data"}, Activity: activityBodies}},
	{name: "actor", logs: anyLog, compute: actorID, from: map[Log][]string{
		SignIn: {nameOfUser}, Risk: {nameOfUser}, Audit: {"initiatedBy.user.id|actorList", "initiatedBy.user.userPrincipalName", "initiatedBy.app.servicePrincipalId|actorList"}, Unified: {"UserId"}, Activity: activityCaller}},
	{name: "vakt.accountNames", logs: anyLog, compute: accountNames, holds: holdsAccountNames, from: map[Log][]string{
		SignIn: {"userId", "userPrincipalName"}, Risk: {"userId", "userPrincipalName"}, Audit: {"targetResources"}, Unified: {"UserId", "MailboxOwnerUPN"}, Activity: activityBodies}},
	{name: "vakt.actorNames", logs: anyLog, compute: actorNames, from: map[Log][]string{
		SignIn: {"userId", "userPrincipalName"}, Risk: {"userId", "userPrincipalName"}, Audit: actorOf, Unified: {"UserId"}, Activity: activityCaller}},
	{name: "ip", logs: SignIn | Audit | Risk | Unified, alone: SignIn | Audit | Risk | Unified, renames: true, compute: sameAsFirst, from: map[Log][]string{
		SignIn: {"ipAddress"}, Risk: {"ipAddress"}, Audit: {"initiatedBy.user.ipAddress"}, Unified: {"ClientIP"}}},

	{name: "ip", logs: Activity, compute: activityAddress, from: map[Log][]string{Activity: {"httpRequest.clientIpAddress", "claims|identity"}}},

	{name: "vakt.attempt", logs: SignIn, compute: attemptID, from: map[Log][]string{SignIn: {"id", "originalRequestId"}}},
	{name: "vakt.errorClass", logs: SignIn, alone: SignIn, compute: errorClass, from: map[Log][]string{SignIn: {"status.errorCode"}}},
	{name: "vakt.passwordAccepted", logs: SignIn, compute: passwordAccepted, from: map[Log][]string{SignIn: {"status.errorCode", "authenticationDetails"}}},
	{name: "vakt.stepDetails", logs: SignIn, compute: stepDetails, peek: peekStepDetails, from: map[Log][]string{SignIn: {"status.additionalDetails|mfaResult", "authenticationDetails"}}},
	{name: "vakt.clientClass", logs: SignIn, alone: SignIn, compute: clientClass, from: map[Log][]string{SignIn: {"clientAppUsed"}}},
	{name: "vakt.blockingPolicies", logs: SignIn, compute: blockingPolicies, from: map[Log][]string{SignIn: {"status.errorCode", "appliedConditionalAccessPolicies"}}},
	{name: "vakt.userDomain", logs: directory, alone: directory, compute: userDomain, from: map[Log][]string{SignIn: {"userPrincipalName"}, Risk: {"userPrincipalName"}}},
	{name: "vakt.guestDomain", logs: directory, alone: directory, compute: userGuestDomain, from: map[Log][]string{SignIn: {"userPrincipalName"}, Risk: {"userPrincipalName"}}},

	{name: "targetResources.id", logs: Audit, compute: targetIDs, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "targetResources.displayName", logs: Audit, compute: targetNames, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "targetResources.type", logs: Audit, compute: targetTypes, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "targetResources.userPrincipalName", logs: Audit, compute: targetUPNs, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "vakt.targetDomain", logs: Audit, compute: targetDomains, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "vakt.guestDomain", logs: Audit, compute: targetGuestDomains, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "vakt.target", logs: Audit, compute: targetOrActor, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "vakt.targetGroup", logs: Audit, compute: targetGroups, from: map[Log][]string{Audit: {"targetResources"}}},
	{name: "vakt.subject", logs: Audit, compute: subject, from: modifiedFrom},
	{name: "initiatedBy", logs: Audit, compute: initiatorTexts, from: map[Log][]string{Audit: {initiatorOf + "|actorList"}}},
	{name: "targetResources.modifiedProperties", logs: Audit, compute: modifiedTexts, from: modifiedFrom},
	{name: "targetResources.modifiedProperties.displayName", logs: Audit, compute: modifiedNames, from: modifiedFrom},
	{name: "targetResources.modifiedProperties.oldValue", logs: Audit, compute: modifiedOlds, from: modifiedFrom},
	{name: "targetResources.modifiedProperties.newValue", logs: Audit, compute: modifiedNews, from: modifiedFrom},
	{name: "additionalDetails.<key>", logs: Audit, open: true, param: after("additionalDetails."), compute: additionalDetail, from: map[Log][]string{Audit: {"additionalDetails"}}},
	{name: "modified.<name>.old", logs: Audit | Unified, open: true, param: between("modified.", ".old"), compute: modifiedOld, peek: peekModifiedOld, from: modifiedFrom},
	{name: "modified.<name>.new", logs: Audit | Unified, open: true, param: between("modified.", ".new"), compute: modifiedNew, peek: peekModifiedNew, from: modifiedFrom},
	{name: "modified.<name>.added", logs: Audit | Unified, open: true, param: between("modified.", ".added"), compute: modifiedAdded, from: modifiedFrom},

	{name: "additionalInfo.<key>", logs: Risk, open: true, param: after("additionalInfo."), alone: Risk, compute: pairNamed, peek: peekPair, holds: holdsPair, only: sameText, from: map[Log][]string{Risk: {"additionalInfo"}}},

	{name: "parameters.<name>", logs: Unified, open: true, param: after("parameters."), alone: Unified, compute: pairNamed, peek: peekPair, holds: holdsPair, only: sameText, from: map[Log][]string{Unified: {"Parameters"}}},
	{name: "extendedProperties.<name>", logs: Unified, open: true, param: after("extendedProperties."), alone: Unified, compute: pairNamed, peek: peekPair, holds: holdsPair, only: sameText, from: map[Log][]string{Unified: {"ExtendedProperties"}}},
	{name: "operationProperties.<name>", logs: Unified, open: true, param: after("operationProperties."), alone: Unified, compute: pairNamed, peek: peekPair, holds: holdsPair, only: sameText, from: map[Log][]string{Unified: {"OperationProperties"}}},
	{name: "vakt.ownerDomain", logs: Unified, compute: ownerDomain, from: map[Log][]string{Unified: {"MailboxOwnerUPN|UserId"}}},

	{name: "vakt.forwardTo", logs: Unified, compute: forwardTargets, peek: peekPairs(forwardKeys, outlookKeys), from: ruleFrom},
	{name: "vakt.forwardDomain", logs: Unified, compute: forwardDomainList, peek: peekPairs(forwardKeys, outlookKeys), from: ruleFrom},
	{name: "vakt.forwardDomain.<n>", logs: Unified, open: true, param: position("vakt.forwardDomain."), compute: forwardDomainAt, peek: peekPairs(forwardKeys, outlookKeys), from: ruleFrom},
	{name: "vakt.ruleName", logs: Unified, compute: ruleNames, peek: peekPairs(nameKeys), from: ruleFrom},
	{name: "vakt.ruleWords", logs: Unified, compute: ruleWords, peek: peekPairs(wordKeys), from: ruleFrom},
	{name: "vakt.ruleFolder", logs: Unified, compute: ruleFolders, peek: peekPairs(folderKeys, outlookKeys), from: ruleFrom},
	{name: "vakt.ruleAction", logs: Unified, compute: ruleDoes, peek: peekPairs(actionNames(), outlookKeys), from: ruleFrom},
	{name: "vakt.affectedItems", logs: Unified, compute: affectedItems, from: map[Log][]string{Unified: {"AffectedItems"}}},
	{name: "vakt.mailSession", logs: Unified, compute: mailSession, from: map[Log][]string{Unified: {"SessionId|ClientIP"}}},
	{name: "vakt.clientApp", logs: Unified, compute: sameAsFirst, from: map[Log][]string{Unified: {"ClientAppId|AppId|ApplicationId"}}},
	{name: "vakt.messageId", logs: Unified, compute: messageIDs, from: itemsFrom},
	{name: "vakt.mailFolder", logs: Unified, compute: mailFolders, from: itemsFrom},
	{name: "vakt.grantee", logs: Unified, compute: grantees, peek: peekGrant(granteeKeys, grantee), from: grantFrom},
	{name: "vakt.grantedRights", logs: Unified, compute: grantedRights, peek: peekGrant(rightsKeys, grantRights), from: grantFrom},
	{name: "vakt.grantFolder", logs: Unified, compute: grantFolders, peek: peekGrant(identityKeys, grantPath), from: grantFrom},

	{name: "resourceProviderName", logs: Activity, alone: Activity, compute: resourceProvider, from: map[Log][]string{Activity: {"operationName"}}},
	{name: "subscriptionId", logs: Activity, alone: Activity, compute: subscriptionOf, from: map[Log][]string{Activity: {"resourceId"}}},
	{name: "claims.<name>", logs: Activity, open: true, param: after("claims."), compute: claimNamed, from: map[Log][]string{Activity: {"claims|identity"}}},
	{name: "authorization.<name>", logs: Activity, open: true, param: after("authorization."), compute: authorizationNamed, from: map[Log][]string{Activity: {"authorization|identity"}}},
	{name: "caller", logs: Activity, compute: callerName, from: map[Log][]string{Activity: activityCaller}},
	{name: "vakt.principalId", logs: Activity, compute: principalID, from: map[Log][]string{Activity: activityBodies}},
	{name: "vakt.principalType", logs: Activity, compute: principalType, from: map[Log][]string{Activity: activityBodies}},
	{name: "vakt.roleId", logs: Activity, compute: roleID, from: map[Log][]string{Activity: activityBodies}},
	{name: "vakt.roleScope", logs: Activity, compute: roleScope, from: map[Log][]string{Activity: {"resourceId"}}},
}

var modifiedFrom = map[Log][]string{
	Audit:   {"targetResources|modifiedProperties"},
	Unified: {"ModifiedProperties"},
}

var (
	ruleFrom  = map[Log][]string{Unified: {"Parameters|OperationProperties"}}
	grantFrom = map[Log][]string{Unified: {"Parameters|Item"}}
)

// after matches names with a fixed beginning; the rest is the parameter.
func after(prefix string) func(string) string { return between(prefix, "") }

// between matches names with a fixed beginning and end.
func between(prefix, suffix string) func(string) string {
	return func(name string) string {
		if len(name) <= len(prefix)+len(suffix) ||
			!strings.EqualFold(name[:len(prefix)], prefix) || !strings.EqualFold(name[len(name)-len(suffix):], suffix) {
			return ""
		}
		return name[len(prefix) : len(name)-len(suffix)]
	}
}

// base gives the i-th column that a derived field is computed from: of
// alternatives, the first with a value.
func (r *Record) base(f *field, i int) Values {
	var v Values
	for _, b := range f.from[i] {
		if v = r.field(b); len(v.List) > 0 {
			return v
		}
	}
	return v
}

func sameAsFirst(r *Record, f *field) Values { return r.base(f, 0) }

// accountIDs are the accounts a record is about: who signs in or is at risk,
// the users that an audit names as targets, the owner of the mailbox.
func accountIDs(r *Record, f *field) Values {
	if f.log == Activity {
		return r.activityAccount(f)
	}
	if r.logs&Audit != 0 {
		users := r.values(func(yield func(Value) bool) {
			for _, t := range r.Targets() {
				if t.account != nil && !yield(Value{Text: t.account}) {
					return
				}
			}
		})
		if f.log != Unified || len(users.List) > 0 {
			return users
		}
	}
	if f.log == Unified {
		return r.mailboxAccount(f)
	}
	for _, b := range f.from[0] {
		if v := r.Field(b); len(v.List) > 0 && len(v.First()) > 0 {
			return r.one(r.accountID(v.First()), String)
		}
	}
	return Values{}
}

// accountID is the account id of an object id or UPN.
func (r *Record) accountID(text []byte) []byte { return plainUPN(r.lower(text)) }

// mailboxAccount is the mailbox's owner, else the account that an alert or the
// spam filter names, else the user who acted.
func (r *Record) mailboxAccount(f *field) Values {
	user, owner := r.Field(f.from[0][0]), r.Field(f.from[0][1])
	name := owner.First()
	if len(name) == 0 {
		name = r.restricted(f)
	}
	if len(name) == 0 {
		name = user.First()
	}
	return r.oneIf(r.lower(name))
}

// actorID is who did it: the account, or the service principal of an app.
func actorID(r *Record, f *field) Values {
	if f.log == Activity {
		return r.activityActor(f)
	}
	if r.logs&Audit == 0 {
		if v := r.base(f, 0); len(v.First()) > 0 {
			return r.one(r.lower(v.First()), String)
		}
		return Values{}
	}
	if a := r.Actor(); len(a.ID) > 0 {
		return r.one(a.ID, String)
	} else if len(a.UPN) > 0 {
		return r.one(r.lower(a.UPN), String)
	}
	return Values{}
}

// attemptID counts sign-ins: the steps of one MFA dialogue share the id of
// the first request, where the shape has it.
func attemptID(r *Record, f *field) Values {
	if v := r.Field(f.from[1][0]); len(v.First()) > 0 && !noID(v.First()) {
		return v
	}
	return r.base(f, 0)
}

func errorClass(r *Record, f *field) Values {
	code := r.base(f, 0).First()
	if code == nil {
		return Values{}
	}
	return r.one([]byte(CodeOf(code).Class), String)
}

// passwordAccepted says whether the first factor was right: by the primary
// step where the record has steps, else by the error code.
func passwordAccepted(r *Record, f *field) Values {
	if steps := r.field(f.from[1][0]).First(); len(steps) > 0 {
		if accepted, any := primaryStep(steps); any {
			return r.one(boolText(accepted), Bool)
		}
	}
	code := r.base(f, 0).First()
	if code == nil {
		return Values{}
	}
	switch CodeOf(code).PasswordAccepted {
	case Yes:
		return r.one(boolText(true), Bool)
	case No:
		return r.one(boolText(false), Bool)
	}
	return Values{}
}

func boolText(b bool) []byte {
	if b {
		return []byte("true")
	}
	return []byte("false")
}

// stepDetails are the texts that say how MFA went.
func stepDetails(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for _, v := range r.base(f, 0).List {
			if len(v.Text) > 0 && !yield(v) {
				return
			}
		}
		eachStepDetail(r.field(f.from[1][0]).First(), func(detail []byte) bool {
			return yield(Value{Text: r.textOf(detail)})
		})
	})
}

func clientClass(r *Record, f *field) Values {
	client := r.base(f, 0).First()
	if len(client) == 0 {
		return Values{}
	}
	return r.one([]byte(ClientClass(client)), String)
}

func userDomain(r *Record, f *field) Values {
	return r.oneIf(domain(r.lower(plainUPN(r.base(f, 0).First()))))
}

func userGuestDomain(r *Record, f *field) Values {
	return r.oneIf(guestDomain(r.lower(r.base(f, 0).First())))
}

func ownerDomain(r *Record, f *field) Values {
	return r.oneIf(domain(r.lower(r.base(f, 0).First())))
}

func (r *Record) oneIf(text []byte) Values {
	if len(text) == 0 {
		return Values{}
	}
	return r.one(text, String)
}

// domain is what follows the last @ of a UPN.
func domain(upn []byte) []byte {
	if at := bytes.LastIndexByte(upn, '@'); at >= 0 {
		return upn[at+1:]
	}
	return nil
}

// guestDomain is the home domain inside a guest's UPN,
// ann_fabrikam.com#EXT#@contoso.com.
func guestDomain(upn []byte) []byte {
	local, _, ok := bytes.Cut(upn, []byte("#ext#"))
	if !ok {
		return nil
	}
	if at := bytes.LastIndexByte(local, '_'); at >= 0 {
		return local[at+1:]
	}
	return nil
}

// plainUPN takes away the object id (32 hex digits) that a deletion puts in
// front of a UPN.
func plainUPN(upn []byte) []byte {
	const digits = 32
	if len(upn) <= digits+1 || bytes.IndexByte(upn, '@') < digits {
		return upn
	}
	for _, c := range upn[:digits] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return upn
		}
	}
	return upn[digits:]
}
