package sim

import (
	"fmt"
	"strings"
)

// ordinaryMailbox are the mailbox records of everyday life. Some look like an
// attack to a careless rule: a folder rule, a cleared forwarding.
var ordinaryMailbox = []string{
	"MailItemsAccessed", "MailItemsAccessed", "MailItemsAccessed", "MailItemsAccessed",
	"folder_rule", "forwarding_cleared", "sent_copy",
}

// cmdlet is one call of an Exchange cmdlet.
type cmdlet struct {
	operation  string
	parameters [][2]string
}

// cmdletOf returns the cmdlet call behind an event about somebody's mailbox.
func cmdletOf(e *event, who account) cmdlet {
	switch e.note {
	case "folder_rule":
		return cmdlet{"New-InboxRule", [][2]string{
			{"AlwaysDeleteOutlookRulesBlob", "False"}, {"Force", "False"}, {"MoveToFolder", "Projekt"},
			{"Name", "Projekt"}, {"SubjectContainsWords", "Björk"}, {"StopProcessingRules", "True"},
		}}
	case "forwarding_cleared":
		return cmdlet{"Set-Mailbox", [][2]string{
			{"Identity", who.upn}, {"ForwardingSmtpAddress", ""}, {"DeliverToMailboxAndForward", "False"},
		}}
	case "sent_copy":
		return cmdlet{"Set-Mailbox", [][2]string{{"Identity", who.upn}, {"MessageCopyForSentAsEnabled", "True"}}}
	case "forward_new":
		return cmdlet{"New-InboxRule", [][2]string{
			{"AlwaysDeleteOutlookRulesBlob", "False"}, {"Force", "False"}, {"ForwardTo", e.to},
			{"Name", "Kopia"}, {"StopProcessingRules", "True"},
		}}
	case "forward_set":
		return cmdlet{"Set-InboxRule", [][2]string{
			{"AlwaysDeleteOutlookRulesBlob", "False"}, {"Force", "False"}, {"Identity", who.alias + `\4611686018427387905`},
			{"Name", "Kopia"}, {"RedirectTo", e.to},
		}}
	case "hide_new":
		return cmdlet{"New-InboxRule", append([][2]string{{"AlwaysDeleteOutlookRulesBlob", "False"}, {"Force", "False"}}, hiding(e.to)...)}
	case "hide_set":
		return cmdlet{"Set-InboxRule", append([][2]string{{"Force", "False"}, {"Identity", who.alias + `\4611686018427387906`}}, hiding(e.to)...)}
	case "full_access":
		return cmdlet{"Add-MailboxPermission", [][2]string{
			{"Identity", "ekonomi"}, {"User", who.upn}, {"AccessRights", "FullAccess"}, {"InheritanceType", "All"}, {"AutoMapping", "False"},
		}}
	case "send_as":
		return cmdlet{"Add-RecipientPermission", [][2]string{
			{"Identity", "ekonomi"}, {"Trustee", who.upn}, {"AccessRights", "SendAs"}, {"Confirm", "False"},
		}}
	case "transport_rule":
		return cmdlet{"New-TransportRule", [][2]string{
			{"Name", "Arkiv"}, {"SubjectOrBodyContainsWords", "faktura;invoice"}, {"BlindCopyTo", e.to},
		}}
	}
	return cmdlet{"Set-Mailbox", [][2]string{
		{"Identity", who.upn}, {"ForwardingSmtpAddress", "smtp:" + e.to}, {"DeliverToMailboxAndForward", "True"},
	}}
}

// hiding are the parameters of a rule that moves mail about money out of
// sight.
func hiding(folder string) [][2]string {
	return [][2]string{
		{"MarkAsRead", "True"}, {"MoveToFolder", folder}, {"Name", "."}, {"StopProcessingRules", "True"},
		{"SubjectOrBodyContainsWords", "faktura;invoice;payment"},
	}
}

// mailbox writes an Exchange record of the unified audit log: the AuditData
// object of the Management Activity API.
func (w *world) mailbox(e *event) []byte {
	who := w.account(int(e.who))
	place, _ := w.where(e)
	o := &writer{b: make([]byte, 0, 2<<10)}
	o.item(func() {
		o.str("CreationTime", e.time().Format("2006-01-02T15:04:05"))
		o.str("Id", e.id())
		switch e.note {
		case "MailItemsAccessed":
			w.itemsAccessed(o, e, who, place)
		case "HardDelete":
			w.itemDeleted(o, e, who, place)
		case "forward_outlook", "hide_outlook":
			w.outlookRule(o, e, who, place)
		default:
			w.cmdletRecord(o, e, who, place)
		}
	})
	return o.b
}

func (w *world) common(o *writer, operation, result string, record, user int, who account) {
	o.str("Operation", operation)
	o.str("OrganizationId", w.s.Tenant.ID)
	o.num("RecordType", record)
	o.str("ResultStatus", result)
	o.str("UserKey", puid(who.id))
	o.num("UserType", user)
	o.num("Version", 1)
	o.str("Workload", "Exchange")
}

// puid is the 16-digit key by which the audit log knows a person.
func puid(id string) string { return fmt.Sprintf("1003%012X", textSeed(id)>>16) }

func (w *world) cmdletRecord(o *writer, e *event, who account, place origin) {
	call := cmdletOf(e, who)
	w.common(o, call.operation, "True", 1, 2, who)
	o.str("ClientIP", withPort(place.ip, 1024+int(e.seed%60000)))
	o.str("ObjectId", who.alias)
	o.str("UserId", who.upn)
	o.str("AppId", "")
	o.str("ClientAppId", "")
	o.bit("ExternalAccess", false)
	o.str("OrganizationName", w.initialDomain())
	o.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)")
	o.array("Parameters", func() {
		for _, p := range call.parameters {
			o.pair("Name", p[0], "Value", p[1])
		}
	})
	o.str("SessionId", derivedUUID(e.seed, useSession))
}

