package sim

import "strings"

// signIn holds what is drawn for one sign-in record.
type signIn struct {
	*writer
	w      *world
	e      *event
	who    account
	place  origin
	device device
	app    app
	out    outcome
	when   string
	alone  bool // no second factor was asked for

	// Of a month, and empty elsewhere.
	of      string // what session it belongs to; "" is by device, place and day
	flow    string // authenticationProtocol, where it is not the usual one
	says    string // status.additionalDetails, where it is not the code's
	tenant  string // the tenant that is signed in to; "" is the own one
	blocked string // id of the policy that blocks
}

// signIn writes a sign-in with every property of Graph's beta resource, in
// the order in which the service returns them: simple values first.
func (w *world) signIn(e *event) []byte {
	s := signIn{writer: &writer{b: make([]byte, 0, 6<<10)}, w: w, e: e, who: w.account(int(e.who)), out: outcomes[e.code]}
	r := random(mix(e.began(), useDetail))
	phone := false
	s.place, phone = w.where(&event{seed: e.began(), who: e.who, from: e.from})
	s.app = pick(&r, apps)
	s.device = s.who.devices[0]
	switch {
	case s.place.hostile:
		s.device, s.app = foreign, appNamed(e.to)
	case phone:
		s.device = s.who.devices[1]
	}
	s.write(&r)
	return s.b
}

func (s *signIn) write(r *random) {
	s.when = s.e.time().Format("2006-01-02T15:04:05Z")
	s.item(func() {
		s.person()
		s.request()
		s.riskPart()
		s.authentication(r)
		s.session(r)
		s.nested()
	})
}

func (s *signIn) person() {
	s.str("id", s.e.id())
	s.str("createdDateTime", s.when)
	s.str("userDisplayName", s.who.name)
	s.str("userPrincipalName", s.who.signIn)
	s.str("userId", s.who.id)
	s.str("appId", s.app.id)
	s.str("appDisplayName", s.app.name)
	s.str("ipAddress", s.place.ip)
	s.null("ipAddressFromResourceProvider")
	s.str("clientAppUsed", s.app.client)
	s.str("userAgent", s.device.agent)
}

func (s *signIn) request() {
	s.str("correlationId", s.e.correlation())
	s.str("conditionalAccessStatus", s.out.access)
	s.str("originalRequestId", derivedUUID(s.e.began(), useID))
	s.bit("isInteractive", !s.e.quiet)
	s.str("tokenIssuerName", "")
	s.str("tokenIssuerType", "AzureAD")
	s.str("clientCredentialType", "none")
	s.num("processingTimeInMilliseconds", 40+int(s.e.seed%400))
}

// riskPart says none, save for a sign-in that a risk detection is about.
func (s *signIn) riskPart() {
	level, state := "none", "none"
	var types []string
	if s.e.note != "" {
		level, state, types = riskTypes[s.e.note].level, "atRisk", []string{s.e.note}
	}
	s.str("riskDetail", "none")
	s.str("riskLevelAggregated", level)
	s.str("riskLevelDuringSignIn", level)
	s.str("riskState", state)
	s.strs("riskEventTypes") // deprecated: its enumeration lacks the newer types
	s.strs("riskEventTypes_v2", types...)
}

func (s *signIn) authentication(r *random) {
	s.str("resourceDisplayName", s.app.resourceName)
	s.str("resourceId", s.app.resource)
	s.str("resourceTenantId", firstKnown(s.tenant, s.w.s.Tenant.ID))
	s.str("homeTenantId", s.who.home)
	s.str("homeTenantName", "")
	s.strs("authenticationMethodsUsed")
	requirement := "multiFactorAuthentication"
	if s.alone || !s.out.password {
		requirement = "singleFactorAuthentication" // it did not come to the second factor
	}
	s.str("authenticationRequirement", requirement)
	s.str("alternateSignInName", s.who.signIn)
	s.str("signInIdentifier", s.who.signIn)
	s.null("signInIdentifierType")
	s.null("servicePrincipalName")
	types := "interactiveUser"
	if s.e.quiet {
		types = "nonInteractiveUser"
	}
	s.strs("signInEventTypes", types)
	s.str("servicePrincipalId", "")
	s.str("userType", map[bool]string{true: "guest", false: "member"}[s.who.guest])
	s.bit("flaggedForReview", false)
	s.bit("isTenantRestricted", false)
	s.num("autonomousSystemNumber", s.place.asn)
	s.str("crossTenantAccessType", map[bool]string{true: "b2bCollaboration", false: "none"}[s.who.guest || s.tenant != ""])
	s.null("servicePrincipalCredentialKeyId")
	s.str("servicePrincipalCredentialThumbprint", "")
	s.str("uniqueTokenIdentifier", tokenID(r))
}

