package rig

import (
	"net/http"
	"slices"
	"strings"
)

// whole gives everything that a part holds.
func whole(part string) func(*run) ([]Object, *answer) {
	return func(r *run) ([]Object, *answer) { return r.rows(part), nil }
}

// found gives the objects of a part, or the one that Identity names.
func found(part string) func(*run) ([]Object, *answer) {
	return func(r *run) ([]Object, *answer) {
		identity := r.params.text("Identity")
		if identity == "" {
			return r.rows(part), nil
		}
		o, ok := r.view.Get(part, identity)
		if !ok {
			return nil, notFoundInExchange(identity)
		}
		return []Object{o}, nil
	}
}

func (r *run) rows(part string) []Object {
	var all []Object
	for _, o := range r.view.All(part) {
		all = append(all, o)
	}
	return all
}

// mailbox finds the one mailbox that an identity names.
func (r *run) mailbox(identity string) (Object, *answer) {
	return r.recipient(Mailboxes, identity)
}

func (r *run) recipient(part, identity string) (Object, *answer) {
	var all []Object
	for _, o := range r.view.Find(part, identity) {
		all = append(all, o)
	}
	switch len(all) {
	case 0:
		return nil, notFoundInExchange(identity)
	case 1:
		return all[0], nil
	}
	return nil, exchangeError(http.StatusBadRequest, "BadRequest", "ManagementObjectAmbiguousException",
		"The operation couldn't be performed because '"+identity+"' matches multiple entries.")
}

// kindsApart are mailboxes that Get-Mailbox shows only with a switch.
var kindsApart = map[string]string{
	"ArbitrationMailbox": "Arbitration", "AuditLogMailbox": "AuditLog", "AuxAuditLogMailbox": "AuditLog",
	"MonitoringMailbox": "Monitoring", "PublicFolderMailbox": "PublicFolder",
}

func (r *run) getMailbox() ([]Object, *answer) {
	if identity := r.params.text("Identity"); identity != "" {
		o, bad := r.mailbox(identity)
		return []Object{o}, bad
	}
	types := r.params.texts("RecipientTypeDetails")
	apart := ""
	for _, name := range []string{"Arbitration", "AuditLog", "PublicFolder"} {
		if r.params.true(name) {
			apart = name
		}
	}
	var all []Object
	for _, o := range r.view.All(Mailboxes) {
		kind := o.Text("RecipientTypeDetails")
		if len(types) > 0 && !containsFold(types, kind) || kindsApart[kind] != apart || !r.livesAs(o) {
			continue
		}
		all = append(all, o)
	}
	return all, nil
}

// livesAs tells whether a mailbox is as alive as was asked for.
func (r *run) livesAs(o Object) bool {
	inactive := o.True("IsInactiveMailbox")
	switch {
	case r.params.true("InactiveMailboxOnly"):
		return inactive
	case r.params.true("SoftDeletedMailbox"):
		return o.True("IsSoftDeletedByRemove")
	case inactive:
		return r.params.true("IncludeInactiveMailbox")
	}
	return true
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, s) })
}

func (r *run) getCASMailbox() ([]Object, *answer) {
	identity := r.params.text("Identity")
	if identity == "" {
		return r.rows(CASMailboxes), nil
	}
	o, bad := r.casOf(identity)
	return []Object{o}, bad
}

// casOf finds the protocols of a mailbox, by a name of theirs or of the
// mailbox.
func (r *run) casOf(identity string) (Object, *answer) {
	if o, bad := r.recipient(CASMailboxes, identity); bad == nil {
		return o, nil
	}
	box, bad := r.mailbox(identity)
	if bad != nil {
		return nil, bad
	}
	for _, name := range namesOf(box) {
		if o, bad := r.recipient(CASMailboxes, name); bad == nil {
			return o, nil
		}
	}
	return nil, notFoundInExchange(identity)
}

