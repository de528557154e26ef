package sim

import (
	"fmt"
	"strings"
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
	kind                               string // of the target; "" is User, or Device
	second                             string // kind of the second target, if there is one
	details                            [][2]string
}

var activities = map[string]activity{
	"update_user":     {name: "Update user", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"Department", `["Ekonomi"]`, `["Inköp"]`}, {"Included Updated Properties", "", `"Department"`}, {"TargetId.UserType", "", `"Member"`}}, details: [][2]string{{"UserType", "Member"}}},
	"add_member":      {name: "Add member to group", category: "GroupManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "admin", second: "Group", changes: []change{{"Group.ObjectID", "", `"5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e"`}, {"Group.DisplayName", "", `"Projekt Björk"`}}},
	"remove_member":   {name: "Remove member from group", category: "GroupManagement", service: "Core Directory", operation: "Unassign", prefix: "Directory", actor: "admin", second: "Group", changes: []change{{"Group.ObjectID", `"5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e"`, ""}, {"Group.DisplayName", `"Projekt Björk"`, ""}}},
	"reset_password":  {name: "Reset password (by admin)", category: "UserManagement", service: "Self-service Password Management", operation: "Update", prefix: "SSPR", actor: "admin", reason: "None", details: [][2]string{{"OnPremisesAgent", "None"}}},
	"add_user":        {name: "Add user", category: "UserManagement", service: "Core Directory", operation: "Add", prefix: "Directory", actor: "app", changes: []change{{"AccountEnabled", "[]", "[true]"}, {"UserType", "[]", `["Member"]`}, {"Included Updated Properties", "", `"AccountEnabled, UserType"`}}},
	"registered_info": {name: "User registered security info", category: "UserManagement", service: "Authentication Methods", operation: "Add", prefix: "IAMUX", actor: "self", reason: "User registered Authenticator App with Notification and Code"},
	"update_device":   {name: "Update device", category: "Device", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "app", changes: []change{{"ApproximateLastLogonTimestamp", `["2026-02-25T06:00:00Z"]`, `["2026-03-02T06:00:00Z"]`}}},
	"change_license":  {name: "Change user license", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"AssignedLicense", "[]", `["[SkuName=SPE_E5]"]`}}},
	"guest_to_member": {name: "Update user", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"UserType", `["Guest"]`, `["Member"]`}, {"Included Updated Properties", "", `"UserType"`}, {"TargetId.UserType", "", `"Member"`}}, details: [][2]string{{"UserType", "Member"}}},
}

// globalAdministrator is the template id of the role.
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

// roleChanges are the modified properties of a role assignment.
var roleChanges = []change{
	{"Role.ObjectID", "", `"3f1b0d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e"`}, {"Role.DisplayName", "", `"Global Administrator"`},
	{"Role.TemplateId", "", `"` + globalAdministrator + `"`}, {"Role.WellKnownObjectName", "", `"TenantAdmins"`},
}

// secretChanges are those of an application that gets a second secret.
var secretChanges = []change{
	{"KeyDescription", `["[KeyIdentifier=1b2c3d4e-5f60-4a1b-8c2d-3e4f5a6b7c8d,KeyType=Password,KeyUsage=Verify,DisplayName=drift]"]`,
		`["[KeyIdentifier=1b2c3d4e-5f60-4a1b-8c2d-3e4f5a6b7c8d,KeyType=Password,KeyUsage=Verify,DisplayName=drift]","[KeyIdentifier=9a8b7c6d-5e4f-4a3b-9c2d-1e0f9a8b7c6d,KeyType=Password,KeyUsage=Verify,DisplayName=backup]"]`},
	{"Included Updated Properties", "", `"KeyDescription"`},
}

// consentChanges are those of a consent to reading mail while away.
func consentChanges(admin string) []change {
	return []change{
		{"ConsentContext.IsAdminConsent", "", `"` + admin + `"`}, {"ConsentContext.IsAppOnly", "", `"False"`},
		{"ConsentContext.OnBehalfOfAll", "", `"` + admin + `"`}, {"ConsentContext.Tags", "", `"WindowsAzureActiveDirectoryIntegratedApp"`},
		{"ConsentAction.Permissions", "", `"[] => [[Id: aGVq, ClientId: 2c3d4e5f-6071-4b2c-8d3e-4f5a6b7c8d9e, ResourceId: 3d4e5f60-7182-4c3d-9e4f-5a6b7c8d9e0f, ConsentType: Principal, Scope: Mail.Read offline_access User.Read]]; "`},
	}
}