// tokenID looks like the base64url text of 16 bytes.
func tokenID(r *random) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var b [22]byte
	for i := range b[:21] {
		b[i] = letters[r.below(64)]
	}
	b[21] = "AQgw"[r.below(4)]
	return string(b[:])
}

func (s *signIn) session(r *random) {
	token, protocol := "none", "none"
	if s.e.quiet {
		token, protocol = "primaryRefreshToken", "oAuth2"
	}
	transfer := "none"
	if s.flow == deviceCode {
		protocol, transfer = deviceCode, "deviceCodeFlow"
	}
	s.str("incomingTokenType", token)
	s.str("authenticationProtocol", protocol)
	s.null("appServicePrincipalId")
	s.str("resourceServicePrincipalId", derivedUUID(s.w.seed, useDetail, textSeed(s.app.resource)))
	s.str("signInTokenProtectionStatus", "none")
	s.str("appTokenProtectionStatus", "none")
	s.str("originalTransferMethod", transfer)
	s.bit("isThroughGlobalSecureAccess", false)
	s.null("globalSecureAccessIpAddress")
	s.strs("conditionalAccessAudiences", s.app.resource)
	s.str("sessionId", s.sessionID())
	s.str("clientSessionId", r.uuid())
	s.str("appOwnerTenantId", microsoftTenant)
	s.str("resourceOwnerTenantId", microsoftTenant)
}

// deviceCode is the protocol of a sign-in on another device.
const deviceCode = "deviceCode"

// sessionID is one for a person's device and day.
func (s *signIn) sessionID() string {
	if s.of != "" {
		return derivedUUID(s.w.seed, useSession, textSeed(s.of))
	}
	return derivedUUID(s.w.seed, useSession, uint64(s.e.who), textSeed(s.device.id+s.place.ip), uint64(s.e.at/int64(dayLength)))
}

func (s *signIn) nested() {
	s.object("managedServiceIdentity", func() {
		s.str("msiType", "none")
		s.null("associatedResourceId")
		s.null("federatedTokenId")
		s.null("federatedTokenIssuer")
	})
	s.object("status", func() {
		s.num("errorCode", int(s.e.code))
		s.str("failureReason", s.out.reason)
		s.orNull("additionalDetails", s.statusDetail())
	})
	s.deviceDetail()
	s.location(s.place)
	s.null("mfaDetail")
	s.null("authenticationAppDeviceDetails")
	s.object("tokenProtectionStatusDetails", func() {
		s.str("signInSessionStatus", "none")
		s.null("signInSessionStatusCode")
	})
	s.policies()
	s.strs("authenticationContextClassReferences")
	s.processing()
	s.networks()
	s.steps()
	s.requirementPolicies()
	s.strs("sessionLifetimePolicies")
	s.null("privateLinkDetails")
	s.strs("authenticationAppPolicyEvaluationDetails")
}

func (s *signIn) statusDetail() string {
	if s.says != "" {
		return s.says
	}
	if s.alone && s.e.code == 0 {
		return ""
	}
	if s.e.code == 0 && (s.e.quiet || s.e.seed%3 == 0) {
		return "MFA requirement satisfied by claim in the token"
	}
	return s.out.detail
}

func (s *signIn) deviceDetail() {
	d := s.device
	s.object("deviceDetail", func() {
		s.str("deviceId", d.id)
		s.str("displayName", d.name)
		s.str("operatingSystem", d.system)
		s.str("browser", d.browser)
		s.null("browserId")
		s.bit("isCompliant", d.managed)
		s.bit("isManaged", d.managed)
		s.str("trustType", d.trust)
	})
}

func (w *writer) location(o origin) {
	w.object("location", func() {
		w.str("city", o.city)
		w.str("state", o.state)
		w.str("countryOrRegion", o.country)
		w.object("geoCoordinates", func() {
			w.null("altitude")
			w.float("latitude", o.lat)
			w.float("longitude", o.lon)
		})
	})
}

// caPolicy is a Conditional Access policy of the tenant.
type caPolicy struct {
	id, name, result, control string
}

