package sim

import (
	"fmt"
	"time"
)

const (
	dayLength = 24 * time.Hour
	// sevenDigits is how the directory writes a time: units of 100 ns.
	sevenDigits = "2006-01-02T15:04:05.0000000Z"
)

// ordinaryAudits are what the directory of a living tenant records, the
// frequent ones several times.
var ordinaryAudits = []string{
	"update_user", "update_user", "update_user", "update_user",
	"add_member", "add_member", "remove_member",
	"reset_password", "add_user", "registered_info", "update_device", "change_license",
}

// change is one modified property; empty texts are null. Values are JSON
// documents as text, as the directory writes them.
type change struct {
	name, before, after string
}

// activity is a kind of directory audit.
type activity struct {
	name, category, service, operation string
	prefix                             string // of the record id
	actor                              string // admin, self or app
	reason                             string
	changes                            []change
	group                              bool // the second target is a group
	details                            [][2]string
}

var activities = map[string]activity{
	"update_user":     {name: "Update user", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"Department", `["Ekonomi"]`, `["Inköp"]`}, {"Included Updated Properties", "", `"Department"`}, {"TargetId.UserType", "", `"Member"`}}, details: [][2]string{{"UserType", "Member"}}},
	"add_member":      {name: "Add member to group", category: "GroupManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "admin", group: true, changes: []change{{"Group.ObjectID", "", `"5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e"`}, {"Group.DisplayName", "", `"Projekt Björk"`}}},
	"remove_member":   {name: "Remove member from group", category: "GroupManagement", service: "Core Directory", operation: "Unassign", prefix: "Directory", actor: "admin", group: true, changes: []change{{"Group.ObjectID", `"5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e"`, ""}, {"Group.DisplayName", `"Projekt Björk"`, ""}}},
	"reset_password":  {name: "Reset password (by admin)", category: "UserManagement", service: "Self-service Password Management", operation: "Update", prefix: "SSPR", actor: "admin", reason: "None", details: [][2]string{{"OnPremisesAgent", "None"}}},
	"add_user":        {name: "Add user", category: "UserManagement", service: "Core Directory", operation: "Add", prefix: "Directory", actor: "app", changes: []change{{"AccountEnabled", "[]", "[true]"}, {"UserType", "[]", `["Member"]`}, {"Included Updated Properties", "", `"AccountEnabled, UserType"`}}},
	"registered_info": {name: "User registered security info", category: "UserManagement", service: "Authentication Methods", operation: "Add", prefix: "IAMUX", actor: "self", reason: "User registered Authenticator App with Notification and Code"},
	"update_device":   {name: "Update device", category: "Device", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "app", changes: []change{{"ApproximateLastLogonTimestamp", `["2026-02-25T06:00:00Z"]`, `["2026-03-02T06:00:00Z"]`}}},
	"change_license":  {name: "Change user license", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"AssignedLicense", "[]", `["[SkuName=SPE_E5]"]`}}},
	"guest_to_member": {name: "Update user", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"UserType", `["Guest"]`, `["Member"]`}, {"Included Updated Properties", "", `"UserType"`}, {"TargetId.UserType", "", `"Member"`}}, details: [][2]string{{"UserType", "Member"}}},
}

func auditID(e *event) string {
	r := random(mix(e.seed, useID))
	tag := make([]byte, 5)
	for i := range tag {
		tag[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[r.below(36)]
	}
	return fmt.Sprintf("%s_%s_%s_%d", activities[e.note].prefix, e.correlation(), tag, 1+r.below(500_000_000))
}

// audit writes a directory audit with every property of Graph's resource.
func (w *world) audit(e *event) []byte {
	act, target := activities[e.note], w.account(int(e.who))
	o := &writer{b: make([]byte, 0, 2<<10)}
	o.item(func() {
		o.str("id", auditID(e))
		o.str("category", act.category)
		o.str("correlationId", e.correlation())
		o.str("result", "success")
		o.str("resultReason", act.reason)
		o.str("activityDisplayName", act.name)
		o.str("activityDateTime", e.time().Format(sevenDigits))
		o.str("loggedByService", act.service)
		o.str("operationType", act.operation)
		o.null("userAgent")
		o.object("initiatedBy", func() { w.initiator(o, e, act, target) })
		o.array("targetResources", func() { w.targets(o, act, target) })
		o.array("additionalDetails", func() {
			for _, d := range act.details {
				o.pair("key", d[0], "value", d[1])
			}
		})
	})
	return o.b
}

// initiator writes who did it: an application, or a person and an address.
func (w *world) initiator(o *writer, e *event, act activity, target account) {
	if act.actor == "app" {
		o.null("user")
		o.object("app", func() {
			o.null("appId")
			o.str("displayName", "Contoso HR Provisioning")
			o.str("servicePrincipalId", derivedUUID(w.seed, useAccount, uint64(w.s.Tenant.Accounts)))
			o.null("servicePrincipalName")
		})
		return
	}
	actor := target
	if act.actor == "admin" {
		actor = w.account(int(e.seed % uint64(adminCount(w.s.Tenant.Accounts))))
	}
	place, _ := w.where(&event{seed: e.seed, who: int32(actor.place), from: e.from})
	o.null("app")
	o.object("user", func() {
		o.str("id", actor.id)
		o.null("displayName")
		o.str("userPrincipalName", actor.upn)
		o.str("ipAddress", place.ip)
		o.null("userType")
		o.null("homeTenantId")
		o.null("homeTenantName")
	})
}

func (w *world) targets(o *writer, act activity, target account) {
	kind, name := "User", target.name
	if act.category == "Device" {
		kind, name = "Device", target.devices[0].name
	}
	o.item(func() {
		id, upn := target.id, target.upn
		if kind == "Device" {
			id, upn = target.devices[0].id, ""
		}
		o.str("id", id)
		o.str("displayName", name)
		o.str("type", kind)
		o.orNull("userPrincipalName", upn)
		o.null("groupType")
		o.array("modifiedProperties", func() {
			for _, c := range act.changes {
				o.item(func() {
					o.str("displayName", c.name)
					o.orNull("oldValue", c.before)
					o.orNull("newValue", c.after)
				})
			}
		})
	})
	if act.group {
		o.item(func() {
			o.str("id", "5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e")
			o.null("displayName")
			o.str("type", "Group")
			o.null("userPrincipalName")
			o.str("groupType", "azureAD")
			o.strs("modifiedProperties")
		})
	}
}
