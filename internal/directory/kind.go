package directory

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// mailboxKinds tells what a mailbox of a type is for. A type that is not here
// is not guessed at.
// https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailbox
var mailboxKinds = map[string]Kind{
	"usermailbox": KindPerson, "linkedmailbox": KindPerson, "legacymailbox": KindPerson, "remoteusermailbox": KindPerson,
	"sharedmailbox": KindShared, "remotesharedmailbox": KindShared, "teammailbox": KindShared, "remoteteammailbox": KindShared,
	"roommailbox": KindRoom, "remoteroommailbox": KindRoom, "linkedroommailbox": KindRoom,
	"equipmentmailbox": KindEquipment, "remoteequipmentmailbox": KindEquipment,
	"schedulingmailbox": KindScheduling,
	"discoverymailbox":  KindSystem, "arbitrationmailbox": KindSystem, "monitoringmailbox": KindSystem, "systemmailbox": KindSystem,
	"systemattendantmailbox": KindSystem, "auditlogmailbox": KindSystem, "auxauditlogmailbox": KindSystem, "mailboxplan": KindSystem,
	"supervisoryreviewpolicymailbox": KindSystem, "publicfoldermailbox": KindSystem, "groupmailbox": KindSystem,
}

// purposeKinds are the values of Graph's userPurpose.
// https://learn.microsoft.com/graph/api/resources/mailboxsettings
var purposeKinds = map[string]Kind{
	"user": KindPerson, "linked": KindPerson, purposeNone: KindPerson,
	"shared": KindShared, "room": KindRoom, "equipment": KindEquipment,
}

// systemNames are accounts that Microsoft makes for itself, by the part of the
// UPN before the @. Each carries an id or a number that nobody types by chance,
// and a name counts only where no mailbox says that the account is a resource.
//
//   - arbitration, discovery and migration mailboxes: Exchange's own, with fixed
//     ids ("Recreate missing arbitration mailboxes", Exchange documentation)
//   - HealthMailbox…: managed availability
//   - Sync_HOST_number, ADToAADSyncServiceAccount: the accounts of Entra Connect
//     and of cloud sync (Entra documentation, "Accounts and permissions")
var systemNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
		`discoverysearchmailbox\{d919ba05-46a6-415f-80ad-7e09334bb852\}`,
		`systemmailbox\{(?:1f05a927-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|bb558c35-97f1-4cb9-8ff7-d53741dc928c|e0dc1c29-89c3-4034-b678-e6c29d823ed9|` +
			`2ce34405-31be-455d-89d7-a7c7da7a0daa|d0e409a0-af9b-4720-92fe-aac869b0d201|8cc370d3-822a-4ab8-a926-bb94bd0641a9)\}`,
		`migration\.8f3e7716-2011-43e4-96b1-aba62d229136`,
		`federatedemail\.4c1f4d8b-8179-4148-93bf-00a95fa1e042`,
		`healthmailbox[0-9a-f]{32}`,
		`sync_[a-z0-9-]{1,15}_[0-9a-f]{12}`,
		`adtoaadsyncserviceaccount`,
	}, "|") + `)@`)
})

// Signs of the account of an auto attendant or call queue: the service plan
// "Phone System - Virtual User", and the department that Teams writes.
// https://learn.microsoft.com/microsoftteams/manage-resource-accounts
const (
	virtualUserPlan = "f47330e9-c134-43b3-9993-e7f004506889"
	instanceMark    = "Microsoft Communication Application Instance"
)

// virtualUserSKUs are the licences that hold little else than that plan.
var virtualUserSKUs = []string{
	"440eaaa8-b3e0-484b-a8be-62870b9ba70a", // PHONESYSTEM_VIRTUALUSER
	"2cf22bcd-0c9e-4bc6-8daf-7e7654c0f285", // PHONESYSTEM_VIRTUALUSER_GOV
}

// kinds decides what each account is for.
func (d *decoder) kinds() {
	for i := range d.s.Accounts {
		a := &d.s.Accounts[i]
		a.Kind, a.KindFrom = kindOf(a)
		a.KindFrom = d.word(a.KindFrom)
	}
}

// kindOf goes by what Exchange says; where it was not asked, by Graph's
// userPurpose; and for accounts without a mailbox by what they carry.
func kindOf(a *Account) (Fact[Kind], string) {
	if m := a.Mailbox.Value; a.Mailbox.Known && m != nil {
		return kindOfMailbox(a, m)
	}
	purpose, knownPurpose := purposeKinds[a.Purpose.Value]
	knownPurpose = knownPurpose && a.Purpose.Known
	switch {
	case !a.Mailbox.Known && knownPurpose && purpose.Resource():
		return Known(purpose), "userPurpose: " + a.Purpose.Value
	case systemNames().MatchString(a.UPN):
		return Known(KindSystem), "a name that only Microsoft gives"
	case strings.EqualFold(a.UserType, "Guest"):
		return Known(KindGuest), "userType: Guest"
	case !a.Mailbox.Known && a.Purpose.Known && !knownPurpose:
		return Known(KindUnknownMailbox), "userPurpose: " + a.Purpose.Value
	}
	if from := teamsResource(a); from != "" {
		return Known(KindTeamsResource), from
	}
	switch {
	case a.Mailbox.Known:
		return Known(KindPerson), "no mailbox in Exchange"
	case knownPurpose:
		return Known(purpose), "userPurpose: " + a.Purpose.Value
	}
	return Unknown[Kind](firstOf(a.Mailbox.Why, a.Purpose.Why)), ""
}

func kindOfMailbox(a *Account, m *Mailbox) (Fact[Kind], string) {
	from := "Exchange: " + m.Type
	kind, known := mailboxKinds[strings.ToLower(m.Type)]
	switch {
	case !known:
		return Known(KindUnknownMailbox), from
	case kind != KindPerson:
		return Known(kind), from
	case systemNames().MatchString(a.UPN):
		return Known(KindSystem), "a name that only Microsoft gives"
	case strings.EqualFold(a.UserType, "Guest"):
		return Known(KindGuest), "userType: Guest"
	}
	return Known(KindPerson), from
}

// teamsResource tells what shows that an account without a mailbox belongs to
// an auto attendant or call queue; empty for none. isResourceAccount and the
// department can stand on anybody, so they do not count on a person.
func teamsResource(a *Account) string {
	for _, l := range a.Licences.Value {
		if slices.Contains(virtualUserSKUs, l.SKU) || slices.ContainsFunc(l.Plans, func(p Plan) bool { return p.ID == virtualUserPlan }) {
			return "licence: Phone System Virtual User"
		}
	}
	if a.EmployeeID.Value != "" || a.Manager.Value != "" {
		return ""
	}
	switch {
	case strings.EqualFold(a.Department.Value, instanceMark):
		return "department: " + instanceMark
	case Is(a.TeamsResource, true):
		return "isResourceAccount: true"
	}
	return ""
}
