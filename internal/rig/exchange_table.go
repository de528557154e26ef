package rig

import (
	"strings"
	"sync"
)

// cmdlet is one cmdlet of Exchange Online, from its page in the reference of
// the module: what it takes, who may run it, and what it does here.
type cmdlet struct {
	name     string
	params   []string
	required []string
	roles    []string
	part     string // that it reads or writes, "" for none of its own
	do       func(*run) ([]Object, *answer)
}

var (
	recipientReaders = []string{viewRecipients, mailRecipients}
	configReaders    = []string{viewConfiguration}
)

var cmdletTable = []cmdlet{
	{
		name: "Get-Mailbox", part: Mailboxes, roles: recipientReaders, do: (*run).getMailbox,
		params: []string{"Identity", "RecipientTypeDetails", "ResultSize", "InactiveMailboxOnly", "IncludeInactiveMailbox", "SoftDeletedMailbox", "Arbitration", "AuditLog", "PublicFolder", "SortBy"},
	},
	{name: "Get-CASMailbox", part: CASMailboxes, roles: recipientReaders, params: []string{"Identity", "ResultSize"}, do: (*run).getCASMailbox},
	{
		name: "Get-MailboxPermission", part: MailboxPermissions, roles: recipientReaders, required: []string{"Identity"},
		params: []string{"Identity", "User", "ResultSize", "Owner"}, do: (*run).getMailboxPermission,
	},
	{
		name: "Get-RecipientPermission", part: RecipientPermissions, roles: recipientReaders,
		params: []string{"Identity", "Trustee", "AccessRights", "ResultSize"}, do: (*run).getRecipientPermission,
	},
	{name: "Get-User", part: Users, roles: recipientReaders, params: []string{"Identity", "RecipientTypeDetails", "ResultSize"}, do: (*run).getUserRecipient},
	{
		name: "Get-InboxRule", roles: recipientReaders, required: []string{"Mailbox"},
		params: []string{"Mailbox", "Identity", "IncludeHidden", "DescriptionTimeFormat", "DescriptionTimeZone", "SkipLegacyRules"}, do: (*run).getInboxRule,
	},
	{name: "Get-OrganizationConfig", part: OrganizationConfig, roles: configReaders, do: whole(OrganizationConfig)},
	{name: "Get-TransportConfig", part: TransportConfig, roles: configReaders, do: whole(TransportConfig)},
	{
		name: "Get-MailboxAuditBypassAssociation", part: AuditBypass, roles: configReaders,
		params: []string{"Identity", "ResultSize"}, do: found(AuditBypass),
	},
	{name: "Get-RemoteDomain", part: RemoteDomains, roles: configReaders, params: []string{"Identity", "ResultSize"}, do: found(RemoteDomains)},
	{name: "Get-TransportRule", part: TransportRules, roles: configReaders, params: []string{"Identity", "ResultSize", "State"}, do: found(TransportRules)},
	{
		name: "Get-HostedOutboundSpamFilterPolicy", part: OutboundSpamPolicies, roles: []string{viewConfiguration, transportHygiene},
		params: []string{"Identity"}, do: found(OutboundSpamPolicies),
	},
	{name: "Get-RoleGroup", part: RoleGroups, roles: []string{viewConfiguration, roleManagement}, params: []string{"Identity", "ResultSize", "ShowPartnerLinked"}, do: found(RoleGroups)},
	{name: "Get-RoleGroupMember", part: RoleGroups, roles: []string{viewConfiguration, roleManagement}, params: []string{"Identity", "ResultSize"}, do: (*run).getRoleGroupMember},
	{
		name: "Get-ManagementRoleAssignment", part: RoleGroups, roles: []string{viewConfiguration, roleManagement},
		params: []string{"Identity", "RoleAssignee", "Role", "GetEffectiveUsers", "Delegating"}, do: (*run).getRoleAssignment,
	},
	{name: "Get-BlockedSenderAddress", part: BlockedSenders, roles: []string{viewConfiguration, transportHygiene}, params: []string{"SenderAddress"}, do: (*run).getBlockedSender},
	{
		name: "Set-Mailbox", part: Mailboxes, roles: []string{mailRecipients}, required: []string{"Identity"},
		params: append([]string{"Identity", "GrantSendOnBehalfTo", "Force"}, mailboxSettable...), do: (*run).setMailbox,
	},
	{
		name: "Set-CASMailbox", part: CASMailboxes, roles: []string{mailRecipients}, required: []string{"Identity"},
		params: append([]string{"Identity"}, protocols...), do: (*run).setCASMailbox,
	},
	{
		name: "Add-MailboxPermission", part: MailboxPermissions, roles: []string{mailRecipients}, required: []string{"Identity", "User"},
		params: []string{"Identity", "User", "AccessRights", "InheritanceType", "AutoMapping"}, do: (*run).addMailboxPermission,
	},
	{
		name: "Remove-MailboxPermission", part: MailboxPermissions, roles: []string{mailRecipients}, required: []string{"Identity", "User"},
		params: []string{"Identity", "User", "AccessRights", "InheritanceType", "BypassMasterAccountSid"}, do: (*run).removeMailboxPermission,
	},
	{
		name: "Add-RecipientPermission", part: RecipientPermissions, roles: []string{mailRecipients}, required: []string{"Identity", "Trustee"},
		params: []string{"Identity", "Trustee", "AccessRights"}, do: (*run).addRecipientPermission,
	},
	{
		name: "Remove-RecipientPermission", part: RecipientPermissions, roles: []string{mailRecipients}, required: []string{"Identity", "Trustee"},
		params: []string{"Identity", "Trustee", "AccessRights"}, do: (*run).removeRecipientPermission,
	},
	{
		name: "Disable-InboxRule", roles: []string{mailRecipients}, required: []string{"Identity"},
		params: []string{"Identity", "Mailbox", "AlwaysDeleteOutlookRulesBlob", "Force"}, do: (*run).switchInboxRule,
	},
	{
		name: "Enable-InboxRule", roles: []string{mailRecipients}, required: []string{"Identity"},
		params: []string{"Identity", "Mailbox", "AlwaysDeleteOutlookRulesBlob", "Force"}, do: (*run).switchInboxRule,
	},
	{
		name: "Remove-BlockedSenderAddress", part: BlockedSenders, roles: []string{transportHygiene}, required: []string{"SenderAddress"},
		params: []string{"SenderAddress", "Reason"}, do: (*run).removeBlockedSender,
	},
	{
		name: "Add-RoleGroupMember", part: RoleGroups, roles: []string{roleManagement}, required: []string{"Identity", "Member"},
		params: []string{"Identity", "Member", "BypassSecurityGroupManagerCheck"}, do: (*run).changeRoleGroup,
	},
	{
		name: "Remove-RoleGroupMember", part: RoleGroups, roles: []string{roleManagement}, required: []string{"Identity", "Member"},
		params: []string{"Identity", "Member", "BypassSecurityGroupManagerCheck"}, do: (*run).changeRoleGroup,
	},
}

// cmdlets finds a cmdlet by its name in lower case.
var cmdlets = sync.OnceValue(func() map[string]*cmdlet {
	all := map[string]*cmdlet{}
	for i := range cmdletTable {
		all[strings.ToLower(cmdletTable[i].name)] = &cmdletTable[i]
	}
	return all
})
