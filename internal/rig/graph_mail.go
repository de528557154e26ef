package rig

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func mailRoutes() []route {
	const rules = "/users/{id}/mailFolders/inbox/messageRules"
	return []route{
		single("/users/{id}/mailboxSettings", "mailboxSettings", Mailboxes, classMailbox, (*call).mailboxSettings),
		single("/users/{id}/mailboxSettings/userPurpose", "-", Mailboxes, classMailbox, (*call).userPurpose).as("GET /users/{id}/mailboxsettings"),
		list(rules, "messageRule", MessageRules, classMailbox, 999, 999).by((*call).listRules),
		single(rules+"/{id}", "messageRule", MessageRules, classMailbox, (*call).getRule).as("GET /users/{id}/mailfolders/inbox/messagerules"),
		write(http.MethodPatch, rules+"/{id}", "messageRule", MessageRules, classMailbox, (*call).patchRule),
		write(http.MethodDelete, rules+"/{id}", "-", MessageRules, classMailbox, (*call).deleteRule),
		write(http.MethodPost, rules, "messageRule", MessageRules, classMailbox, (*call).createRule),
	}
}

// purposes are the values of userPurpose by the kind of mailbox that Exchange
// tells: the page "mailboxSettings resource type".
var purposes = map[string]string{
	"UserMailbox": "user", "LinkedMailbox": "linked", "SharedMailbox": "shared", "RoomMailbox": "room", "EquipmentMailbox": "equipment",
}

// mailbox finds the mailbox of the user in the path. Who has none is told in
// the words of the mail service.
func (c *call) mailbox() (Object, *answer) {
	user, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return nil, graphError(http.StatusNotFound, "ErrorInvalidUser", "The requested user '"+c.id(0)+"' is invalid.")
	}
	box, ok := c.view.Get(Mailboxes, user.Text("id"))
	if !ok {
		return nil, graphError(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox.")
	}
	return box, nil
}

func purposeOf(box Object) string {
	if p, ok := purposes[box.Text("RecipientTypeDetails")]; ok {
		return p
	}
	return "others"
}

// mailboxSettings gives userPurpose as a text in v1.0 and as an object in beta.
func (c *call) mailboxSettings() *answer {
	box, bad := c.mailbox()
	if bad != nil {
		return bad
	}
	return c.object(made(func(w *writer) {
		w.str("timeZone", "W. Europe Standard Time")
		w.str("dateFormat", "yyyy-MM-dd")
		w.str("timeFormat", "HH:mm")
		if c.version == "beta" {
			w.object("userPurpose", func() { w.str("value", purposeOf(box)) })
			return
		}
		w.str("userPurpose", purposeOf(box))
	}))
}

func (c *call) userPurpose() *answer {
	box, bad := c.mailbox()
	if bad != nil {
		return bad
	}
	return jsonAnswer(http.StatusOK, map[string]any{"@odata.context": c.context(), "value": purposeOf(box)})
}

// rules are the inbox rules of the mailbox in the path, and its user's id.
func (c *call) rules() (rules []Object, user string, bad *answer) {
	box, bad := c.mailbox()
	if bad != nil {
		return nil, "", bad
	}
	user = box.Text("ExternalDirectoryObjectId")
	body, _ := c.view.Get(MessageRules, user)
	return Elements(body), user, nil
}

func (c *call) listRules() *answer {
	rules, _, bad := c.rules()
	if bad != nil {
		return bad
	}
	return c.listOf(inSlice(rules), nil)
}

// rule finds the rule in the path among those of its mailbox.
func (c *call) rule() (rules []Object, at int, user string, bad *answer) {
	rules, user, bad = c.rules()
	if bad != nil {
		return nil, 0, "", bad
	}
	at = slices.IndexFunc(rules, func(r Object) bool { return r.Text("id") == c.id(1) })
	if at < 0 {
		return nil, 0, "", graphError(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
	}
	return rules, at, user, nil
}

func (c *call) getRule() *answer {
	rules, at, _, bad := c.rule()
	if bad != nil {
		return bad
	}
	return c.object(rules[at])
}

func (c *call) patchRule() *answer {
	rules, at, user, bad := c.rule()
	switch {
	case bad != nil:
		return c.turnedDown(bad, nil)
	case rules[at].True("isReadOnly"):
		return c.turnedDown(graphError(http.StatusBadRequest, "ErrorInvalidRequest", "The rule is read only."), rules[at])
	}
	if found := CheckBody(c.version, "messageRule", c.body); len(found) > 0 {
		return c.turnedDown(badRequest("Invalid property in the body: %s", found[0]), rules[at])
	}
	changed := slices.Clone(rules)
	changed[at] = rules[at].With(Object(c.body).patch())
	if bad := c.setRules(user, changed); bad != nil {
		return bad
	}
	if on, ok := changed[at].Field("isEnabled"); ok {
		c.twin(InboxRules, user, "Name", rules[at].Text("displayName"), func(o Object) Object { return o.With(Patch{"Enabled": on}) })
	}
	return c.single(changed[at])
}

func (c *call) deleteRule() *answer {
	rules, at, user, bad := c.rule()
	if bad != nil {
		return c.turnedDown(bad, nil)
	}
	name := rules[at].Text("displayName")
	if bad := c.setRules(user, slices.Delete(slices.Clone(rules), at, at+1)); bad != nil {
		return bad
	}
	c.twin(InboxRules, user, "Name", name, func(Object) Object { return nil })
	return noContent()
}

func (c *call) createRule() *answer {
	rules, user, bad := c.rules()
	if bad != nil {
		return c.turnedDown(bad, nil)
	}
	if found := CheckBody(c.version, "messageRule", c.body); len(found) > 0 {
		return c.turnedDown(badRequest("Invalid property in the body: %s", found[0]), nil)
	}
	id := strings.ReplaceAll(uuidOf(c.s.o.Seed, useRequest, uint64(c.number)), "-", "")
	rule := Object(c.body).With(Patch{"id": quoted("AQAA" + id[:12] + "="), "hasError": []byte("false"), "isReadOnly": []byte("false")})
	if bad := c.setRules(user, append(slices.Clone(rules), rule)); bad != nil {
		return bad
	}
	a := c.single(rule)
	a.status = http.StatusCreated
	return a
}

// setRules stores the rules of a mailbox, which may have had none.
func (c *call) setRules(user string, rules []Object) *answer {
	return c.setOwned(MessageRules, user, rules)
}

// twin changes the same rule in the form of the other service; one that is
// hidden, or made in one service alone, has no twin. Nil removes it.
func (c *call) twin(part, user, member, name string, change func(Object) Object) {
	body, _ := c.s.state.Primary().Get(part, user)
	rules := Elements(body)
	at := slices.IndexFunc(rules, func(o Object) bool { return o.Text(member) == name })
	if at < 0 {
		return
	}
	changed := slices.Clone(rules)
	if changed[at] = change(rules[at]); changed[at] == nil {
		changed = slices.Delete(changed, at, at+1)
	}
	c.setOwned(part, user, changed)
}

// setOwned stores the list of an owner.
func (c *call) setOwned(part, owner string, list []Object) *answer {
	body := Object(`{}`).With(Patch{"value": json.RawMessage(List(list))})
	err := c.s.state.Replace(part, owner, body, c.by())
	if err != nil {
		_, err = c.s.state.Insert(part, owner, body, c.by())
	}
	if err != nil {
		return c.failed(err)
	}
	return nil
}