// namesOf are the names by which rows of other parts may mean a mailbox.
func namesOf(box Object) []string {
	var names []string
	for _, member := range []string{"Identity", "ExternalDirectoryObjectId", "Name", "Guid", "UserPrincipalName", "PrimarySmtpAddress", "Alias", "DistinguishedName"} {
		if name := box.Text(member); name != "" && !containsFold(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// rowsOf gives the rows of a part that are about a mailbox, and where they
// stand. A folder may say by the mailbox's id which one a row means.
func (r *run) rowsOf(part string, box Object) (rows []Object, places []int) {
	id := box.Text("ExternalDirectoryObjectId")
	for _, name := range namesOf(box) {
		for at, o := range r.view.Find(part, name) {
			owner := o.Text("Mailbox")
			if owner == "" {
				owner = o.Text("ExternalDirectoryObjectId")
			}
			if (owner == "" || id == "" || strings.EqualFold(owner, id)) && !slices.Contains(places, at) {
				rows, places = append(rows, o), append(places, at)
			}
		}
	}
	return rows, places
}

func (r *run) getMailboxPermission() ([]Object, *answer) {
	box, bad := r.mailbox(r.params.text("Identity"))
	if bad != nil {
		return nil, bad
	}
	rows, _ := r.rowsOf(MailboxPermissions, box)
	return r.matching(rows, "User"), nil
}

func (r *run) getRecipientPermission() ([]Object, *answer) {
	rows := r.rows(RecipientPermissions)
	if identity := r.params.text("Identity"); identity != "" {
		box, bad := r.mailbox(identity)
		if bad != nil {
			return nil, bad
		}
		rows, _ = r.rowsOf(RecipientPermissions, box)
	}
	return r.matching(rows, "Trustee"), nil
}

// matching keeps the rows whose member is as the parameter of the same name
// says, if it was given.
func (r *run) matching(rows []Object, name string) []Object {
	want := r.params.text(name)
	if want == "" {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(o Object) bool { return !strings.EqualFold(o.Text(name), want) })
}

// getUserRecipient gives what Exchange knows of users: its kind of recipient
// and what the directory says.
func (r *run) getUserRecipient() ([]Object, *answer) {
	if identity := r.params.text("Identity"); identity != "" {
		user, ok := r.view.Get(Users, identity)
		if box, found := r.view.Get(Mailboxes, identity); !ok && found {
			user, ok = r.view.Get(Users, box.Text("ExternalDirectoryObjectId"))
		}
		if !ok {
			return nil, notFoundInExchange(identity)
		}
		return []Object{r.userRecipient(user)}, nil
	}
	types := r.params.texts("RecipientTypeDetails")
	var all []Object
	for _, user := range r.view.All(Users) {
		if o := r.userRecipient(user); len(types) == 0 || containsFold(types, o.Text("RecipientTypeDetails")) {
			all = append(all, o)
		}
	}
	return all, nil
}

func (r *run) userRecipient(user Object) Object {
	box, has := r.view.Get(Mailboxes, user.Text("id"))
	kind := "User"
	switch {
	case has:
		kind = box.Text("RecipientTypeDetails")
	case user.Text("userType") == "Guest":
		kind = "GuestMailUser"
	case !user.True("accountEnabled"):
		kind = "DisabledUser"
	}
	return made(func(w *writer) {
		w.str("Identity", user.Text("displayName"))
		w.str("ExternalDirectoryObjectId", user.Text("id"))
		w.str("UserPrincipalName", user.Text("userPrincipalName"))
		w.str("DisplayName", user.Text("displayName"))
		w.str("RecipientTypeDetails", kind)
		w.text("PreviousRecipientTypeDetails", box.Text("PreviousRecipientTypeDetails"))
		w.bit("AccountDisabled", !user.True("accountEnabled"))
		w.bit("IsDirSynced", user.True("onPremisesSyncEnabled"))
		w.text("Department", user.Text("department"))
		w.text("Title", user.Text("jobTitle"))
	})
}

// getInboxRule gives the rules of a mailbox as Exchange sees them: hidden
// ones only if they are asked for.
func (r *run) getInboxRule() ([]Object, *answer) {
	for _, part := range []string{InboxRules} {
		if state, _ := r.s.state.PartState(part); state == Absent {
			return nil, r.cmdletDenied(r.cmd.name)
		}
	}
	box, bad := r.mailbox(r.params.text("Mailbox"))
	if bad != nil {
		return nil, bad
	}
	body, _ := r.view.Get(InboxRules, box.Text("ExternalDirectoryObjectId"))
	var all []Object
	for _, rule := range Elements(body) {
		if rule.True("IsHidden") && !r.params.true("IncludeHidden") {
			continue
		}
		if want := r.params.text("Identity"); want == "" || isRule(rule, want) {
			all = append(all, rule)
		}
	}
	if r.params.text("Identity") != "" && len(all) == 0 {
		return nil, notFoundInExchange(r.params.text("Identity"))
	}
	return all, nil
}

// isRule tells whether an identity names a rule: its own, with or without the
// mailbox before it, or its name.
func isRule(rule Object, identity string) bool {
	_, after, _ := strings.Cut(identity, `\`)
	return identity == rule.Text("Identity") || identity == rule.Text("RuleIdentity") || identity == rule.Text("Name") ||
		after != "" && after == rule.Text("RuleIdentity")
}

// getRoleGroupMember gives the members of a role group. Without an identity
// it gives those of all, as was once seen.
func (r *run) getRoleGroupMember() ([]Object, *answer) {
	groups := r.rows(RoleGroups)
	if identity := r.params.text("Identity"); identity != "" {
		group, ok := r.view.Get(RoleGroups, identity)
		if !ok {
			return nil, notFoundInExchange(identity)
		}
		groups = []Object{group}
	}
	var all []Object
	for _, group := range groups {
		for _, member := range group.Items("Members") {
			all = append(all, r.roleMember(textOf(member)))
		}
	}
	return all, nil
}

func (r *run) roleMember(name string) Object {
	kind, id := "Group", ""
	if user, ok := r.view.Get(Users, name); ok {
		kind, id = "User", user.Text("id")
	}
	if box, ok := r.view.Get(Mailboxes, name); ok {
		kind, id = box.Text("RecipientTypeDetails"), box.Text("ExternalDirectoryObjectId")
	}
	return made(func(w *writer) {
		w.str("Identity", name)
		w.str("Name", name)
		w.text("ExternalDirectoryObjectId", id)
		w.str("RecipientTypeDetails", kind)
	})
}

// getRoleAssignment gives which management roles are assigned to which role
// groups.
func (r *run) getRoleAssignment() ([]Object, *answer) {
	var all []Object
	for _, group := range r.rows(RoleGroups) {
		if want := r.params.text("RoleAssignee"); want != "" && !strings.EqualFold(want, group.Text("Name")) && !r.isMember(group, want) {
			continue
		}
		for _, role := range group.Items("Roles") {
			if want := r.params.text("Role"); want == "" || strings.EqualFold(want, textOf(role)) {
				all = append(all, made(func(w *writer) {
					w.str("Identity", textOf(role)+"-"+group.Text("Name"))
					w.str("Role", textOf(role))
					w.str("RoleAssigneeName", group.Text("Name"))
					w.str("RoleAssigneeType", "RoleGroup")
					w.str("AssignmentMethod", "Direct")
				}))
			}
		}
	}
	return all, nil
}

func (r *run) isMember(group Object, who string) bool {
	return slices.ContainsFunc(group.Items("Members"), func(m Object) bool { return strings.EqualFold(textOf(m), who) })
}

func (r *run) getBlockedSender() ([]Object, *answer) {
	return r.matching(r.rows(BlockedSenders), "SenderAddress"), nil
}
