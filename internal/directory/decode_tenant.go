package directory

import (
	"errors"
	"strings"
)

// tenant reads what is said of the tenant as a whole.
func (d *decoder) tenant() {
	d.organization()
	d.licencesOfTenant()
	d.domains()
	d.policies()
	d.locations()
	d.securityDefaults()
	d.s.SMTPAuthOff = d.setting(TransportPart, "smtpclientauthenticationdisabled")
	d.s.AuditOff = d.setting(OrganizationalPart, "auditdisabled")
	d.azureRoles()
	d.mail()
}

func (d *decoder) organization() {
	d.s.Organization = Unknown[Organization]("")
	d.each(OrganizationPart, func(o object) error {
		id := o.id("id")
		if id == "" {
			return errors.New("has no id")
		}
		d.s.Organization = Known(Organization{id, o.text("displayname")})
		if d.s.Tenant == "" {
			d.s.Tenant = id
		}
		return nil
	})
	if !d.s.Organization.Known {
		d.s.Organization.Why = d.why(OrganizationPart)
	}
}

func (d *decoder) licencesOfTenant() {
	d.skus = map[string]SKU{}
	skus := newUnique[SKU]()
	d.each(SKUsPart, func(o object) error {
		sku := SKU{
			ID: o.id("skuid"), Part: o.text("skupartnumber"), Status: o.text("capabilitystatus"),
			Enabled: o.inner("prepaidunits").number("enabled"), Consumed: o.number("consumedunits"),
		}
		if sku.ID == "" {
			return errors.New("has no skuId")
		}
		for _, p := range o.objects("serviceplans") {
			sku.Plans = append(sku.Plans, Plan{p.id("serviceplanid"), p.text("serviceplanname")})
		}
		d.skus[sku.ID] = sku
		skus.put(sku.ID, sku)
		return nil
	})
	d.s.SKUs = fact(d, SKUsPart, skus.ordered())
}

func (d *decoder) domains() {
	domains := newUnique[Domain]()
	d.each(DomainsPart, func(o object) error {
		x := Domain{
			Name: strings.ToLower(o.text("id")), Verified: o.flag("isverified"), Initial: o.flag("isinitial"), IsDefault: o.flag("isdefault"),
			Federated: Unknown[bool]("domains.json does not carry authenticationType"),
		}
		if x.Name == "" {
			return errors.New("has no id")
		}
		if how := o.text("authenticationtype"); how != "" {
			x.Federated = Known(strings.EqualFold(how, "Federated"))
		}
		domains.put(x.Name, x)
		return nil
	})
	d.s.Domains = fact(d, DomainsPart, domains.ordered())
}

// federated tells whether the domain of a UPN signs in elsewhere. Of a domain
// that is not the tenant's own nothing is known.
func (d *decoder) federated(upn string) Fact[bool] {
	_, name, _ := strings.Cut(strings.ToLower(upn), "@")
	for _, x := range d.s.Domains.Value {
		if x.Name == name {
			return x.Federated
		}
	}
	if !d.s.Domains.Known {
		return Unknown[bool](d.s.Domains.Why)
	}
	return Unknown[bool](d.word("the domain is not among the tenant's"))
}

// setting is a flag of a part that holds one object.
func (d *decoder) setting(part, name string) Fact[bool] {
	f := Unknown[bool](part + " does not carry " + name)
	d.each(part, func(o object) error {
		if o.get(name) != nil {
			f = valueOr(flagOf, o.get(name), name+" cannot be read")
		}
		return nil
	})
	if why := d.why(part); !f.Known && why != "" {
		f.Why = why
	}
	return f
}

// securityDefaults finds the one policy that has isEnabled and is called so,
// or is fetched as /policies/identitySecurityDefaultsEnforcementPolicy.
func (d *decoder) securityDefaults() {
	f := Unknown[bool](PoliciesPart + " has no security defaults")
	d.each(PoliciesPart, func(o object) error {
		about := strings.ToLower(o.text("@odata.context") + " " + o.text("@odata.type") + " " + o.text("id") + " " + o.text("displayname"))
		about = strings.ReplaceAll(about, " ", "")
		if o.has("isenabled") && (strings.Contains(about, "securitydefaults") || strings.Contains(about, "00000000-0000-0000-0000-000000000005")) {
			f = valueOr(needFlag, o.get("isenabled"), "isEnabled cannot be read")
		}
		return nil
	})
	if why := d.why(PoliciesPart); !f.Known && why != "" {
		f.Why = why
	}
	d.s.SecurityDefaults = f
}

func (d *decoder) locations() {
	locations := newUnique[Location]()
	d.each(LocationsPart, func(o object) error {
		l := Location{ID: o.id("id"), Name: o.text("displayname"), Trusted: o.flag("istrusted"), Countries: o.texts("countriesandregions")}
		if l.ID == "" {
			return errors.New("has no id")
		}
		l.CountriesAndRegions = o.has("countriesandregions")
		for _, r := range o.objects("ipranges") {
			l.Ranges = append(l.Ranges, r.text("cidraddress"))
		}
		locations.put(l.ID, l)
		return nil
	})
	d.s.Locations = fact(d, LocationsPart, locations.ordered())
}

// azureRoles reads `az role assignment list --all`, or the same from Azure
// Resource Manager, which keeps it under "properties".
func (d *decoder) azureRoles() {
	if !d.asked(AzureRolesPart) {
		d.s.AzureRoles = Unknown[[]AzureRole]("roles of Azure subscriptions are not read: put the output of `az role assignment list --all` into " + AzureRolesPart)
		return
	}
	roles := []AzureRole{}
	d.each(AzureRolesPart, func(o object) error {
		if in := o.inner("properties"); in != nil {
			o = in
		}
		r := AzureRole{
			Principal: o.id("principalid"), PrincipalName: o.text("principalname"), PrincipalType: o.text("principaltype"),
			Role: o.first("roledefinitionname", "roledefinitionid"), Scope: o.text("scope"),
		}
		if r.Principal == "" {
			return errors.New("has no principalId")
		}
		roles = append(roles, r)
		return nil
	})
	d.s.AzureRoles = fact(d, AzureRolesPart, roles)
}
