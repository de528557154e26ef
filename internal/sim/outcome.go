package sim

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
