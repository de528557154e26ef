package event

import (
	"bytes"
	"strings"

	"vakt/internal/extract"
)

// The Azure activity log tells what was done to the resources of Azure
// subscriptions through Azure Resource Manager. It comes in three forms: the
// REST API's events (also `az monitor activity-log list`), the records of
// diagnostic settings and Event Hubs, and rows of the table AzureActivity. An
// operation leaves one event when it begins and one when it ends; they share
// the correlation id, and often only the first one says what was asked for.
// Source: "Azure activity log event schema" and the reference of the table
// AzureActivity, Microsoft Learn, 2026.

// activityColumns: envelope is the whole path in a diagnostic record, whose
// "properties" are the event's own and no copy of it.
var activityColumns = []column{
	{name: "eventTimestamp", kind: asTime, envelope: "time", la: "TimeGenerated"},
	{name: "eventDataId", kind: asID, la: "EventDataId"},
	{name: "operationName", kind: asLower, graph: "operationName.value|operationName", envelope: "operationName", la: "OperationNameValue"},
	{name: "category", graph: "category.value|eventSource.value|category", envelope: "properties.eventCategory|category", la: "CategoryValue|Category"},
	{name: "level", envelope: "level", la: "Level"},
	{name: "status", kind: asProgress, graph: "status.value|status", envelope: "resultType", la: "ActivityStatusValue|ActivityStatus"},
	{name: "subStatus", kind: asOutcomeDetail, graph: "subStatus.value|subStatus", envelope: "resultSignature", la: "ActivitySubstatusValue|ActivitySubstatus"},
	{name: "correlationId", kind: asID, envelope: "correlationId", la: "CorrelationId"},
	{name: "resourceId", kind: asLower, graph: "resourceId|resourceUri", envelope: "resourceId", la: "_ResourceId|ResourceId"},
	{name: "recordedCaller", graph: "caller", envelope: "caller", la: "Caller"},
	{name: "httpRequest.clientIpAddress", kind: asAddress, envelope: "callerIpAddress", la: "CallerIpAddress"},
	{name: "claims", kind: asJSON, whole: true, la: "Claims_d|Claims"},
	{name: "authorization", kind: asJSON, whole: true, la: "Authorization_d|Authorization"},
	{name: "identity", graph: "-", envelope: "identity", la: "-"}, // claims and authorization of a diagnostic record
	{name: "properties.message", envelope: "properties.message", la: "Properties_d.message|Properties.message"},
	{name: "properties.statusCode", envelope: "properties.statusCode", la: "Properties_d.statusCode|Properties.statusCode"},
	{name: "properties.requestbody", envelope: "properties.requestbody", la: "Properties_d.requestbody|Properties.requestbody"},
	{name: "properties.responseBody", envelope: "properties.responseBody", la: "Properties_d.responseBody|Properties.responseBody"},
}

var (
	activityCaller = []string{"recordedCaller", "claims|identity"}
	activityBodies = []string{"properties.requestbody", "properties.responseBody"}
)

// Claims of the caller's token, as Azure Resource Manager names them.
const (
	claimObject = "http://schemas.microsoft.com/identity/claims/objectidentifier"
	claimTenant = "http://schemas.microsoft.com/identity/claims/tenantid"
	claimUPN    = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
	claimMail   = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
)

// activityCategories are the categories of the activity log in diagnostic
// records, in lower case. Write, Delete and Action are those of log profiles.
var activityCategories = map[string]bool{
	"administrative": true, "security": true, "servicehealth": true, "alert": true, "recommendation": true, "policy": true,
	"autoscale": true, "resourcehealth": true, "write": true, "delete": true, "action": true,
}

// isActivity recognises the forms of the activity log. Columns and members
// that no other log has tell a row and an event; a diagnostic record is told
// by its category and an operation with a provider's name.
func (r *Record) isActivity() bool {
	switch {
	case r.has(markEventTimestamp) && (r.has(markOperationObject) || r.has(markOperationName)):
		r.shape = AzureREST
	case r.has(markOperationNameValue) && r.has(markTimeGenerated):
		r.shape = LogAnalytics
	case activityCategories[string(bytes.ToLower(r.markText(markCategory)))] && bytes.IndexByte(r.markText(markOperationName), '/') > 0:
		r.shape = AzureMonitor
	default:
		return false
	}
	return true
}

// activityText is a core field of a record of the activity log; nil for
// records of other logs.
func (r *Record) activityText(c coreField) []byte {
	if r.logs&Activity == 0 {
		return nil
	}
	return r.core(c).First()
}

// progressOf brings the status of an operation to the REST API's word.
func progressOf(text []byte) []byte {
	switch string(bytes.ToLower(text)) {
	case "start", "started":
		return []byte("Started")
	case "accept", "accepted":
		return []byte("Accepted")
	case "success", "succeeded":
		return []byte("Succeeded")
	case "failure", "failed":
		return []byte("Failed")
	}
	return text
}

// afterDot is what follows the full stop in "Succeeded.Created", and the text
// itself where there is none.
func afterDot(text []byte) []byte {
	if _, after, ok := bytes.Cut(text, []byte{'.'}); ok {
		return after
	}
	return text
}

// identityPart is the claims or the authorization of an event. A diagnostic
// record has both below "identity", which is a plain text in all others.
func (r *Record) identityPart(f *field, name string) []byte {
	if r.shape == AzureMonitor {
		return extract.Member(extract.Member(r.raw, "identity"), name)
	}
	for _, b := range f.from {
		for _, column := range b {
			if r.layout.fields[column].name == name {
				return r.Field(column).First()
			}
		}
	}
	return nil
}

