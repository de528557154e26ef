package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The columns of the Entra portal's CSV downloads. Trailing and double blanks
// are the portal's own, and one name comes twice.

// signInColumns are those of user sign-ins as of December 2025, interactive
// or not: which of the two a record is, only the file's name tells.
var signInColumns = []string{
	"Date (UTC)", "Request ID", "User agent", "Correlation ID", "User ID", "User", "Username", "User type",
	"Cross tenant access type", "Incoming token type", "Authentication Protocol", "Unique token identifier",
	"Original transfer method", "Client credential type", "Token Protection - Sign In Session",
	"Token Protection - Sign In Session StatusCode", "Application", "Application ID ", "App owner tenant ID",
	"Resource", "Resource ID ", "Resource tenant ID", "Resource owner tenant ID", "Home tenant ID",
	"Home tenant name", "IP address", "Location", "Status", "Sign-in error code", "Failure reason", "Client app",
	"Device ID", "Browser", "Operating System", "Compliant", "Managed", "Join Type",
	"Multifactor authentication result", "Multifactor authentication auth method",
	"Multifactor authentication auth detail", "Authentication requirement", "Sign-in identifier", "Session ID",
	"IP address (seen by resource)", "Through Global Secure Access", "Global Secure Access IP address",
	"Autonomous system  number", "Flagged for review", "Token issuer type", "Incoming token type",
	"Token issuer name", "Latency", "Conditional Access", "Managed Identity type", "Associated Resource Id",
	"Federated Token Id", "Federated Token Issuer",
}

// signInColumns2024 are those of October 2024.
func signInColumns2024() []string {
	return slices.DeleteFunc(slices.Clone(signInColumns), func(c string) bool {
		return c == "App owner tenant ID" || c == "Resource owner tenant ID"
	})
}

// applicationColumns are those of the sign-ins of service principals and
// managed identities.
var applicationColumns = []string{
	"Date (UTC)", "Request ID", "Correlation ID", "Service principal ID", "Service principal name", "Credential key ID",
	"Credential thumbprint", "Application", "Application ID ", "App owner tenant ID", "Resource", "Resource ID ",
	"Resource tenant ID", "Resource owner tenant ID", "Home tenant ID", "Home tenant name", "IP address", "Location",
	"Status", "Sign-in error code", "Failure reason", "Conditional Access",
}

// How much of an audit has room in a row; what is more is lost there.
const (
	portalTargets, portalChanges, portalDetails = 3, 5, 6
)

// auditColumns are those of directory audits.
func auditColumns() []string {
	row := portalAudit(object{})
	columns, _ := row.cells()
	return columns
}

// portalCSV returns a record as a row of the portal's CSV download. What has
// no column there is lost, and what the record does not say is empty.
func portalCSV(opts *Options, rec Record, o object) object {
	columns := signInColumns
	switch {
	case rec.Log == Audit:
		return portalAudit(o)
	case isApplication(o):
		columns = applicationColumns
	case opts.Portal2024:
		columns = signInColumns2024()
	}
	row := object{}
	seen := map[string]bool{}
	for _, c := range columns {
		text := portalCell(o, c)
		if seen[c] { // the second of that name is written for people
			text = firstKnown(tokenLabels[text], text)
		}
		seen[c] = true
		row.addText(c, text)
	}
	return row
}

func isApplication(o object) bool {
	c := category(o)
	return c == "ServicePrincipalSignInLogs" || c == "ManagedIdentitySignInLogs"
}

