package rig

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// mailboxSettable are the parameters of Set-Mailbox that set a member of the
// same name.
var mailboxSettable = []string{
	"ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward", "AccountDisabled",
	"HiddenFromAddressListsEnabled", "AuditEnabled", "LitigationHoldEnabled", "DisplayName",
}

// protocols are the parameters of Set-CASMailbox.
var protocols = []string{
	"MAPIEnabled", "EwsEnabled", "ActiveSyncEnabled", "ImapEnabled", "PopEnabled", "OWAEnabled", "OWAforDevicesEnabled",
	"OutlookMobileEnabled", "MacOutlookEnabled", "OneWinNativeOutlookEnabled", "UniversalOutlookEnabled",
	"SmtpClientAuthenticationDisabled", "ECPEnabled",
}

// settable picks what was given of the parameters that set members.
func (r *run) settable(names []string) Patch {
	patch := Patch{}
	for _, name := range names {
		if raw, ok := r.params[name]; ok {
			patch[name] = raw
		}
	}
	return patch
}

// apply writes a patch, or warns that nothing changed.
func (r *run) apply(part string, o Object, patch Patch) *answer {
	changes := false
	for name, value := range patch {
		before, ok := o.Field(name)
		changes = changes || !ok || string(before) != string(value)
	}
	if !changes {
		r.warnings = append(r.warnings, "The command completed successfully but no settings of '"+o.Text("Identity")+"' have been modified.")
		return nil
	}
	key := o.Text("Guid")
	if key == "" {
		key = o.Text("Identity")
	}
	if _, err := r.s.state.Update(part, key, patch, r.by()); err != nil {
		return notFoundInExchange(key)
	}
	return nil
}

func (r *run) setMailbox() ([]Object, *answer) {
	r.view = r.s.state.Primary()
	box, bad := r.mailbox(r.params.text("Identity"))
	if bad != nil {
		return nil, bad
	}
	patch := r.settable(mailboxSettable)
	if to := textOf(patch["ForwardingSmtpAddress"]); to != "" && !strings.Contains(to, ":") {
		patch["ForwardingSmtpAddress"] = quoted("smtp:" + to)
	}
	for _, flag := range []string{"DeliverToMailboxAndForward", "AccountDisabled", "HiddenFromAddressListsEnabled", "AuditEnabled", "LitigationHoldEnabled"} {
		if bad := r.flag(flag, false); bad != nil {
			return nil, bad
		}
	}
	if to := textOf(patch["ForwardingAddress"]); to != "" {
		if _, bad := r.mailbox(to); bad != nil {
			return nil, bad
		}
	}
	if raw, ok := r.params["GrantSendOnBehalfTo"]; ok {
		patch["GrantSendOnBehalfTo"] = changedList(box, "GrantSendOnBehalfTo", raw)
	}
	return nil, r.apply(Mailboxes, box, patch)
}

// flag refuses a parameter that is no flag; some may be null for inherited.
func (r *run) flag(name string, inherits bool) *answer {
	raw, given := r.params[name]
	if !given || string(raw) == "true" || string(raw) == "false" || inherits && string(raw) == "null" {
		return nil
	}
	return exchangeError(http.StatusBadRequest, "BadRequest", "System.Management.Automation.ParameterBindingException",
		"Cannot convert value "+string(raw)+" to type System.Boolean for parameter '"+name+"'.")
}

// changedList applies {"add":[…],"remove":[…]} to a list of texts, or puts
// the list that was given in its place.
func changedList(o Object, name string, raw json.RawMessage) json.RawMessage {
	change := Object(raw)
	_, adds := change.Field("add")
	_, removes := change.Field("remove")
	if !adds && !removes {
		return raw
	}
	list := o.Items(name)
	for _, gone := range change.Items("remove") {
		list = slices.DeleteFunc(list, func(e Object) bool { return strings.EqualFold(textOf(e), textOf(gone)) })
	}
	for _, more := range change.Items("add") {
		if !slices.ContainsFunc(list, func(e Object) bool { return strings.EqualFold(textOf(e), textOf(more)) }) {
			list = append(list, more)
		}
	}
	return json.RawMessage(List(list))
}