// guideActivities are those of attacks.
var guideActivities = map[string]activity{
	"admin_add_user":   {name: "Add user", category: "UserManagement", service: "Core Directory", operation: "Add", prefix: "Directory", actor: "admin", changes: []change{{"AccountEnabled", "[]", "[true]"}, {"UserType", "[]", `["Member"]`}, {"Included Updated Properties", "", `"AccountEnabled, UserType"`}}},
	"delete_user":      {name: "Delete user", category: "UserManagement", service: "Core Directory", operation: "Delete", prefix: "Directory", actor: "admin", changes: []change{{"Is Hard Deleted", "", `"False"`}}},
	"hard_delete_user": {name: "Hard Delete user", category: "UserManagement", service: "Core Directory", operation: "Delete", prefix: "Directory", actor: "admin", changes: []change{{"Is Hard Deleted", "", `"True"`}}},
	"role_to_user":     {name: "Add member to role", category: "RoleManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "admin", changes: roleChanges, second: "Role"},
	"role_to_group":    {name: "Add member to role", category: "RoleManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "admin", changes: roleChanges, kind: "Group", second: "Role"},
	"reset_core":       {name: "Reset user password", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin"},
	"reset_by_admin":   {name: "Reset password (by admin)", category: "UserManagement", service: "Self-service Password Management", operation: "Update", prefix: "SSPR", actor: "admin", reason: "None", details: [][2]string{{"OnPremisesAgent", "None"}}},
	"reset_profile":    {name: "Update PasswordProfile", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"ForceChangePassword", "", `"True"`}}},
	"consent_user":     {name: "Consent to application", category: "ApplicationManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "self", changes: consentChanges("False"), kind: "ServicePrincipal"},
	"consent_admin":    {name: "Consent to application", category: "ApplicationManagement", service: "Core Directory", operation: "Assign", prefix: "Directory", actor: "admin", changes: consentChanges("True"), kind: "ServicePrincipal"},
	"secret_en_dash":   {name: "Update application \u2013 Certificates and secrets management", category: "ApplicationManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: secretChanges, kind: "Application"},
	"secret_hyphen":    {name: "Update application - Certificates and secrets management", category: "ApplicationManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: secretChanges, kind: "Application"},
	"principal_secret": {name: "Add service principal credentials", category: "ApplicationManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: secretChanges, kind: "ServicePrincipal"},
	"mfa_disabled":     {name: "Disable Strong Authentication", category: "UserManagement", service: "Core Directory", operation: "Update", prefix: "Directory", actor: "admin", changes: []change{{"StrongAuthenticationRequirement", `[{"RelyingParty":"*","State":1}]`, "[]"}}},
	"method_deleted":   {name: "Admin deleted security info", category: "UserManagement", service: "Authentication Methods", operation: "Delete", prefix: "IAMUX", actor: "admin", reason: "Admin deleted Authenticator App with Notification and Code method for user"},
}

func activityOf(note string) activity {
	if act, ok := guideActivities[note]; ok {
		return act
	}
	return activities[note]
}

func auditID(e *event) string {
	r := random(mix(e.seed, useID))
	tag := make([]byte, 5)
	for i := range tag {
		tag[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[r.below(36)]
	}
	return fmt.Sprintf("%s_%s_%s_%d", activityOf(e.note).prefix, e.correlation(), tag, 1+r.below(500_000_000))
}

// audit writes a directory audit with every property of Graph's resource.
func (w *world) audit(e *event) []byte {
	act, target := activityOf(e.note), w.account(int(e.who))
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
		o.array("targetResources", func() { w.targets(o, e, act, target) })
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
	actor := w.actorOf(e)
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

// actorOf returns the person who did what an audit records.
func (w *world) actorOf(e *event) account {
	if activityOf(e.note).actor == "admin" {
		return w.account(int(e.began() % uint64(adminCount(w.s.Tenant.Accounts))))
	}
	return w.account(int(e.who))
}

// subject is what an audit's first target is.
type subject struct {
	id, name, kind, upn string
}

func (w *world) subjectOf(e *event, act activity, target account) subject {
	of := derivedUUID(e.began(), useDetail)
	switch {
	case act.category == "Device":
		return subject{target.devices[0].id, target.devices[0].name, "Device", ""}
	case act.kind == "Group":
		return subject{of, "Projekt Ek", act.kind, ""}
	case act.kind != "":
		return subject{of, "Fakturahjälpen", act.kind, ""}
	case act.operation == "Delete" && act.service == "Core Directory": // deletion renames the account
		target.upn = strings.ReplaceAll(target.id, "-", "") + target.upn
	}
	return subject{target.id, target.name, "User", target.upn}
}

func (w *world) targets(o *writer, e *event, act activity, target account) {
	s := w.subjectOf(e, act, target)
	o.item(func() {
		o.str("id", s.id)
		o.str("displayName", s.name)
		o.str("type", s.kind)
		o.orNull("userPrincipalName", s.upn)
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
	if act.second != "" {
		o.secondTarget(act.second)
	}
}

// secondTarget writes the group or the role that somebody was added to.
func (w *writer) secondTarget(kind string) {
	id, groupType := "5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e", "azureAD"
	if kind == "Role" {
		id, groupType = "3f1b0d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e", ""
	}
	w.item(func() {
		w.str("id", id)
		w.null("displayName")
		w.str("type", kind)
		w.null("userPrincipalName")
		w.orNull("groupType", groupType)
		w.strs("modifiedProperties")
	})
}
