package event

import (
	"bytes"
	"strings"

	"vakt/internal/extract"
)

// portalColumn says where a field stands in the CSV download of the Entra
// portal. The names are those of downloads of 2024 and 2025, with the blanks
// of the header cleaned; a field without an entry is not there.
type portalColumn struct {
	csv string // columns, joined by "|": the first that has a value wins
	// read, if set, brings a cell to Graph's form; nil is no value.
	read func(r *Record, cell []byte) []byte
	// build, if set, makes the value of several columns, as JSON.
	build func(r *Record) []byte
}

// portalColumns are the fields of the download by log.
var portalColumns = map[Log]map[string]portalColumn{
	SignIn: {
		"id":                           {csv: "Request ID"},
		"createdDateTime":              {csv: "Date (UTC)"},
		"userId":                       {csv: "User ID"},
		"userPrincipalName":            {csv: "Username"},
		"userDisplayName":              {csv: "User"},
		"userType":                     {csv: "User type", read: graphWord},
		"servicePrincipalId":           {csv: "Service principal ID"},
		"servicePrincipalName":         {csv: "Service principal name"},
		"appId":                        {csv: "Application ID"},
		"appDisplayName":               {csv: "Application"},
		"resourceId":                   {csv: "Resource ID"},
		"resourceDisplayName":          {csv: "Resource"},
		"resourceTenantId":             {csv: "Resource tenant ID"},
		"homeTenantId":                 {csv: "Home tenant ID"},
		"ipAddress":                    {csv: "IP address"},
		"clientAppUsed":                {csv: "Client app"},
		"userAgent":                    {csv: "User agent"},
		"correlationId":                {csv: "Correlation ID"},
		"status.errorCode":             {csv: "Sign-in error code|Status", read: portalCode},
		"status.failureReason":         {csv: "Failure reason"},
		"mfaResult":                    {csv: "Multifactor authentication result"},
		"conditionalAccessStatus":      {csv: "Conditional Access", read: graphWord},
		"location.city":                {csv: "Location", read: portalCity},
		"location.state":               {csv: "Location", read: portalState},
		"location.countryOrRegion":     {csv: "Location", read: portalCountry},
		"deviceDetail.deviceId":        {csv: "Device ID"},
		"deviceDetail.operatingSystem": {csv: "Operating System"},
		"deviceDetail.browser":         {csv: "Browser"},
		"deviceDetail.isCompliant":     {csv: "Compliant"},
		"deviceDetail.isManaged":       {csv: "Managed"},
		"deviceDetail.trustType":       {csv: "Join Type"},
		"authenticationRequirement":    {csv: "Authentication requirement", read: graphWord},
		"authenticationProtocol":       {csv: "Authentication Protocol", read: graphWord},
		"originalTransferMethod":       {csv: "Original transfer method", read: graphWord},
		"incomingTokenType":            {csv: "Incoming token type|Incoming token type (2)", read: graphWord},
		"clientCredentialType":         {csv: "Client credential type", read: graphWord},
		"crossTenantAccessType":        {csv: "Cross tenant access type", read: graphWord},
		"signInIdentifier":             {csv: "Sign-in identifier"},
		"sessionId":                    {csv: "Session ID"},
		"uniqueTokenIdentifier":        {csv: "Unique token identifier"},
		"autonomousSystemNumber":       {csv: "Autonomous system number"},
		"tokenIssuerType":              {csv: "Token issuer type", read: graphWord},
		"flaggedForReview":             {csv: "Flagged for review"},
	},
	Audit: {
		"activityDateTime":                     {csv: "Date (UTC)"},
		"activityDisplayName":                  {csv: "Activity"},
		"category":                             {csv: "Category"},
		"loggedByService":                      {csv: "Service"},
		"result":                               {csv: "Result"},
		"resultReason":                         {csv: "ResultReason"},
		"correlationId":                        {csv: "CorrelationId"},
		"initiatedBy.user.id":                  {csv: "ActorObjectId", read: ofUser},
		"initiatedBy.user.displayName":         {csv: "ActorDisplayName", read: ofUser},
		"initiatedBy.user.userPrincipalName":   {csv: "ActorUserPrincipalName"},
		"initiatedBy.user.ipAddress":           {csv: "IPAddress"},
		"initiatedBy.app.displayName":          {csv: "ActorDisplayName|ActorServicePrincipalName", read: ofApp},
		"initiatedBy.app.servicePrincipalId":   {csv: "ActorServicePrincipalId|ActorObjectId", read: ofApp},
		"initiatedBy.app.servicePrincipalName": {csv: "ActorServicePrincipalName", read: ofApp},
		"targetResources":                      {csv: "Target1ObjectId|Target1DisplayName|Target1Type", build: (*Record).portalTargets},
		"additionalDetails":                    {csv: "AdditionalDetail1Key|AdditionalDetail1Value", build: (*Record).portalDetails},
	},
}