func (r *run) setCASMailbox() ([]Object, *answer) {
	r.view = r.s.state.Primary()
	o, bad := r.casOf(r.params.text("Identity"))
	if bad != nil {
		return nil, bad
	}
	for _, name := range protocols {
		inherits := name == "EwsEnabled" || name == "SmtpClientAuthenticationDisabled"
		if bad := r.flag(name, inherits); bad != nil {
			return nil, bad
		}
	}
	return nil, r.apply(CASMailboxes, o, r.settable(protocols))
}

func (r *run) addMailboxPermission() ([]Object, *answer) {
	row := func(box Object) Object {
		inherit := r.params.text("InheritanceType")
		if inherit == "" {
			inherit = "All"
		}
		return Object(`{}`).With(Patch{
			"AccessRights": r.rights("FullAccess"), "Deny": []byte("false"), "Identity": quoted(box.Text("Identity")),
			"InheritanceType": quoted(inherit), "IsInherited": []byte("false"), "User": quoted(r.params.text("User")),
		})
	}
	return r.grant(MailboxPermissions, "User", row)
}

func (r *run) addRecipientPermission() ([]Object, *answer) {
	row := func(box Object) Object {
		return Object(`{}`).With(Patch{
			"AccessControlType": quoted("Allow"), "AccessRights": r.rights("SendAs"), "Identity": quoted(box.Text("Identity")),
			"InheritanceType": quoted("None"), "IsInherited": []byte("false"), "Trustee": quoted(r.params.text("Trustee")),
		})
	}
	return r.grant(RecipientPermissions, "Trustee", row)
}

// rights is the list AccessRights, or the one right that the cmdlet is for.
func (r *run) rights(usual string) json.RawMessage {
	rights := r.params.texts("AccessRights")
	if len(rights) == 0 {
		rights = []string{usual}
	}
	list := make([]Object, len(rights))
	for i, right := range rights {
		list[i] = Object(quoted(right))
	}
	return json.RawMessage(List(list))
}

// grant adds a row to a mailbox's permissions, unless it is there.
func (r *run) grant(part, who string, row func(box Object) Object) ([]Object, *answer) {
	r.view = r.s.state.Primary()
	box, bad := r.mailbox(r.params.text("Identity"))
	if bad != nil {
		return nil, bad
	}
	if !r.isTrustee(r.params.text(who)) {
		return nil, notFoundInExchange(r.params.text(who))
	}
	added := row(box)
	rows, _ := r.rowsOf(part, box)
	if slices.ContainsFunc(rows, func(o Object) bool { return samePermission(o, added, who) }) {
		r.warnings = append(r.warnings, "The appropriate access control entry is already present on the object '"+box.Text("Identity")+"'.")
		return []Object{added}, nil
	}
	if _, err := r.s.state.Insert(part, "", added, r.by()); err != nil {
		return nil, notFoundInExchange(box.Text("Identity"))
	}
	return []Object{added}, nil
}

// isTrustee tells whether somebody has the name: a mailbox, a user or a group.
func (r *run) isTrustee(name string) bool {
	for _, part := range []string{Mailboxes, Users, Groups} {
		if _, ok := r.view.Get(part, name); ok {
			return true
		}
	}
	for _, group := range r.view.All(Groups) {
		if containsFold([]string{group.Text("displayName"), group.Text("mail"), group.Text("mailNickname")}, name) {
			return true
		}
	}
	return false
}

func samePermission(a, b Object, who string) bool {
	rights := func(o Object) string {
		var all []string
		for _, r := range o.Items("AccessRights") {
			all = append(all, strings.ToLower(textOf(r)))
		}
		slices.Sort(all)
		return strings.Join(all, ",")
	}
	return strings.EqualFold(a.Text(who), b.Text(who)) && rights(a) == rights(b)
}

func (r *run) removeMailboxPermission() ([]Object, *answer) {
	return r.revoke(MailboxPermissions, "User")
}

func (r *run) removeRecipientPermission() ([]Object, *answer) {
	return r.revoke(RecipientPermissions, "Trustee")
}

