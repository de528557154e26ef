package rig

import (
	"runtime"
	"slices"
	"strings"
	"testing"
)

// graphTypes leads from the parts that Graph answers to their types in its
// metadata.
var graphTypes = map[string]string{
	Users: "user", DeletedUsers: "user", Registrations: "userRegistrationDetails", RoleAssignments: "unifiedRoleAssignment",
	RoleDefinitions: "unifiedRoleDefinition", RoleEligibilities: "unifiedRoleEligibilitySchedule", RoleSchedules: "unifiedRoleAssignmentSchedule",
	Groups: "group", ConditionalAccess: "conditionalAccessPolicy", NamedLocations: "namedLocation", SKUs: "subscribedSku", Domains: "domain",
	Organization: "organization", SignIns: "signIn", DirectoryAudits: "directoryAudit",
}

// exchangeNames are the properties that Exchange's cmdlets return, by the part
// that holds them. Sources: the output sections and parameter lists of the
// cmdlets' pages on Microsoft Learn (Get-Mailbox with "Property sets in
// Exchange Online PowerShell module cmdlets", Get-CASMailbox,
// Get-MailboxPermission, Get-RecipientPermission,
// Get-MailboxAuditBypassAssociation, Get-InboxRule, Get-RoleGroup,
// Get-RemoteDomain, Get-HostedOutboundSpamFilterPolicy, Get-OrganizationConfig,
// Get-TransportConfig).
var exchangeNames = map[string]string{
	Mailboxes: `Identity Name Alias DisplayName Guid ExchangeGuid ExternalDirectoryObjectId UserPrincipalName PrimarySmtpAddress EmailAddresses
		RecipientType RecipientTypeDetails PreviousRecipientTypeDetails IsShared IsResource ResourceType RoomMailboxAccountEnabled
		ForwardingAddress ForwardingSmtpAddress DeliverToMailboxAndForward GrantSendOnBehalfTo LitigationHoldEnabled ArchiveStatus
		ProhibitSendReceiveQuota AuditEnabled AccountDisabled HiddenFromAddressListsEnabled IsDirSynced IsInactiveMailbox SKUAssigned
		WhenChanged WhenCreated WhenMailboxCreated`,
	CASMailboxes: `Identity Name DisplayName Guid ExternalDirectoryObjectId PrimarySmtpAddress MAPIEnabled EwsEnabled ActiveSyncEnabled ImapEnabled
		PopEnabled OWAEnabled OutlookMobileEnabled MacOutlookEnabled OneWinNativeOutlookEnabled UniversalOutlookEnabled OWAforDevicesEnabled
		SmtpClientAuthenticationDisabled ECPEnabled`,
	MailboxPermissions:   `Identity User AccessRights IsInherited Deny InheritanceType`,
	RecipientPermissions: `Identity Trustee AccessControlType AccessRights IsInherited InheritanceType`,
	AuditBypass:          `Identity Name ObjectId AuditBypassEnabled`,
	RoleGroups:           `Identity Name Guid ManagedBy Roles Members`,
	RemoteDomains:        `Identity Name DomainName AutoForwardEnabled`,
	OutboundSpamPolicies: `Identity Name AutoForwardingMode`,
	OrganizationConfig:   `Identity Name AuditDisabled OAuth2ClientProfileEnabled`,
	TransportConfig:      `Identity Name SmtpClientAuthenticationDisabled`,
	InboxRules: `Identity RuleIdentity MailboxOwnerId Name Enabled Priority ForwardTo RedirectTo ForwardAsAttachmentTo DeleteMessage MarkAsRead
		MoveToFolder StopProcessingRules`,
}

func TestEveryPropertyIsOneOfTheAPIs(t *testing.T) {
	for _, name := range []string{"all-traps", "small-business", "no-p1"} {
		s, _ := generated(t, name, map[string]int{"all-traps": 400}[name], 9)
		found := map[string]bool{}
		for part, typ := range graphTypes {
			for _, o := range s.Primary().All(part) {
				for _, what := range CheckBody("beta", typ, o) {
					found[part+": "+what] = true
				}
			}
		}
		for part, typ := range map[string]string{Methods: "authenticationMethod", MessageRules: "messageRule"} {
			for _, list := range s.Primary().All(part) {
				for _, o := range Elements(list) {
					for _, what := range CheckBody("v1.0", typ, o) {
						found[part+": "+what] = true
					}
				}
			}
		}
		for part, typ := range map[string]string{SecurityDefaults: "identitySecurityDefaultsEnforcementPolicy", AuthorizationPolicy: "authorizationPolicy", AuthenticationMethods: "authenticationMethodsPolicy"} {
			for _, what := range CheckBody("v1.0", typ, get(t, s, Policies, part)) {
				found[part+": "+what] = true
			}
		}
		for what := range found {
			t.Errorf("%s: %s", name, what)
		}
	}
}

func TestEveryCmdletPropertyIsExchanges(t *testing.T) {
	s, _ := generated(t, "all-traps", 600, 9)
	for part, names := range exchangeNames {
		known := strings.Fields(names)
		n := 0
		for _, o := range s.Primary().All(part) {
			objects := []Object{o}
			if part == InboxRules {
				objects = Elements(o)
			}
			for _, o := range objects {
				n++
				for name := range o.Fields() {
					if !slices.Contains(known, name) {
						t.Fatalf("%s has no property %q", part, name)
					}
				}
			}
		}
		if n == 0 {
			t.Errorf("no objects in %s", part)
		}
	}
}

// A write adds an audit record that must be one of the API's, too.
func TestAuditRecordsOfWritesAreTheAPIs(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := ofSort(t, labels, "forgotten_shared").ID
	from := s.Primary().End(DirectoryAudits)
	for _, write := range []func() error{
		func() error {
			_, err := s.Update(Users, id, Patch{"accountEnabled": []byte("false")}, tester)
			return err
		},
		func() error { return s.Replace(Methods, id, Object(`{"value":[]}`), tester) },
		func() error {
			_, err := s.Insert(RoleAssignments, "", Object(`{"id":"r","principalId":"`+id+`","roleDefinitionId":"x"}`), tester)
			return err
		},
		func() error { return s.Delete(RoleAssignments, "r", tester) },
		func() error { return s.Delete(Users, id, tester) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, rec := range s.Primary().From(DirectoryAudits, from) {
		n++
		for _, what := range CheckBody("v1.0", "directoryAudit", rec) {
			t.Errorf("%s: %s", rec.Text("activityDisplayName"), what)
		}
	}
	if n != 6 {
		t.Errorf("%d audit records of 5 writes, one of which has two", n)
	}
}

// A tenant of 200,000 fits into 600 MiB: one of 20,000 into a tenth. By id
// and UPN everybody is found in it.
func TestLargeTenantsFit(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, labels := generated(t, "big", 20_000, 1)
	for i := 0; i < len(labels); i += 1000 {
		if _, ok := s.Primary().Get(Users, strings.ToUpper(labels[i].UPN)); !ok {
			t.Fatalf("no %q", labels[i].UPN)
		}
		s.Primary().Get(Mailboxes, labels[i].ID)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 60<<20 {
		t.Errorf("%d MiB for 20,000 accounts", used>>20)
	} else {
		t.Logf("%d MiB", used>>20)
	}
	runtime.KeepAlive(s)
}