// portalValue answers for a column of a portal download. A column that the
// file at hand lacks is unknown.
func (r *Record) portalValue(f *field) Values {
	missing := true
	for _, src := range f.sources[PortalCSV] {
		raw := r.slot(src.path)
		if raw == nil {
			continue
		}
		missing = false
		if f.portal.build != nil {
			break
		}
		if extract.IsNull(raw) {
			continue
		}
		if f.portal.read == nil {
			return r.decode(f.kind, raw)
		}
		if cell := f.portal.read(r, r.textOf(raw)); len(cell) > 0 {
			v, ok := r.typed(f.kind, Value{Text: cell})
			if ok {
				return r.one(v.Text, v.Type)
			}
		}
	}
	if missing || f.portal.build == nil {
		return Values{Unknown: missing}
	}
	return r.one(f.portal.build(r), JSON)
}

// portalCode reads the error code of a sign-in: empty or "None" at a success,
// which the Status column then tells.
func portalCode(_ *Record, cell []byte) []byte {
	switch cell = bytes.TrimSpace(cell); {
	case bytes.EqualFold(cell, []byte("Success")):
		return []byte("0")
	case len(cell) > 0 && bytes.Trim(cell, "0123456789") == nil:
		return cell
	}
	return nil
}

// A place is "City, State, CC". Each part may be empty, and the city may hold
// commas itself.
func portalCountry(_ *Record, cell []byte) []byte {
	return bytes.TrimSpace(cell[bytes.LastIndexByte(cell, ',')+1:])
}

func portalState(r *Record, cell []byte) []byte {
	rest, ok := beforeComma(cell)
	if !ok {
		return nil
	}
	return portalCountry(r, rest)
}

func portalCity(_ *Record, cell []byte) []byte {
	rest, _ := beforeComma(cell)
	rest, ok := beforeComma(rest)
	if !ok {
		return nil
	}
	return bytes.TrimSpace(rest)
}

func beforeComma(text []byte) ([]byte, bool) {
	at := bytes.LastIndexByte(text, ',')
	if at < 0 {
		return nil, false
	}
	return text[:at], true
}

// graphWords are values that Graph writes as one word and the portal, in some
// columns and years, for people: "Not Applied", "Device code".
var graphWords = wordsByLetters("success", "failure", "notApplied", "member", "guest",
	"singleFactorAuthentication", "multiFactorAuthentication",
	"none", "oAuth2", "ropc", "wsFederation", "saml20", "saml11", "deviceCode", "deviceCodeFlow", "authenticationTransfer", "nativeAuth",
	"primaryRefreshToken", "refreshToken", "remoteDesktopToken",
	"clientSecret", "clientAssertion", "federatedIdentityCredential", "managedIdentity", "certificate",
	"b2bCollaboration", "b2bDirectConnect", "microsoftSupport", "serviceProvider", "passthrough",
	"AzureAD", "ADFederationServices")

func wordsByLetters(words ...string) map[string]string {
	m := map[string]string{}
	for _, w := range words {
		m[letters([]byte(w))] = w
	}
	return m
}

// letters are the letters and digits of a text, lower case.
func letters(text []byte) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		}
		return -1
	}, strings.ToLower(string(text)))
}

// graphWord gives Graph's word for a cell; a cell without one stays.
func graphWord(r *Record, cell []byte) []byte {
	if w, ok := graphWords[letters(cell)]; ok {
		return r.keep(w)
	}
	return cell
}

// byApp says whether an app started the audited operation.
func (r *Record) byApp() bool {
	kind := r.markText(markActorType)
	return len(kind) > 0 && !bytes.EqualFold(kind, []byte("User"))
}

func ofUser(r *Record, cell []byte) []byte {
	if r.byApp() {
		return nil
	}
	return cell
}

func ofApp(r *Record, cell []byte) []byte {
	if !r.byApp() {
		return nil
	}
	return cell
}