// revoke removes rows of a mailbox's permissions. That none was there is a
// warning.
func (r *run) revoke(part, who string) ([]Object, *answer) {
	r.view = r.s.state.Primary()
	box, bad := r.mailbox(r.params.text("Identity"))
	if bad != nil {
		return nil, bad
	}
	gone := false
	rows, places := r.rowsOf(part, box)
	for i, o := range rows {
		if !strings.EqualFold(o.Text(who), r.params.text(who)) || o.True("IsInherited") || !r.coversRights(o) {
			continue
		}
		if err := r.s.state.DeleteAt(part, places[i], r.by()); err != nil {
			return nil, notFoundInExchange(box.Text("Identity"))
		}
		gone = true
	}
	if !gone {
		r.warnings = append(r.warnings, "Can't remove the access control entry on the object '"+box.Text("Identity")+
			"' for account '"+r.params.text(who)+"' because the ACE isn't present.")
	}
	return nil, nil
}

// coversRights tells whether a row grants what is to be removed.
func (r *run) coversRights(o Object) bool {
	for _, right := range r.params.texts("AccessRights") {
		if !slices.ContainsFunc(o.Items("AccessRights"), func(e Object) bool { return strings.EqualFold(textOf(e), right) }) {
			return false
		}
	}
	return true
}

// switchInboxRule turns a rule on or off, in the form of Exchange and in that
// of Graph, which are the same rule.
func (r *run) switchInboxRule() ([]Object, *answer) {
	r.view = r.s.state.Primary()
	owner, _, _ := strings.Cut(r.params.text("Identity"), `\`)
	if m := r.params.text("Mailbox"); m != "" {
		owner = m
	}
	box, bad := r.mailbox(owner)
	if bad != nil {
		return nil, bad
	}
	id := box.Text("ExternalDirectoryObjectId")
	body, _ := r.view.Get(InboxRules, id)
	rules := Elements(body)
	at := slices.IndexFunc(rules, func(o Object) bool { return isRule(o, r.params.text("Identity")) })
	if at < 0 {
		return nil, notFoundInExchange(r.params.text("Identity"))
	}
	on := []byte("false")
	if strings.HasPrefix(r.cmd.name, "Enable") {
		on = []byte("true")
	}
	name := rules[at].Text("Name")
	rules[at] = rules[at].With(Patch{"Enabled": on})
	if bad := r.setOwned(InboxRules, id, rules); bad != nil {
		return nil, notFoundInExchange(id)
	}
	r.twin(MessageRules, id, "displayName", name, func(o Object) Object { return o.With(Patch{"isEnabled": on}) })
	return nil, nil
}

func (r *run) removeBlockedSender() ([]Object, *answer) {
	address := r.params.text("SenderAddress")
	if err := r.s.state.Delete(BlockedSenders, address, r.by()); err != nil {
		return nil, notFoundInExchange(address)
	}
	return nil, nil
}

func (r *run) changeRoleGroup() ([]Object, *answer) {
	r.view = r.s.state.Primary()
	group, ok := r.view.Get(RoleGroups, r.params.text("Identity"))
	if !ok {
		return nil, notFoundInExchange(r.params.text("Identity"))
	}
	member, remove := r.params.text("Member"), strings.HasPrefix(r.cmd.name, "Remove")
	if r.isMember(group, member) != remove {
		exception, text := "MemberNotFoundException", "The recipient '"+member+"' isn't a member of the group '"+group.Text("Name")+"'."
		if !remove {
			exception, text = "MemberAlreadyExistsException", "The recipient '"+member+"' is already a member of the group '"+group.Text("Name")+"'."
		}
		return nil, exchangeError(http.StatusBadRequest, "BadRequest", exception, text)
	}
	what := "add"
	if remove {
		what = "remove"
	}
	change := json.RawMessage(Object(`{}`).With(Patch{what: json.RawMessage(List([]Object{Object(quoted(member))}))}))
	return nil, r.apply(RoleGroups, group, Patch{"Members": changedList(group, "Members", change)})
}