// claim is the text of one claim of the caller's token, or nil.
func (r *Record) claim(f *field, name string) []byte {
	return r.member(r.identityPart(f, "claims"), name)
}

func claimNamed(r *Record, f *field) Values { return r.oneIf(r.claim(f, f.param)) }

func authorizationNamed(r *Record, f *field) Values {
	return r.oneIf(r.member(r.identityPart(f, "authorization"), f.param))
}

// callerName is the name of whoever did it: the claims come first, as a
// diagnostic record has nothing else. An application is called by its object
// id, as the events themselves do.
func callerName(r *Record, f *field) Values {
	for _, name := range []string{claimUPN, claimMail} {
		if text := r.claim(f, name); len(text) > 0 {
			return r.one(text, String)
		}
	}
	if caller := r.base(f, 0); len(caller.First()) > 0 {
		return caller
	}
	return r.oneIf(r.lower(r.claim(f, claimObject)))
}

// activityActor is the object id of whoever did it, else the name.
func (r *Record) activityActor(f *field) Values {
	if id := r.lower(r.claim(f, claimObject)); !noID(id) {
		return r.one(id, String)
	}
	return r.oneIf(r.lower(callerName(r, f).First()))
}

// activityAddress is where the call came from.
func activityAddress(r *Record, f *field) Values {
	if v := r.base(f, 0); len(v.First()) > 0 {
		return v
	}
	return r.oneIf(r.address(r.claim(f, "ipaddr")))
}

// activityAccount is whom a role was given to, unless that is no person; any
// other operation is about nobody.
func (r *Record) activityAccount(f *field) Values {
	if kind := r.assigned(f, "principalType"); len(kind) > 0 && !bytes.EqualFold(kind, []byte("User")) {
		return Values{}
	}
	return r.oneIf(r.lower(r.assigned(f, "principalId")))
}

// assigned reads what a role assignment was asked to be, or came to be: the
// body of the answer or of the request, which are JSON text. Azure cuts long
// bodies off; of those there is what stands before the end.
func (r *Record) assigned(f *field, name string) []byte {
	if !bytes.Contains(r.core(activityOperation).First(), []byte("microsoft.authorization/role")) {
		return nil
	}
	for i := len(f.from) - 1; i >= 0; i-- {
		body := bytes.TrimSpace(r.base(f, i).First())
		if raw := extract.Member(extract.Member(body, "properties"), name); extract.Kind(raw) == '"' {
			return r.textOf(raw)
		}
	}
	return nil
}

func principalID(r *Record, f *field) Values {
	if id := r.lower(r.assigned(f, "principalId")); !noID(id) {
		return r.one(id, String)
	}
	return Values{}
}

func principalType(r *Record, f *field) Values { return r.oneIf(r.assigned(f, "principalType")) }

// roleID is the id of the role's definition without the path before it. It is
// the same in every subscription for the roles that Azure brings along.
func roleID(r *Record, f *field) Values {
	path := r.lower(r.assigned(f, "roleDefinitionId"))
	return r.oneIf(path[bytes.LastIndexByte(path, '/')+1:])
}

// roleScope is how far an assignment reaches: tenant, management_group,
// subscription, resource_group or resource, by the id of the assignment.
func roleScope(r *Record, f *field) Values {
	before, _, ok := bytes.Cut(r.lower(r.base(f, 0).First()), []byte("/providers/microsoft.authorization/role"))
	if !ok {
		return Values{}
	}
	return r.one([]byte(scopeWord(string(before))), String)
}

func scopeWord(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case path == "":
		return "tenant"
	case strings.HasPrefix(path, "/providers/microsoft.management/managementgroups/") && len(parts) == 4:
		return "management_group"
	case parts[0] == "subscriptions" && len(parts) == 2:
		return "subscription"
	case parts[0] == "subscriptions" && len(parts) == 4 && parts[2] == "resourcegroups":
		return "resource_group"
	}
	return "resource"
}

// resourceProvider is the name before the first slash of an operation.
func resourceProvider(r *Record, f *field) Values {
	name, _, ok := bytes.Cut(r.base(f, 0).First(), []byte{'/'})
	if !ok {
		return Values{}
	}
	return r.oneIf(name)
}

// subscriptionOf is the subscription in which the resource lies.
func subscriptionOf(r *Record, f *field) Values {
	rest, ok := bytes.CutPrefix(r.base(f, 0).First(), []byte("/subscriptions/"))
	if !ok {
		return Values{}
	}
	id, _, _ := bytes.Cut(rest, []byte{'/'})
	return r.oneIf(id)
}

// addActivity hands out whom a role was given to, which, who gave it and from
// where; of other operations, who did them and from where.
func (r *Record) addActivity(add func(kind string, id, name []byte)) {
	add("account", r.core(activityAccount).First(), nil)
	given := r.layout.fields[r.layout.core[activityAccount]]
	if bytes.EqualFold(r.assigned(given, "principalType"), []byte("Group")) {
		add("group", r.lower(r.assigned(given, "principalId")), nil)
	}
	f := r.layout.fields[r.layout.core[activityActor]]
	name := callerName(r, f).First()
	kind := "service_principal"
	if bytes.IndexByte(name, '@') >= 0 {
		kind = "account"
	}
	add(kind, r.core(activityActor).First(), name)
	add("role", r.core(activityRole).First(), nil)
	add("ip", r.core(activityIP).First(), nil)
}

// activityTenant is the tenant whose users may sign in to the subscription, as
// the caller's token says.
func (r *Record) activityTenant() []byte {
	if id := r.lower(r.claim(r.layout.fields[r.layout.core[activityActor]], claimTenant)); !noID(id) {
		return id
	}
	return nil
}
