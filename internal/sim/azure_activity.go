package sim

import "strings"

// Activity is the Azure activity log. Its records are events as Azure Resource
// Manager's REST API returns them, with properties.requestbody and responseBody
// as JSON text.
const Activity = "activity"

// AzureREST is the form of `az monitor activity-log list` and the REST API.
const AzureREST Shape = "azure_rest"

// azureREST leaves an event as it is.
func azureREST(_ *Options, _ Record, o object) object { return o }

// shortStatus are the words of diagnostic records and of the table
// AzureActivity for how an operation stands.
var shortStatus = map[string]string{"Started": "Start", "Accepted": "Accept", "Succeeded": "Success", "Failed": "Failure"}

// activityStatus is the short word, or the event's own where there is none.
func activityStatus(o object) string {
	return firstKnown(shortStatus[o.text("status", "value")], o.text("status", "value"))
}

// activityResource is what was acted on.
func activityResource(o object) string {
	return firstKnown(o.text("resourceId"), o.text("resourceUri"))
}

// activityAddress is where the call came from: events without an HTTP request
// have it only among the claims.
func activityAddress(o object) string {
	return firstKnown(o.text("httpRequest", "clientIpAddress"), o.text("claims", "ipaddr"))
}

// monitorActivity is the diagnostic record of an event: names in capitals, the
// claims below identity, no id of its own and no caller.
func monitorActivity(_ *Options, _ Record, o object) object {
	env := object{}
	env.addKnown("time", o.text("eventTimestamp"))
	env.addText("resourceId", strings.ToUpper(activityResource(o)))
	env.addText("operationName", strings.ToUpper(o.text("operationName", "value")))
	env.addKnown("category", o.text("category", "value"))
	env.addKnown("resultType", activityStatus(o))
	env.addText("resultSignature", o.text("status", "value")+"."+o.text("subStatus", "value"))
	env.addText("durationMs", "0")
	env.addKnown("callerIpAddress", activityAddress(o))
	env.addKnown("correlationId", o.text("correlationId"))
	identity := object{}
	for _, part := range []string{"authorization", "claims"} {
		if raw := o.get(part); raw != nil {
			identity.add(part, raw)
		}
	}
	env.add("identity", identity.bytes())
	env.addText("level", strings.TrimSuffix(o.text("level"), "al"))
	if raw := o.get("properties"); raw != nil {
		env.add("properties", raw)
	}
	return env
}

// rowActivity is the event's row of the table AzureActivity. Objects stand
// there twice: as text, and as dynamic values in the column that ends in _d.
func rowActivity(_ *Options, _ Record, o object) object {
	row := object{}
	row.addKnown("TimeGenerated", o.text("eventTimestamp"))
	row.addText("TenantId", workspace)
	row.addText("SourceSystem", "Azure")
	row.addKnown("CallerIpAddress", activityAddress(o))
	row.addKnown("CategoryValue", o.text("category", "value"))
	row.addKnown("CorrelationId", o.text("correlationId"))
	for _, c := range []struct{ text, dynamic, member string }{
		{"Authorization", "Authorization_d", "authorization"}, {"Claims", "Claims_d", "claims"},
		{"Properties", "Properties_d", "properties"}, {"HTTPRequest", "", "httpRequest"},
	} {
		raw := o.get(c.member)
		if raw == nil {
			continue
		}
		row.addText(c.text, string(raw))
		if c.dynamic != "" {
			row.add(c.dynamic, raw)
		}
	}
	row.addKnown("Level", strings.TrimSuffix(o.text("level"), "al"))
	row.addText("OperationNameValue", strings.ToUpper(o.text("operationName", "value")))
	row.addText("ResourceProviderValue", strings.ToUpper(o.text("resourceProviderName", "value")))
	row.addKnown("OperationName", o.text("operationName", "localizedValue"))
	row.addKnown("ActivityStatusValue", activityStatus(o))
	row.addKnown("ActivitySubstatusValue", o.text("subStatus", "value"))
	row.addKnown("SubscriptionId", o.text("subscriptionId"))
	row.addKnown("EventDataId", o.text("eventDataId"))
	row.addKnown("Caller", o.text("caller"))
	row.addText("_ResourceId", strings.ToLower(activityResource(o)))
	row.addText("Type", "AzureActivity")
	return row
}
