package sim

import (
	"fmt"
	"strings"
	"time"
)

// deed is one directory audit of a month.
type deed struct {
	name, category, service, operation, prefix, reason string
	failed                                             bool
	by                                                 *account // a person did it, at a place
	place                                              origin
	app                                                program // a program did it
	aims                                               []aim
	details                                            [][2]string
	group                                              uint64 // audits of one deed have the same; 0 is one alone
}

// program is an application that acts by itself.
type program struct{ name, appID string }

// The programs that make audits everywhere.
var (
	substrate    = program{"Microsoft Substrate Management", "98db8bd6-0cc0-4e67-9de5-f187f1cd1b41"}
	pim          = program{"MS-PIM", "01fc33a7-78ba-4d2f-a4b7-768e336e890e"}
	registration = program{"Device Registration Service", "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"}
	licensing    = program{"Microsoft Azure AD Group-Based Licensing", "65d91a3d-ab74-42e6-8a2f-0add61688c74"}
	invitations  = program{"Microsoft B2B Admin Worker", "1e2ca66a-c176-45ea-a877-e87f7231e0ee"}
	hr           = program{"Contoso HR Provisioning", "5d6e7f80-9102-4a1b-8c3d-4e5f60718293"}
)

// aim is what a deed was done to.
type aim struct {
	id, name, kind, upn string
	changes             []change
}

// person is the aim that is somebody's account.
func aimAt(a account, changes ...change) aim {
	return aim{id: a.id, name: a.name, kind: "User", upn: a.upn, changes: changes}
}

// text1 is a value as audits write a single one, text2 as they write a list.
func text1(value string) string { return quoted(value) }
func text2(value string) string { return "[" + quoted(value) + "]" }

// changed are modified properties, with the one that names them all.
func changed(changes ...change) []change {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.name
	}
	return append(changes, change{"Included Updated Properties", "", quoted(strings.Join(names, ", "))})
}

// audit writes a deed into the diary.
func (d *diary) audit(c *company, at time.Time, o deed) {
	seed := mix(c.w.seed, useStaff, uint64(at.UnixNano()), textSeed(o.name), textSeed(o.aims[0].id), o.group)
	at = at.Truncate(time.Second)
	d.add(Audit, at, func() []byte { return c.auditText(&o, seed, at) })
}

func (c *company) auditText(o *deed, seed uint64, at time.Time) []byte {
	r := random(seed)
	group := o.group
	if group == 0 {
		group = seed
	}
	correlation := derivedUUID(group, useCorrelation)
	w := &writer{b: make([]byte, 0, 2<<10)}
	result := "success"
	if o.failed {
		result = "failure"
	}
	w.item(func() {
		w.str("id", fmt.Sprintf("%s_%s_%s_%d", firstKnown(o.prefix, "Directory"), correlation, strings.ToUpper(r.uuid()[:5]), 1+r.below(500_000_000)))
		w.str("category", o.category)
		w.str("correlationId", correlation)
		w.str("result", result)
		w.str("resultReason", o.reason)
		w.str("activityDisplayName", o.name)
		w.str("activityDateTime", at.Format(sevenDigits))
		w.str("loggedByService", firstKnown(o.service, "Core Directory"))
		w.str("operationType", o.operation)
		w.null("userAgent")
		w.object("initiatedBy", func() { c.doer(w, o) })
		w.array("targetResources", func() {
			for _, a := range o.aims {
				a.write(w)
			}
		})
		w.array("additionalDetails", func() {
			for _, d := range o.details {
				w.pair("key", d[0], "value", d[1])
			}
		})
	})
	return w.b
}

