package rig

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// cleaned returns what is stored of a write: a password never is, but that it
// was set is seen in the time of its change.
func (s *State) cleaned(part string, patch Patch) Patch {
	if part == Mailboxes {
		dated := maps.Clone(patch)
		dated["WhenChanged"] = quoted(exchangeTime(s.Now()))
		return dated
	}
	if part != Users || patch["passwordProfile"] == nil {
		return patch
	}
	stored := Patch{"lastPasswordChangeDateTime": timeText(s.Now())}
	for name, value := range patch {
		stored[name] = value
	}
	force, ok := Object(patch["passwordProfile"]).Field("forceChangePasswordNextSignIn")
	if !ok {
		force = json.RawMessage("true")
	}
	stored["passwordProfile"] = json.RawMessage(made(func(w *writer) {
		w.nulls("password")
		w.raw("forceChangePasswordNextSignIn", string(force))
	}))
	return stored
}

// afterUpdate does what a tenant does by itself when members change. The
// caller holds the lock.
func (s *State) afterUpdate(part string, before, after Object, names []string, w Who) {
	switch part {
	case Users:
		s.userChanged(before, after, names, w)
	case Mailboxes:
		s.mailboxChanged(before, after, w)
	case Groups:
		s.groupChanged(before, after, w)
	case ConditionalAccess, Policies:
		s.audit(w, deed{activity: "Update conditional access policy", category: "Policy", operation: "Update", kind: "Policy", target: after, changes: changesOf(before, after, names)})
	}
}

func (s *State) userChanged(before, after Object, names []string, w Who) {
	id := after.Text("id")
	if was, is := before.True("accountEnabled"), after.True("accountEnabled"); was != is {
		s.enabledChanged(id, is)
		activity := map[bool]string{true: "Enable account", false: "Disable account"}[is]
		s.audit(w, deed{activity: activity, category: "UserManagement", operation: "Update", kind: "User", target: after, changes: changesOf(before, after, []string{"accountEnabled"})})
	}
	if _, reset := after.Field("passwordProfile"); reset && slices.Contains(names, "passwordProfile") {
		s.audit(w, deed{activity: "Reset user password", category: "UserManagement", operation: "Update", kind: "User", target: after})
	}
	s.audit(w, deed{activity: "Update user", category: "UserManagement", operation: "Update", kind: "User", target: after, changes: changesOf(before, after, names)})
}

// enabledChanged keeps the registration report and the mailbox in step: the
// report omits disabled users, and Exchange shows the state as AccountDisabled.
func (s *State) enabledChanged(id string, enabled bool) {
	t := s.tables[Registrations]
	switch row := s.hidden[id]; {
	case enabled && row != nil:
		delete(s.hidden, id)
		s.append(t, "", row)
	case !enabled:
		for _, at := range t.places(id) {
			s.hidden[id] = t.newest(int(at))
			s.put(t, int(at), nil)
		}
	}
	s.setQuietly(Mailboxes, id, "AccountDisabled", !enabled)
}

// mailboxChanged: blocking an account through Exchange is blocking the user.
func (s *State) mailboxChanged(before, after Object, w Who) {
	was, is := before.True("AccountDisabled"), after.True("AccountDisabled")
	id := after.Text("ExternalDirectoryObjectId")
	if was == is || id == "" {
		return
	}
	user := s.setQuietly(Users, id, "accountEnabled", !is)
	if user == nil {
		return
	}
	s.enabledChanged(id, !is)
	activity := map[bool]string{true: "Disable account", false: "Enable account"}[is]
	s.audit(w, deed{activity: activity, category: "UserManagement", operation: "Update", kind: "User", target: user})
}

// setQuietly sets a flag as a consequence of another write, and returns the
// object, nil where there is none.
func (s *State) setQuietly(part, id, name string, value bool) Object {
	t := s.tables[part]
	at, ok := t.first(id)
	if !ok {
		return nil
	}
	o := t.newest(at)
	if _, has := o.Field(name); has && o.True(name) != value {
		o = o.With(Patch{name: json.RawMessage(map[bool]string{true: "true", false: "false"}[value])})
		s.put(t, at, o)
	}
	return o
}

