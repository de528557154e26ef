package sim

import "strings"

// outcome is what the log says about a sign-in error code.
type outcome struct {
	reason, detail string // status.failureReason, status.additionalDetails
	step           string // what the failed step says
	password       bool   // the first factor was accepted
	second         bool   // the failed step is the second factor
	access         string // conditionalAccessStatus
	bare           bool   // no factor was asked for at all
}

// outcomes holds the codes that the simulator uses. Texts change over the
// years and are no fact to match; the codes are.
var outcomes = map[int32]outcome{
	0:      {reason: "Other.", detail: "MFA completed in Azure AD", password: true, access: "success"},
	50126:  {reason: "Invalid username or password, or invalid on-premises username or password.", step: "Invalid username or password or Invalid on-premise username or password.", access: "notApplied"},
	50057:  {reason: "The user account is disabled.", step: "User account is disabled", access: "notApplied"},
	50140:  {reason: "'Keep me signed in' interrupt when the user was signing in.", password: true, access: "success"},
	50074:  {reason: "Strong authentication is required.", detail: "MFA required in Azure AD", step: "MFA required in Azure AD", password: true, second: true, access: "success"},
	50097:  {reason: "Device authentication is required.", password: true, access: "success"},
	50076:  {reason: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.", detail: "MFA required in Azure AD", step: "MFA required in Azure AD", password: true, second: true, access: "failure"},
	500121: {reason: "Authentication failed during the strong authentication request.", detail: "MFA denied; user declined the authentication", step: "MFA denied; user declined the authentication", password: true, second: true, access: "success"},
	53003:  {reason: "Access has been blocked by Conditional Access policies.", password: true, access: "failure"},

	// Of a month: what else people, tokens and programs run into.
	16000:  {reason: "User account selection is required for federated sign-in.", access: "notApplied", bare: true},
	16001:  {reason: "User account selection is invalid.", access: "notApplied", bare: true},
	50034:  {reason: "The user account does not exist in the directory.", access: "notApplied", bare: true},
	50053:  {reason: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.", step: "Account is locked because the user tried to sign in too many times with an incorrect user ID or password.", access: "notApplied"},
	50055:  {reason: "The password is expired.", password: true, access: "notApplied"},
	50058:  {reason: "Session information is not sufficient for single-sign-on.", access: "notApplied", bare: true},
	50072:  {reason: "Users' needs to enroll for second factor authentication (interactive).", detail: "MFA required in Azure AD", password: true, access: "failure"},
	50089:  {reason: "Flow token expired.", access: "notApplied", bare: true},
	50105:  {reason: "Your administrator has configured the application to block users unless they are specifically granted access.", password: true, access: "success"},
	50125:  {reason: "Sign-in was interrupted due to a password reset or password registration entry.", password: true, access: "notApplied"},
	50133:  {reason: "Session is invalid due to expiration or recent password change.", access: "notApplied", bare: true},
	50173:  {reason: "Fresh auth token is needed. Have the user re-sign using fresh credentials.", access: "notApplied", bare: true},
	50199:  {reason: "For security reasons, user confirmation is required for this request.", password: true, access: "success"},
	53000:  {reason: "Your device is required to be compliant to access this resource.", password: true, access: "failure"},
	65001:  {reason: "The user or administrator has not consented to use the application.", password: true, access: "success"},
	70008:  {reason: "The provided authorization code or refresh token has expired due to inactivity.", access: "notApplied", bare: true},
	70043:  {reason: "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.", access: "notApplied", bare: true},
	70044:  {reason: "The session has expired or is invalid due to sign-in frequency checks by conditional access.", access: "notApplied", bare: true},
	700082: {reason: "The refresh token has expired due to inactivity.", access: "notApplied", bare: true},
	700084: {reason: "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime.", access: "notApplied", bare: true},
}

// app is an application and the resource that it asks a token for.
type app struct {
	id, name, resource, resourceName, client string
}

// The first-party applications of everyday life, by their public ids.
var apps = []app{
	{"9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "Browser"},
	{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", "00000003-0000-0000-c000-000000000000", "Microsoft Graph", "Mobile Apps and Desktop clients"},
	{"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", "4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", "Browser"},
	{"d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", "00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online", "Mobile Apps and Desktop clients"},
	{"27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "Mobile Apps and Desktop clients"},
}

// appNamed returns the application of that name, else the first one.
func appNamed(name string) app {
	for _, a := range apps {
		if a.name == name {
			return a
		}
	}
	return apps[0]
}

const microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

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