// portalPaths are the columns that hold a value of a sign-in as it is.
var portalPaths = map[string][]string{
	"Date (UTC)": {"createdDateTime"}, "Request ID": {"id"}, "User agent": {"userAgent"}, "Correlation ID": {"correlationId"},
	"User ID": {"userId"}, "User": {"userDisplayName"}, "Username": {"userPrincipalName"},
	"Cross tenant access type": {"crossTenantAccessType"}, "Incoming token type": {"incomingTokenType"},
	"Authentication Protocol": {"authenticationProtocol"}, "Unique token identifier": {"uniqueTokenIdentifier"},
	"Original transfer method": {"originalTransferMethod"}, "Client credential type": {"clientCredentialType"},
	"Token Protection - Sign In Session":            {"tokenProtectionStatusDetails", "signInSessionStatus"},
	"Token Protection - Sign In Session StatusCode": {"tokenProtectionStatusDetails", "signInSessionStatusCode"},
	"Application": {"appDisplayName"}, "Application ID ": {"appId"}, "App owner tenant ID": {"appOwnerTenantId"},
	"Resource": {"resourceDisplayName"}, "Resource ID ": {"resourceId"}, "Resource tenant ID": {"resourceTenantId"},
	"Resource owner tenant ID": {"resourceOwnerTenantId"}, "Home tenant ID": {"homeTenantId"}, "Home tenant name": {"homeTenantName"},
	"IP address": {"ipAddress"}, "Failure reason": {"status", "failureReason"}, "Client app": {"clientAppUsed"},
	"Device ID": {"deviceDetail", "deviceId"}, "Browser": {"deviceDetail", "browser"},
	"Operating System": {"deviceDetail", "operatingSystem"}, "Join Type": {"deviceDetail", "trustType"},
	"Multifactor authentication result":      {"status", "additionalDetails"},
	"Multifactor authentication auth method": {"mfaDetail", "authMethod"},
	"Multifactor authentication auth detail": {"mfaDetail", "authDetail"},
	"Sign-in identifier":                     {"signInIdentifier"}, "Session ID": {"sessionId"},
	"IP address (seen by resource)":   {"ipAddressFromResourceProvider"},
	"Global Secure Access IP address": {"globalSecureAccessIpAddress"},
	"Autonomous system  number":       {"autonomousSystemNumber"}, "Token issuer name": {"tokenIssuerName"},
	"Latency": {"processingTimeInMilliseconds"}, "Managed Identity type": {"managedServiceIdentity", "msiType"},
	"Associated Resource Id": {"managedServiceIdentity", "associatedResourceId"},
	"Federated Token Id":     {"managedServiceIdentity", "federatedTokenId"},
	"Federated Token Issuer": {"managedServiceIdentity", "federatedTokenIssuer"},
	"Service principal ID":   {"servicePrincipalId"}, "Service principal name": {"servicePrincipalName"},
	"Credential key ID": {"servicePrincipalCredentialKeyId"}, "Credential thumbprint": {"servicePrincipalCredentialThumbprint"},
}

// portalFlags are the columns that hold TRUE or FALSE.
var portalFlags = map[string][]string{
	"Compliant": {"deviceDetail", "isCompliant"}, "Managed": {"deviceDetail", "isManaged"},
	"Through Global Secure Access": {"isThroughGlobalSecureAccess"}, "Flagged for review": {"flaggedForReview"},
}

// portalLabels are the columns in which the portal writes words of its own;
// a value without one is written as it is.
var portalLabels = map[string]struct {
	key    string
	labels map[string]string
}{
	"Conditional Access":         {"conditionalAccessStatus", map[string]string{"success": "Success", "failure": "Failure", "notApplied": "Not Applied"}},
	"Authentication requirement": {"authenticationRequirement", map[string]string{"multiFactorAuthentication": "Multifactor authentication", "singleFactorAuthentication": "Single-factor authentication"}},
	"Token issuer type":          {"tokenIssuerType", map[string]string{"AzureAD": "Azure AD"}},
	"User type":                  {"userType", map[string]string{"member": "Member", "guest": "Guest"}},
}

// tokenLabels are the words for an incoming token type.
var tokenLabels = map[string]string{
	"none": "None", "primaryRefreshToken": "Primary refresh token", "refreshToken": "Refresh token",
	"saml11": "SAML 1.1", "saml20": "SAML 2.0",
}

