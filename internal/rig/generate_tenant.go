package rig

// plan is a service plan of a subscription.
type plan struct{ id, name string }

// sku is a subscription that a tenant can have.
type sku struct {
	id, part string
	plans    []plan
}

// The subscriptions here, with those of their service plans that matter
// (Microsoft Learn, "Product names and service plan identifiers").
var skus = func() []sku {
	exchange := plan{"efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"}
	small := plan{"9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD"}
	teams := plan{"57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1"}
	p1 := plan{"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"}
	p2 := plan{"eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"}
	intune := plan{"c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A"}
	return []sku{
		{"06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5", []plan{exchange, teams, p1, p2, intune}},
		{"cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "SPB", []plan{small, teams, p1, intune}},
		{"f245ecc8-75af-4f8e-b61f-27d8114de5f3", "O365_BUSINESS_PREMIUM", []plan{small, teams}},
		{"19ec0d23-8335-4cbd-94ac-6050e30712fa", "EXCHANGEENTERPRISE", []plan{exchange}},
		{"440eaaa8-b3e0-484b-a8be-62870b9ba70a", "PHONESYSTEM_VIRTUALUSER", []plan{{"f47330e9-c134-43b3-9993-e7f004506889", "MCOEV_VIRTUALUSER"}}},
		{"4cde982a-ede4-4409-9ae6-b003453c8ea6", "Microsoft_Teams_Rooms_Pro", []plan{teams, {"0374d34c-6be4-4dbb-b3f0-26105db0b28a", "Teams_Rooms_Pro"}}},
		{"6af4b3d6-14bb-4a2a-960c-6c902aad34f3", "Microsoft_Teams_Rooms_Basic", []plan{teams, {"c8529366-cffd-4415-ab8f-be0144a33ab1", "Teams_Rooms_Basic"}}},
	}
}()

// skuNamed returns a subscription by its part number.
func skuNamed(part string) sku {
	for _, s := range skus {
		if s.part == part {
			return s
		}
	}
	return sku{part: part}
}

// tenant makes what stands above accounts. Cards are made before, as groups
// and roles name them.
func (g *maker) tenant() {
	g.join()
	g.roles()
	g.subscriptions()
	g.domains()
	g.policies()
	g.conditional()
	g.exchange()
}

func (g *maker) subscriptions() {
	used := map[string]int{licences[g.licence]: g.people - g.people/20}
	for i := range g.cards {
		for _, part := range g.cards[i].skus {
			used[part]++
		}
	}
	for i, s := range skus {
		if used[s.part] > 0 {
			g.state.add(SKUs, "", g.subscription(s, used[s.part], uuidOf(g.seed, useGroup, uint64(i), 4)))
		}
	}
}

func (g *maker) subscription(s sku, used int, id string) Object {
	return made(func(w *writer) {
		w.str("id", g.state.id+"_"+s.id)
		w.str("skuId", s.id)
		w.str("skuPartNumber", s.part)
		w.str("appliesTo", "User")
		w.str("capabilityStatus", "Enabled")
		w.num("consumedUnits", used)
		w.object("prepaidUnits", func() {
			w.num("enabled", used+10)
			w.num("suspended", 0)
			w.num("warning", 0)
			w.num("lockedOut", 0)
		})
		w.strs("subscriptionIds", id)
		w.list("servicePlans", func() {
			for _, p := range s.plans {
				w.item(func() {
					w.str("servicePlanId", p.id)
					w.str("servicePlanName", p.name)
					w.str("provisioningStatus", "Success")
					w.str("appliesTo", "User")
				})
			}
		})
	})
}

func (g *maker) domains() {
	for _, name := range []string{g.domain, g.initial, g.federated} {
		g.state.add(Domains, "", made(func(w *writer) {
			w.str("id", name)
			w.str("authenticationType", map[bool]string{true: "Federated", false: "Managed"}[name == g.federated])
			w.bit("isAdminManaged", true)
			w.bit("isDefault", name == g.domain)
			w.bit("isInitial", name == g.initial)
			w.bit("isRoot", name != g.federated)
			w.bit("isVerified", true)
			w.strs("supportedServices", "Email", "OfficeCommunicationsOnline")
		}))
	}
	g.state.add(Organization, "", g.organization())
}

func (g *maker) organization() Object {
	return made(func(w *writer) {
		w.str("id", g.state.id)
		w.str("displayName", "Contoso AB")
		w.str("countryLetterCode", "SE")
		w.time("createdDateTime", g.ago(4800))
		w.str("preferredLanguage", "sv")
		w.str("tenantType", "AAD")
		w.nulls("onPremisesSyncEnabled", "onPremisesLastSyncDateTime")
		w.list("verifiedDomains", func() {
			for _, name := range []string{g.domain, g.initial, g.federated} {
				w.item(func() {
					w.str("name", name)
					w.str("type", "Managed")
					w.str("capabilities", "Email, OfficeCommunicationsOnline")
					w.bit("isDefault", name == g.domain)
					w.bit("isInitial", name == g.initial)
				})
			}
		})
	})
}

// policies makes the tenant's policies that are not Conditional Access.
// Security defaults are what a tenant without a licence has instead.
func (g *maker) policies() {
	g.state.add(Policies, "", made(func(w *writer) {
		w.str("id", "00000000-0000-0000-0000-000000000005")
		w.str("displayName", "Security Defaults")
		w.str("description", "Security defaults is a set of basic identity security mechanisms.")
		w.bit("isEnabled", false)
	}))
	g.state.add(Policies, "", made(func(w *writer) {
		w.str("id", AuthorizationPolicy)
		w.str("displayName", "Authorization Policy")
		w.bit("allowedToSignUpEmailBasedSubscriptions", true)
		w.bit("allowedToUseSSPR", true)
		w.bit("allowEmailVerifiedUsersToJoinOrganization", false)
		w.str("allowInvitesFrom", "everyone")
		w.bit("blockMsolPowerShell", false)
		w.str("guestUserRoleId", "10dae51f-b6af-4016-8d66-8c2a99b929b3")
	}))
	g.state.add(Policies, "", made(func(w *writer) {
		w.str("id", AuthenticationMethods)
		w.str("displayName", "Authentication Methods Policy")
		w.str("policyMigrationState", "migrationComplete")
		w.str("policyVersion", "1.5")
		w.time("lastModifiedDateTime", g.ago(200))
	}))
}

// exchange makes what stands above mailboxes.
func (g *maker) exchange() {
	g.state.add(OrganizationConfig, "", made(func(w *writer) {
		w.str("Identity", g.initial)
		w.str("Name", g.initial)
		w.bit("AuditDisabled", false)
		w.bit("OAuth2ClientProfileEnabled", true)
	}))
	g.state.add(TransportConfig, "", made(func(w *writer) {
		w.str("Identity", "Transport Settings")
		w.str("Name", "Transport Settings")
		w.bit("SmtpClientAuthenticationDisabled", true)
	}))
	g.state.add(RemoteDomains, "", made(func(w *writer) {
		w.str("Identity", "Default")
		w.str("Name", "Default")
		w.str("DomainName", "*")
		w.bit("AutoForwardEnabled", true)
	}))
	g.state.add(OutboundSpamPolicies, "", made(func(w *writer) {
		w.str("Identity", "Default")
		w.str("Name", "Default")
		w.str("AutoForwardingMode", "Automatic")
	}))
	g.roleGroups()
}

func (g *maker) roleGroups() {
	for i, name := range []string{"Organization Management", "Recipient Management", "View-Only Organization Management", "Help Desk"} {
		g.state.add(RoleGroups, "", made(func(w *writer) {
			w.str("Identity", name)
			w.str("Name", name)
			w.str("Guid", uuidOf(g.seed, useGroup, uint64(i), 5))
			w.strs("ManagedBy", "Organization Management")
			w.strs("Roles", "View-Only Recipients")
			members := []string{}
			if i == 0 {
				members = append(members, "TenantAdmins_"+uuidOf(g.seed, useGroup, 6)[:5])
			}
			w.strs("Members", members...)
		}))
	}
}
