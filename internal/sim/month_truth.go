package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Alert is what Incident.Explains needs to know of an alert.
type Alert struct {
	// First and Last are the times of its first and last fact.
	First, Last time.Time
	// Names are ids and names of the accounts and addresses in it, in any
	// case.
	Names []string
	// Rows are the rows of the catalogue that its rule is about.
	Rows []string
	// Whole says that it names no account and no address: it is about the
	// tenant, or about a part of it.
	Whole bool
}

// Explains says whether an alert is about this attack: it names one of its
// accounts or addresses while the attack goes on, or it names none at all
// and its rule is about what the attack is.
func (is Incident) Explains(a Alert) bool {
	if a.First.After(is.Last) || a.Last.Before(is.First) {
		return false
	}
	if a.Whole {
		return slices.ContainsFunc(a.Rows, func(row string) bool { return slices.Contains(is.Rows, row) })
	}
	return slices.ContainsFunc(a.Names, func(name string) bool {
		name = strings.ToLower(name)
		_, here := slices.BinarySearch(is.Accounts, name)
		_, from := slices.BinarySearch(is.Addresses, name)
		return here || from
	})
}

// Answers is what the administrators of a month's tenant would say if they
// were asked what is normal there: a baseline file. They know their countries
// and domains, who administers, invites and forwards, and which rooms,
// printers and programs they have; they know nothing of attacks.
func (s *Scenario) Answers(seed uint64) string {
	c := newCompany(s, seed)
	var b strings.Builder
	list := func(name string, values ...string) {
		fmt.Fprintf(&b, "%s:\n", name)
		for _, v := range values {
			fmt.Fprintf(&b, "  - %q\n", v)
		}
	}
	list("approved_countries", "SE", "NO", "FI", "DE", "GB", "US", "IN", "DK")
	list("approved_upn_domains", s.Tenant.Domain, c.w.initialDomain(), guestDomain)
	list("approved_forward_domains", guestDomain)
	list("approved_partner_domains", guestDomain, "northwind.example.com", "adatum.example.com")
	list("approved_partner_tenants", partnerTenants[1:]...)
	list("known_egress_cidrs", officeNet+"0/24")
	fmt.Fprintf(&b, "vpn_asns: [%d]\n", vpnASN)
	var admins []string
	for place := range adminCount(c.w.s.Tenant.Accounts) {
		admins = append(admins, c.w.account(place).upn)
	}
	for _, a := range c.residents["admin_eligible"] {
		admins = append(admins, a.upn)
	}
	list("approved_account_admins", admins...)
	list("approved_exchange_admins", admins...)
	list("approved_mail_apps", backup.appID)
	list("approved_provisioning_apps", c.programID(hr), c.programID(substrate), substrate.appID, c.programID(licensing), c.programID(pim), c.programID(registration), c.programID(invitations))
	list("approved_inviters", c.inviters()...)
	list("ca_block_noise_policies", everydayBlock)
	c.resourceAnswers(list)
	b.WriteString("business_hours: {\"*\": [mon-fri 06:00-19:00]}\n")
	b.WriteString("country_timezones: {SE: Europe/Stockholm, NO: Europe/Oslo, FI: Europe/Helsinki, DE: Europe/Berlin, GB: Europe/London, US: America/New_York, IN: Asia/Kolkata}\n")
	b.WriteString("holidays:\n")
	for _, code := range slices.Sorted(maps.Keys(s.Month.Holidays)) {
		fmt.Fprintf(&b, "  %s: [%s]\n", code, strings.Join(s.Month.Holidays[code], ", "))
	}
	return b.String()
}

// resourceAnswers are the answers about accounts that no person uses.
func (c *company) resourceAnswers(list func(string, ...string)) {
	names := func(sorts ...string) (all []string) {
		for _, sort := range sorts {
			for _, a := range c.residents[sort] {
				all = append(all, a.upn)
			}
		}
		return all
	}
	list("resource_signin_exceptions", names("teams_room", "scan_to_mail")...)
	list("room_cidrs", officeNet+"0/24")
	list("legacy_exceptions", names("scan_to_mail")...)
	list("sfa_allowed_users", names("teams_room", "scan_to_mail", "service_account", "sync_account")...)
	list("break_glass_accounts", names("break_glass")...)
}

func (c *company) programID(p program) string {
	return derivedUUID(c.w.seed, useStaff, textSeed(p.name))
}

// inviters are the addresses of those who invite guests.
func (c *company) inviters() []string {
	var all []string
	for n := range uint64(inviters) {
		r := random(mix(c.w.seed, useStaff, 9, n))
		all = append(all, c.colleague(&r).upn)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