// policies writes how each Conditional Access policy took part. The texts of
// enforcedGrantControls are those that the service returns ("Mfa", "Block").
func (s *signIn) policies() {
	mfa, block := "success", "notApplied"
	switch {
	case s.out.second && s.out.access == "failure":
		mfa = "failure"
	case s.out.access == "failure" && s.blocked == "":
		block = "failure"
	case s.out.access == "notApplied":
		mfa = "notApplied"
	}
	s.array("appliedConditionalAccessPolicies", func() {
		s.policy(caPolicy{"0d1c2b3a-4f5e-4a6b-8c7d-000000000001", "Kräv MFA för alla", mfa, "Mfa"})
		s.policy(caPolicy{"0d1c2b3a-4f5e-4a6b-8c7d-000000000002", "Blockera okända platser", block, "Block"})
		s.policy(caPolicy{"0d1c2b3a-4f5e-4a6b-8c7d-000000000003", "Kräv hanterad enhet (test)", "reportOnlyNotApplied", "RequireCompliantDevice"})
		if s.blocked != "" {
			s.policy(caPolicy{s.blocked, "Blockera ohanterade enheter", "failure", "Block"})
		}
	})
}

func (s *signIn) policy(p caPolicy) {
	satisfied, missing := "application,users", "none"
	if p.result == "notApplied" || strings.HasPrefix(p.result, "reportOnly") {
		satisfied, missing = "application", "location"
	}
	s.item(func() {
		s.str("id", p.id)
		s.str("displayName", p.name)
		s.strs("enforcedGrantControls", p.control)
		s.strs("enforcedSessionControls")
		s.strs("sessionControlsNotSatisfied")
		s.str("result", p.result)
		s.str("conditionsSatisfied", satisfied)
		s.str("conditionsNotSatisfied", missing)
		s.null("authenticationStrength")
		s.array("includeRulesSatisfied", func() {
			if missing == "none" {
				s.pair("conditionalAccessCondition", "application", "ruleSatisfied", "allApps")
				s.pair("conditionalAccessCondition", "users", "ruleSatisfied", "allUsers")
			}
		})
		s.strs("excludeRulesSatisfied")
	})
}

func (s *signIn) processing() {
	s.array("authenticationProcessingDetails", func() {
		for _, d := range [][2]string{
			{"Legacy TLS (TLS 1.0, 1.1, 3DES)", "False"},
			{"Domain Hint Present", "False"},
			{"Login Hint Present", "True"},
			{"Oauth Scope Info", `["email","openid","profile","User.Read","Mail.ReadWrite"]`},
			{"Is CAE Token", "True"},
			{"Root Key Type", "Unknown"},
		} {
			s.pair("key", d[0], "value", d[1])
		}
	})
}

func (s *signIn) networks() {
	s.array("networkLocationDetails", func() {
		if s.place.network == "" {
			return
		}
		s.item(func() {
			s.str("networkType", "trusted")
			s.strs("networkNames", s.place.network)
		})
	})
}

// steps writes authenticationDetails: the password, then the second factor.
func (s *signIn) steps() {
	s.array("authenticationDetails", func() {
		switch {
		case s.e.quiet && s.e.code != 0, s.out.bare:
		case s.e.quiet:
			s.step("Previously satisfied", "", true, "First factor requirement satisfied by claim in the token", "Primary authentication")
		case !s.out.password:
			s.step("Password", "Password in the cloud", false, s.out.step, "Primary authentication")
		default:
			s.step("Password", "Password in the cloud", true, "Correct password", "Primary authentication")
			s.secondStep()
		}
	})
}

func (s *signIn) secondStep() {
	switch {
	case s.out.second:
		s.step("Mobile app notification", "", false, firstKnown(s.says, s.out.step), "Secondary authentication")
	case s.e.code == 0 && !s.alone:
		s.step("Mobile app notification", "", true, s.statusDetail(), "Secondary authentication")
	}
}

func (s *signIn) step(method, detail string, ok bool, result, requirement string) {
	s.item(func() {
		s.str("authenticationStepDateTime", s.when)
		s.str("authenticationMethod", method)
		s.orNull("authenticationMethodDetail", detail)
		s.bit("succeeded", ok)
		s.str("authenticationStepResultDetail", result)
		s.str("authenticationStepRequirement", requirement)
	})
}

func (s *signIn) requirementPolicies() {
	s.array("authenticationRequirementPolicies", func() {
		if s.out.password && !s.alone {
			s.pair("requirementProvider", "multiConditionalAccess", "detail", "Conditional Access")
		}
	})
}