func portalCell(o object, column string) string {
	if path, ok := portalPaths[column]; ok {
		return o.text(path...)
	}
	if path, ok := portalFlags[column]; ok {
		return strings.ToUpper(o.text(path...))
	}
	if l, ok := portalLabels[column]; ok {
		value := o.text(l.key)
		return firstKnown(l.labels[value], value)
	}
	switch code := o.text("status", "errorCode"); column {
	case "Location":
		return portalPlace(o)
	case "Status":
		return portalStatus(code)
	case "Sign-in error code":
		if code == "0" { // a success has no code there
			return ""
		}
		return code
	}
	return ""
}

// portalPlace writes a place as "City, State, CC", any of which may be empty.
func portalPlace(o object) string {
	place := objectOf(o.get("location"))
	if place == nil {
		return ""
	}
	return strings.Join([]string{place.text("city"), place.text("state"), place.text("countryOrRegion")}, ", ")
}

// interrupting are the error codes that the portal shows as Interrupted: the
// person was asked for something and may go on.
var interrupting = []int{
	50058, 50140, 51006, 50059, 65001, 52004, 50055, 50144, 50072, 50074, 16000, 16001, 16003, 50127, 50125, 50129,
	50143, 81010, 81012, 81014, 50076, 50079, 50097, 50203,
}

func portalStatus(code string) string {
	n, err := strconv.Atoi(code)
	switch {
	case err != nil:
		return ""
	case n == 0:
		return "Success"
	case slices.Contains(interrupting, n):
		return "Interrupted"
	}
	return "Failure"
}

// portalAudit returns an audit as a row: targets, their modified properties
// and the additional details are spread over numbered columns.
func portalAudit(o object) object {
	user, app := objectOf(o.get("initiatedBy", "user")), objectOf(o.get("initiatedBy", "app"))
	kind := ""
	switch {
	case user != nil:
		kind = "User"
	case app != nil:
		kind = "Application"
	}
	row := object{}
	for _, c := range [][2]string{
		{"Date (UTC)", o.text("activityDateTime")}, {"CorrelationId", o.text("correlationId")}, {"Service", o.text("loggedByService")},
		{"Category", o.text("category")}, {"Activity", o.text("activityDisplayName")}, {"Result", o.text("result")},
		{"ResultReason", o.text("resultReason")}, {"User Agent", o.text("userAgent")}, {"ActorType", kind},
		{"ActorDisplayName", firstKnown(user.text("displayName"), app.text("displayName"))}, {"ActorObjectId", user.text("id")},
		{"ActorUserPrincipalName", user.text("userPrincipalName")}, {"IPAddress", user.text("ipAddress")},
		{"ActorHomeTenantId", user.text("homeTenantId")}, {"ActorHomeTenantName", user.text("homeTenantName")},
		{"ActorServicePrincipalId", app.text("servicePrincipalId")}, {"ActorServicePrincipalName", app.text("servicePrincipalName")},
	} {
		row.addText(c[0], c[1])
	}
	targets := elementsOf(o.get("targetResources"))
	for i := range portalTargets {
		row.addTarget(fmt.Sprintf("Target%d", i+1), nth(targets, i))
	}
	details := elementsOf(o.get("additionalDetails"))
	for i := range portalDetails {
		d := nth(details, i)
		row.addText(fmt.Sprintf("AdditionalDetail%dKey", i+1), d.text("key"))
		row.addText(fmt.Sprintf("AdditionalDetail%dValue", i+1), d.text("value"))
	}
	return row
}

// nth returns an element of a list as an object, nil where there is none.
func nth(list [][]byte, i int) object {
	if i >= len(list) {
		return nil
	}
	return objectOf(list[i])
}

func (o *object) addTarget(name string, t object) {
	o.addText(name+"Type", t.text("type"))
	o.addText(name+"DisplayName", t.text("displayName"))
	o.addText(name+"ObjectId", t.text("id"))
	o.addText(name+"UserPrincipalName", t.text("userPrincipalName"))
	properties := elementsOf(t.get("modifiedProperties"))
	for i := range portalChanges {
		p, column := nth(properties, i), fmt.Sprintf("%sModifiedProperty%d", name, i+1)
		o.addText(column+"Name", p.text("displayName"))
		o.addText(column+"OldValue", p.text("oldValue"))
		o.addText(column+"NewValue", p.text("newValue"))
	}
}
