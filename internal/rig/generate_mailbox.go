package rig

import (
	"strings"
	"time"
)

// exchangeTime is how Exchange writes an instant.
func exchangeTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }

// mailboxName is what Exchange calls a mailbox: newer ones by the id of the
// account, older ones by their alias.
func (c *card) mailboxName() string {
	if c.label.Kind != "person" && c.made.Year() >= 2025 {
		return c.id
	}
	return c.alias
}

// mailboxID is the mailbox's own id, which is not that of the account.
func (g *maker) mailboxID(c *card) string { return uuidOf(g.seed, useID, textSeed(c.id), 7) }

// mailbox writes what Get-Mailbox returns.
func (g *maker) mailbox(c *card) Object {
	resource := c.box == "RoomMailbox" || c.box == "EquipmentMailbox"
	return made(func(w *writer) {
		w.str("Identity", c.mailboxName())
		w.str("Name", c.mailboxName())
		w.str("Alias", c.alias)
		w.str("DisplayName", c.name)
		w.str("Guid", g.mailboxID(c))
		w.str("ExchangeGuid", uuidOf(g.seed, useID, textSeed(c.id), 8))
		w.str("ExternalDirectoryObjectId", c.boxID)
		w.str("UserPrincipalName", c.boxUPN)
		w.str("PrimarySmtpAddress", c.address())
		w.strs("EmailAddresses", "SMTP:"+c.address())
		w.str("RecipientType", "UserMailbox")
		w.str("RecipientTypeDetails", c.box)
		w.text("PreviousRecipientTypeDetails", c.previous)
		w.bit("IsShared", c.box == "SharedMailbox")
		w.bit("IsResource", resource)
		w.text("ResourceType", c.resourceType)
		if resource {
			w.bit("RoomMailboxAccountEnabled", c.box == "RoomMailbox" && c.enabled)
		} else {
			w.nulls("RoomMailboxAccountEnabled")
		}
		g.forwarding(w, c)
		w.strs("GrantSendOnBehalfTo", c.behalf...)
		w.bit("LitigationHoldEnabled", c.hold)
		w.str("ArchiveStatus", map[bool]string{true: "Active", false: "None"}[c.archive])
		w.str("ProhibitSendReceiveQuota", map[bool]string{true: "100 GB (107,374,182,400 bytes)", false: "50 GB (53,687,091,200 bytes)"}[c.big])
		w.bit("AuditEnabled", !c.auditOff)
		w.bit("AccountDisabled", !c.enabled)
		w.bit("HiddenFromAddressListsEnabled", c.hidden)
		w.bit("IsDirSynced", c.sync == "now")
		w.bit("IsInactiveMailbox", c.inactive)
		w.bit("SKUAssigned", len(c.skus) > 0)
		w.str("WhenChanged", exchangeTime(g.changed(c)))
		w.str("WhenCreated", exchangeTime(c.made))
		w.str("WhenMailboxCreated", exchangeTime(c.made))
	})
}

// changed is when anything about the mailbox was last changed: not long ago,
// as a rule, but never before it was made.
func (g *maker) changed(c *card) time.Time {
	if !c.changed.IsZero() {
		return c.changed
	}
	return later(c.made, g.ago(3+float64(mix(g.seed, useTime, textSeed(c.id))%60)))
}

func (c *card) address() string {
	if c.mail == "" {
		return strings.ToLower(c.upn)
	}
	return c.mail
}

func (g *maker) forwarding(w *writer, c *card) {
	w.text("ForwardingAddress", c.forwardInside)
	if c.forwardTo == "" {
		w.nulls("ForwardingSmtpAddress")
	} else {
		w.str("ForwardingSmtpAddress", "smtp:"+c.forwardTo)
	}
	w.bit("DeliverToMailboxAndForward", c.keepCopy)
}

