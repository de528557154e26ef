package rule

import (
	"strings"

	"vakt/internal/text"
)

// signInAliases: SigninLogs and its siblings, diagnostic records, the portal's
// download, and the names of rules that were written from the portal's pages.
var signInAliases = map[string]alias{
	"resulttype":                      {to: "status.errorCode"},
	"errorcode":                       {to: "status.errorCode"},
	"signinerrorcode":                 {to: "status.errorCode"},
	"resultdescription":               {to: "status.failureReason"},
	"failurereason":                   {to: "status.failureReason"},
	"additionaldetails":               {to: "vakt.stepDetails"},
	"mfaresult":                       {to: "vakt.stepDetails"},
	"multifactorauthenticationresult": {to: "vakt.stepDetails"},
	"status":                          {read: signInStatus},
	"message":                         {read: signInMessage},
	"activitydetails":                 {read: signInActivity},
	"activity":                        {read: signInActivity},
	"operationname":                   {read: signInActivity},
	"category":                        {read: signInCategory},

	"user":                            {to: "userDisplayName"},
	"identity":                        {to: "userDisplayName"},
	"username":                        {to: "userPrincipalName"},
	"upn":                             {to: "userPrincipalName"},
	"alternatesigninname":             {to: "signInIdentifier"},
	"application":                     {to: "appDisplayName"},
	"applicationid":                   {to: "appId"},
	"clientapp":                       {to: "clientAppUsed"},
	"resource":                        {to: "resourceDisplayName"},
	"resourceidentity":                {to: "resourceId"},
	"conditionalaccess":               {to: "conditionalAccessStatus"},
	"conditionalaccesspolicies":       {to: "appliedConditionalAccessPolicies"},
	"calleripaddress":                 {to: "ipAddress"},
	"clientip":                        {to: "ipAddress"},
	"location":                        {to: "location.countryOrRegion"},
	"country":                         {to: "location.countryOrRegion"},
	"countryorregion":                 {to: "location.countryOrRegion"},
	"locationdetails.countryorregion": {to: "location.countryOrRegion"},
	"city":                            {to: "location.city"},
	"locationdetails.city":            {to: "location.city"},
	"locationdetails.state":           {to: "location.state"},
	"deviceid":                        {to: "deviceDetail.deviceId"},
	"browser":                         {to: "deviceDetail.browser"},
	"operatingsystem":                 {to: "deviceDetail.operatingSystem"},
	"compliant":                       {to: "deviceDetail.isCompliant"},
	"managed":                         {to: "deviceDetail.isManaged"},
	"jointype":                        {to: "deviceDetail.trustType"},
	"riskeventtypes":                  {to: "riskEventTypes_v2"},
	"riskeventtypesv2":                {to: "riskEventTypes_v2"},
	"requestid":                       {to: "id"},
	"timegenerated":                   {to: "createdDateTime"},
	"date":                            {to: "createdDateTime"},
	"aadtenantid":                     {to: "resourceTenantId"},
	"autonomoussystem":                {to: "autonomousSystemNumber"},
	"asn":                             {to: "autonomousSystemNumber"},
	"networklocations":                {to: "networkLocationDetails"},
	"flagged":                         {to: "flaggedForReview"},
	"tokenissuer":                     {to: "tokenIssuerType"},
	"initialdevicecodetransfermethod": {to: "originalTransferMethod"},
	"mfadetail":                       {dead: "mfaDetail is deprecated and not read: use authenticationDetails or vakt.stepDetails"},
	"count":                           {dead: "a record has no count: write a correlation"},
	"targetusername":                  {dead: "TargetUserName is a field of the Windows security log: the sign-in log has userPrincipalName"},
	"authenticationprocessingdetails": {dead: "authenticationProcessingDetails is not read: authenticationProtocol and clientAppUsed tell the protocol"},
	"resultsignature":                 {dead: "ResultSignature repeats the outcome: use status.errorCode"},
	"locationdetails.geocoordinates":  {dead: "use location.geoCoordinates.latitude and longitude"},
	"authenticationmethod":            {dead: "use authenticationDetails or authenticationMethodsUsed"},
	"deviceinformation":               {dead: "use one of the fields deviceDetail.*"},
}

// signInStatus reads the portal's word for the outcome. As a part of a text,
// Status is the column of Log Analytics, which holds the details as well.
func signInStatus(it item) reading {
	if it.how.op == opExists || it.how.expand || it.values[0].kind == nullLiteral {
		return anyField(it, []string{"status.errorCode"})
	}
	zero := literal{kind: numberLiteral, text: "0"}
	var out reading
	details := it
	details.values = nil
	for _, v := range it.values {
		switch form := strings.ToLower(v.text); {
		case form == "success" || form == "succeeded":
			out = append(out, branch{it.is("status.errorCode", zero)})
		case form == "failure" || form == "failed":
			out = append(out, branch{it.is("status.errorCode", zero).not()})
		case form == "interrupted":
			out = append(out, it.lost("%q is a word of the portal, computed from the code: use status.errorCode or vakt.errorClass", v.text)...)
		case it.how.op != opEquals:
			details.values = append(details.values, v)
		case v.kind == numberLiteral:
			out = append(out, branch{it.is("status.errorCode", v)})
		default:
			out = append(out, it.lost("no sign-in has the status %q%s", v.text, hint(v.text, []string{"Success", "Failure"}))...)
		}
	}
	if len(details.values) > 0 {
		out = append(out, anyField(details, []string{"vakt.stepDetails", "status.failureReason"})...)
	}
	return out
}

// signInMessage reads the message that Microsoft's guide asks for in sign-ins:
// what it means is the protocol.
func signInMessage(it item) reading {
	protocols := map[string]string{"device code": "deviceCode", "devicecode": "deviceCode", "ropc": "ropc"}
	var list []literal
	for _, v := range it.values {
		ours := protocols[strings.ToLower(v.text)]
		if ours == "" {
			return it.lost("a sign-in has no message: use status.failureReason, authenticationProtocol or another field")
		}
		list = append(list, word(ours))
	}
	return reading{{it.is("authenticationProtocol", list...)}}
}

// signInActivity reads what only says that the record is a sign-in.
func signInActivity(it item) reading {
	for _, v := range it.values {
		switch nameForm(v.text) {
		case "signins", "signin", "signinactivity":
		default:
			return it.lost("every record of this log is a sign-in, and none is %q", v.text)
		}
	}
	present := it.is("createdDateTime", literal{kind: boolLiteral, text: "true"})
	present.how.op = opExists
	return reading{{present}}
}

// signInCategory reads the category of a diagnostic record.
func signInCategory(it item) reading {
	flag := func(field string, op operator, value string) branch {
		one := it.is(field, literal{kind: boolLiteral, text: value})
		one.how.op = op
		return branch{one}
	}
	var out reading
	names := []string{"SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs"}
	for _, v := range it.values {
		switch strings.ToLower(v.text) {
		case "signinlogs":
			out = append(out, flag("isInteractive", opEquals, "true"))
		case "noninteractiveusersigninlogs":
			out = append(out, flag("isInteractive", opEquals, "false"))
		case "serviceprincipalsigninlogs", "managedidentitysigninlogs":
			out = append(out, flag("servicePrincipalId", opExists, "true"))
		default:
			why := ""
			if near := text.Nearest(v.text, names); near != "" {
				why = ": did you mean " + near + "?"
			}
			out = append(out, it.lost("no sign-in has the category %q%s", v.text, why)...)
		}
	}
	return out
}