// withPort writes an address as Exchange does: IPv6 in brackets.
func withPort(ip string, port int) string {
	if strings.Contains(ip, ":") {
		return fmt.Sprintf("[%s]:%d", ip, port)
	}
	return fmt.Sprintf("%s:%d", ip, port)
}

// ownerRecord writes what every record of an owner in his mailbox has.
func (w *world) ownerRecord(o *writer, who account, place origin, client string) {
	sid := fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1000+who.place)
	o.str("UserId", who.upn)
	o.str("AppId", apps[0].id)
	o.str("ClientAppId", apps[0].id)
	o.str("ClientIPAddress", place.ip)
	o.str("ClientInfoString", client)
	o.bit("ExternalAccess", false)
	o.num("InternalLogonType", 0)
	o.num("LogonType", 0)
	o.str("LogonUserSid", sid)
	o.str("MailboxGuid", derivedUUID(w.seed, useAccount, uint64(who.place), 1))
	o.str("MailboxOwnerSid", sid)
	o.str("MailboxOwnerUPN", who.upn)
}

func (w *world) itemsAccessed(o *writer, e *event, who account, place origin) {
	n := 1 + int(e.seed%3)
	w.common(o, "MailItemsAccessed", "Succeeded", 50, 0, who)
	w.ownerRecord(o, who, place, "Client=OWA;Action=ViaProxy")
	o.array("OperationProperties", func() {
		o.pair("Name", "MailAccessType", "Value", "Bind")
		o.pair("Name", "IsThrottled", "Value", "False")
	})
	o.str("OrganizationName", w.initialDomain())
	o.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)\r\n")
	o.array("Folders", func() {
		o.item(func() {
			o.array("FolderItems", func() {
				for i := range n {
					o.item(func() {
						o.str("InternetMessageId", "<"+derivedUUID(e.seed, useDetail, uint64(i))+"@example.com>")
						o.num("SizeInBytes", 12000+i*977)
					})
				}
			})
			o.str("Id", "LgAAAAB"+strings.ToUpper(derivedUUID(w.seed, useDetail, uint64(who.place))[:8])+"AAB")
			o.str("Path", `\Inbox`)
		})
	})
	o.num("OperationCount", n)
}

// itemDeleted writes the removal of one message for good.
func (w *world) itemDeleted(o *writer, e *event, who account, place origin) {
	w.common(o, "HardDelete", "Succeeded", 3, 0, who)
	w.ownerRecord(o, who, place, "Client=OWA;Action=ViaProxy")
	o.str("OrganizationName", w.initialDomain())
	o.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)\r\n")
	o.str("SessionId", derivedUUID(e.began(), useSession))
	o.array("AffectedItems", func() {
		o.item(func() {
			o.str("Id", "RgAAAAB"+strings.ToUpper(derivedUUID(e.seed, useDetail)[:8])+"AAA")
			o.str("InternetMessageId", "<"+derivedUUID(e.seed, useDetail)+"@example.com>")
			o.object("ParentFolder", func() {
				o.str("Id", "LgAAAAB"+strings.ToUpper(derivedUUID(w.seed, useDetail, uint64(who.place))[:8])+"AAB")
				o.str("Path", `\Inbox`)
			})
			o.str("Subject", "Faktura "+strings.ToUpper(derivedUUID(e.seed, useDetail)[:4]))
		})
	})
	o.bit("CrossMailboxOperation", false)
}

// outlookRule writes a rule that Outlook made: what it does stands as JSON
// text among the properties of the operation. By which name the folder of a
// move goes there is not known for sure.
func (w *world) outlookRule(o *writer, e *event, who account, place origin) {
	name, condition := "Kopia", ""
	actions := object{}
	actions.addText("ActionType", "Forward")
	actions.add("Recipients", []byte("["+quoted(e.to)+"]"))
	actions.addText("ForwardFlags", "None")
	list := "[" + string(actions.bytes()) + "]"
	if e.note == "hide_outlook" {
		name, condition = ".", `(SubString, IgnoreCase SubjectProperty Equal faktura)`
		list = `[{"ActionType":"Move","Folder":` + quoted(e.to) + `},{"ActionType":"MarkAsRead"}]`
	}
	w.common(o, "UpdateInboxRules", "Succeeded", 2, 0, who)
	w.ownerRecord(o, who, place, "Client=MSExchangeRPC")
	o.str("ClientProcessName", "OUTLOOK.EXE")
	o.str("ClientVersion", "16.0.19328.20000")
	o.array("OperationProperties", func() {
		for _, p := range [][2]string{
			{"RuleOperation", "AddMailboxRule"}, {"RuleId", fmt.Sprint(e.seed >> 16)}, {"RuleState", "Enabled"},
			{"RuleCondition", condition}, {"RuleName", name}, {"RuleProvider", "RuleOrganizer"}, {"RuleActions", list},
		} {
			o.pair("Name", p[0], "Value", p[1])
		}
	})
	o.str("OrganizationName", w.initialDomain())
	o.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)\r\n")
	o.object("Item", func() {
		o.object("ParentFolder", func() {
			o.str("Id", "LgAAAAB"+strings.ToUpper(derivedUUID(w.seed, useDetail, uint64(who.place))[:8])+"AAB")
			o.str("Path", `\Inbox`)
		})
	})
}