// cas writes what Get-CASMailbox returns. Null is the organisation's setting.
func (g *maker) cas(c *card) Object {
	return made(func(w *writer) {
		w.str("Identity", c.mailboxName())
		w.str("Name", c.mailboxName())
		w.str("DisplayName", c.name)
		w.str("Guid", g.mailboxID(c))
		w.str("ExternalDirectoryObjectId", c.boxID)
		w.str("PrimarySmtpAddress", c.address())
		for _, name := range []string{"MAPIEnabled", "ActiveSyncEnabled", "OWAEnabled", "OWAforDevicesEnabled", "ECPEnabled", "OutlookMobileEnabled", "MacOutlookEnabled", "OneWinNativeOutlookEnabled", "UniversalOutlookEnabled"} {
			w.bit(name, true)
		}
		w.nulls("EwsEnabled")
		w.bit("ImapEnabled", c.legacy)
		w.bit("PopEnabled", c.legacy)
		if c.smtp {
			w.bit("SmtpClientAuthenticationDisabled", false)
		} else {
			w.nulls("SmtpClientAuthenticationDisabled")
		}
	})
}

// selfPermission is the right of every mailbox on itself.
func (g *maker) selfPermission(c *card) Object {
	return permission(c, `NT AUTHORITY\SELF`, "FullAccess", "ReadPermission")
}

func permission(c *card, user string, rights ...string) Object {
	return made(func(w *writer) {
		w.str("Identity", c.mailboxName())
		w.str("User", user)
		w.strs("AccessRights", rights...)
		w.bit("IsInherited", false)
		w.bit("Deny", false)
		w.str("InheritanceType", "All")
	})
}

func (g *maker) selfTrustee(c *card) Object { return trustee(c, `NT AUTHORITY\SELF`) }

func trustee(c *card, who string) Object {
	return made(func(w *writer) {
		w.str("Identity", c.mailboxName())
		w.str("Trustee", who)
		w.str("AccessControlType", "Allow")
		w.strs("AccessRights", "SendAs")
		w.bit("IsInherited", false)
		w.str("InheritanceType", "None")
	})
}

func (g *maker) bypass(c *card) Object {
	return made(func(w *writer) {
		w.str("Identity", c.mailboxName())
		w.str("Name", c.mailboxName())
		w.str("ObjectId", c.mailboxName())
		w.bit("AuditBypassEnabled", c.bypass)
	})
}

// graphRules writes the inbox rules as Graph's messageRule.
func (g *maker) graphRules(c *card) Object {
	return made(func(w *writer) {
		w.list("value", func() {
			for i, r := range c.rules {
				w.item(func() {
					w.str("id", ruleID(i))
					w.str("displayName", r.name)
					w.num("sequence", i+1)
					w.bit("isEnabled", r.enabled)
					w.bit("hasError", false)
					w.bit("isReadOnly", false)
					w.object("actions", func() { ruleActions(w, r) })
				})
			}
		})
	})
}

func ruleID(i int) string { return "AQAAAJ5dZq" + string(rune('A'+i)) + "=" }

func ruleActions(w *writer, r rule) {
	if r.forwardTo != "" {
		w.list("forwardTo", func() {
			w.item(func() {
				w.object("emailAddress", func() {
					w.str("name", r.forwardTo)
					w.str("address", r.forwardTo)
				})
			})
		})
	}
	if r.folder != "" {
		w.str("moveToFolder", "AQMkADYA"+plain(r.folder))
	}
	w.bit("stopProcessingRules", true)
}

// exchangeRules writes them as Get-InboxRule does.
func (g *maker) exchangeRules(c *card) Object {
	return made(func(w *writer) {
		w.list("value", func() {
			for i, r := range c.rules {
				w.item(func() {
					number := string(rune('1'+i)) + "234567890123456789"
					w.str("Identity", c.mailboxName()+`\`+number)
					w.str("RuleIdentity", number)
					w.str("MailboxOwnerId", c.mailboxName())
					w.str("Name", r.name)
					w.bit("Enabled", r.enabled)
					w.num("Priority", i+1)
					addressed(w, "ForwardTo", r.forwardTo)
					w.nulls("RedirectTo", "ForwardAsAttachmentTo")
					w.bit("DeleteMessage", false)
					w.bit("MarkAsRead", false)
					w.text("MoveToFolder", r.folder)
					w.bit("StopProcessingRules", true)
				})
			}
		})
	})
}

func addressed(w *writer, name, address string) {
	if address == "" {
		w.nulls(name)
		return
	}
	w.strs(name, `"`+address+`" [SMTP:`+address+`]`)
}