// doer writes who did it. Of a program Graph gives the name and the service
// principal, and hardly ever the application's id.
func (c *company) doer(w *writer, o *deed) {
	if o.by == nil {
		w.null("user")
		w.object("app", func() {
			w.null("appId")
			w.str("displayName", o.app.name)
			w.str("servicePrincipalId", c.programID(o.app))
			w.null("servicePrincipalName")
		})
		return
	}
	w.null("app")
	w.object("user", func() {
		w.str("id", o.by.id)
		w.null("displayName")
		w.str("userPrincipalName", o.by.upn)
		w.str("ipAddress", o.place.ip)
		w.null("userType")
		w.null("homeTenantId")
		w.null("homeTenantName")
	})
}

func (a *aim) write(w *writer) {
	w.item(func() {
		w.str("id", a.id)
		w.str("displayName", a.name)
		w.str("type", a.kind)
		w.orNull("userPrincipalName", a.upn)
		group := ""
		if a.kind == "Group" {
			group = "azureAD"
		}
		w.orNull("groupType", group)
		w.array("modifiedProperties", func() {
			for _, c := range a.changes {
				w.item(func() {
					w.str("displayName", c.name)
					w.orNull("oldValue", c.before)
					w.orNull("newValue", c.after)
				})
			}
		})
	})
}

// user is a deed in user management.
func user(name, operation string, aims ...aim) deed {
	return deed{name: name, category: "UserManagement", operation: operation, aims: aims}
}

// from says that a person did it, and where.
func (o deed) from(by account, place origin) deed {
	o.by, o.place = &by, place
	return o
}

// through says that a program did it.
func (o deed) through(app program) deed {
	o.app = app
	return o
}

// as gives a deed the group of audits that belong together.
func (o deed) as(group uint64) deed {
	o.group = group
	return o
}

// ownPassword is a person's change of his own password.
func (c *company) ownPassword(p *person, place origin, name string) deed {
	o := user(name, "Update", aimAt(p.account)).from(p.account, place)
	o.service, o.prefix, o.reason = "Self-service Password Management", "SSPR", "Successfully completed reset."
	if name == "Change user password" {
		o.service, o.prefix, o.reason = "Core Directory", "Directory", ""
	}
	return o
}

// ownMethod is what a person does to his own second factor.
func (c *company) ownMethod(p *person, place origin, name string) deed {
	o := user(name, "Update", aimAt(p.account)).from(p.account, place)
	o.service, o.prefix, o.reason = "Authentication Methods", "IAMUX", name+" Authenticator App with Notification and Code"
	return o
}

// registersDevice is a device that a person adds.
func (c *company) registersDevice(p *person, device device) deed {
	o := deed{name: "Register device", category: "Device", service: "Device Registration Service", operation: "Add", aims: []aim{
		{id: device.id, name: device.name, kind: "Device", changes: changed(change{"DeviceTrustType", "[]", text2("Workplace")})},
	}}
	return o.from(p.account, origin{})
}

// resetsPassword is the help desk's reset, under the three names that the
// directory writes, and the tokens that it ends.
func (c *company) resetsPassword(d *diary, at time.Time, who account, n uint64) {
	by := c.helper(n)
	c.passwordReset(d, at, by, c.desk(by, at), who, n)
}

func (c *company) passwordReset(d *diary, at time.Time, by account, place origin, who account, n uint64) {
	sspr := user("Reset password (by admin)", "Update", aimAt(who))
	sspr.service, sspr.prefix, sspr.reason = "Self-service Password Management", "SSPR", "None"
	sspr.details = [][2]string{{"OnPremisesAgent", "None"}}
	for i, o := range []deed{
		user("Update PasswordProfile", "Update", aimAt(who, changed(change{"ForceChangePassword", "", text1("True")})...)),
		user("Reset user password", "Update", aimAt(who)),
		sspr,
		user("Update StsRefreshTokenValidFrom Timestamp", "Update", aimAt(who, changed(change{"StsRefreshTokensValidFrom", text2(at.AddDate(0, -1, 0).Format(time.RFC3339)), text2(at.Format(time.RFC3339))})...)),
	} {
		d.audit(c, at.Add(time.Duration(i)*time.Second), o.from(by, place).as(n|1))
	}
}