// groupChanged writes an audit record for each member that came or went.
func (s *State) groupChanged(before, after Object, w Who) {
	was, is := memberIDs(before), memberIDs(after)
	for _, id := range slices.Sorted(maps.Keys(is)) {
		if !was[id] {
			s.audit(w, deed{activity: "Add member to group", category: "GroupManagement", operation: "Assign", kind: "User", target: s.known(id), second: after})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if !is[id] {
			s.audit(w, deed{activity: "Remove member from group", category: "GroupManagement", operation: "Unassign", kind: "User", target: s.known(id), second: after})
		}
	}
}

func memberIDs(group Object) map[string]bool {
	ids := map[string]bool{}
	for _, m := range group.Items("members") {
		ids[m.Text("id")] = true
	}
	return ids
}

// known returns the user with the id, or an object that has only the id.
func (s *State) known(id string) Object {
	t := s.tables[Users]
	if at, ok := t.first(id); ok {
		return t.newest(at)
	}
	return made(func(w *writer) { w.str("id", id) })
}

// afterReplace keeps the registration report in step with a user's methods.
func (s *State) afterReplace(part, owner string, before, after Object, w Who) {
	if part != Methods {
		return
	}
	activity := "Admin registered security info"
	if len(Elements(after)) < len(Elements(before)) {
		activity = "Admin deleted security info"
	}
	s.register(owner, Elements(after))
	s.audit(w, deed{activity: activity, category: "UserManagement", operation: "Update", kind: "User", target: s.known(owner), service: "Authentication Methods"})
}

// register writes what the methods of a user mean for the registration report.
func (s *State) register(user string, methods []Object) {
	var registered []string
	strong := false
	for _, m := range methods {
		names := reportedAs[strings.TrimPrefix(m.Text("@odata.type"), "#microsoft.graph.")]
		registered = append(registered, names...)
		strong = strong || len(names) > 0 && names[0] != "email"
	}
	flag := json.RawMessage(map[bool]string{true: "true", false: "false"}[strong])
	patch := Patch{"isMfaRegistered": flag, "isMfaCapable": flag, "methodsRegistered": json.RawMessage(texts(registered)), "lastUpdatedDateTime": timeText(s.Now())}
	t := s.tables[Registrations]
	for _, at := range t.places(user) {
		s.put(t, int(at), t.newest(int(at)).With(patch))
	}
	if row := s.hidden[user]; row != nil {
		s.hidden[user] = row.With(patch)
	}
}

// reportedAs leads from a method's type to its names in the registration
// report. Passwords are no registered method.
var reportedAs = map[string][]string{
	"phoneAuthenticationMethod":                   {"mobilePhone"},
	"microsoftAuthenticatorAuthenticationMethod":  {"microsoftAuthenticatorPush", "softwareOneTimePasscode"},
	"softwareOathAuthenticationMethod":            {"softwareOneTimePasscode"},
	"hardwareOathAuthenticationMethod":            {"hardwareOneTimePasscode"},
	"fido2AuthenticationMethod":                   {"fido2SecurityKey"},
	"windowsHelloForBusinessAuthenticationMethod": {"windowsHelloForBusiness"},
	"platformCredentialAuthenticationMethod":      {"macOsSecureEnclaveKey"},
	"emailAuthenticationMethod":                   {"email"},
	"temporaryAccessPassAuthenticationMethod":     {"temporaryAccessPass"},
}

func texts(values []string) []byte {
	b := []byte{'['}
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, v)
	}
	return append(b, ']')
}

func (s *State) afterInsert(part string, o Object, w Who) {
	switch part {
	case Users:
		s.audit(w, deed{activity: "Add user", category: "UserManagement", operation: "Add", kind: "User", target: o})
	case RoleAssignments:
		s.audit(w, deed{activity: "Add member to role", category: "RoleManagement", operation: "Assign", kind: "User", target: s.known(o.Text("principalId"))})
	}
}

func (s *State) afterDelete(part string, o Object, w Who) {
	switch part {
	case Users:
		s.userDeleted(o)
		s.audit(w, deed{activity: "Delete user", category: "UserManagement", operation: "Delete", kind: "User", target: o})
	case DeletedUsers:
		s.audit(w, deed{activity: "Hard Delete user", category: "UserManagement", operation: "Delete", kind: "User", target: o})
	case RoleAssignments:
		s.audit(w, deed{activity: "Remove member from role", category: "RoleManagement", operation: "Unassign", kind: "User", target: s.known(o.Text("principalId"))})
	}
}

// userDeleted moves a user to the deleted ones. The mailbox and the row in
// the registration report go with it and come back with it; roles and group
// memberships are lost for good.
func (s *State) userDeleted(o Object) {
	id := o.Text("id")
	s.append(s.tables[DeletedUsers], "", o.With(Patch{"deletedDateTime": timeText(s.Now())}))
	gone := map[string]Object{}
	for _, part := range goesWithUser {
		t := s.tables[part]
		if at, ok := t.first(id); ok {
			gone[part] = t.newest(at)
			s.put(t, at, nil)
		}
	}
	if row := s.hidden[id]; row != nil {
		gone[Registrations] = row
		delete(s.hidden, id)
	}
	s.bin[id] = gone
	s.dropRoles(id)
	s.leaveGroups(id)
}

// goesWithUser lists the parts whose objects a user takes along.
var goesWithUser = []string{Registrations, Mailboxes, CASMailboxes, Methods}

func (s *State) dropRoles(id string) {
	for _, part := range []string{RoleAssignments, RoleSchedules, RoleEligibilities} {
		t := s.tables[part]
		for at := range t.rows {
			if o := t.newest(at); o != nil && o.Text("principalId") == id {
				s.put(t, at, nil)
			}
		}
	}
}

func (s *State) leaveGroups(id string) {
	t := s.tables[Groups]
	for at := range t.rows {
		o := t.newest(at)
		if o == nil || !memberIDs(o)[id] {
			continue
		}
		left := slices.DeleteFunc(o.Items("members"), func(m Object) bool { return m.Text("id") == id })
		s.put(t, at, o.With(Patch{"members": json.RawMessage(List(left))}))
	}
}

// restored gives a user back what went with it.
func (s *State) restored(o Object) {
	id := o.Text("id")
	for _, part := range goesWithUser {
		raw := s.bin[id][part]
		switch {
		case raw == nil:
		case part == Registrations && !o.True("accountEnabled"):
			s.hidden[id] = raw
		default:
			s.append(s.tables[part], id, raw)
		}
	}
	delete(s.bin, id)
}
