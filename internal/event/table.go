package event

// column says where one field stands in each shape. Paths are key names
// joined by dots and compared without case; alternatives are joined by "|",
// the first that has a value wins; "Name[Key]" is the Value of the element
// whose Name (or key) is Key in a list of name/value pairs; "-" means that
// the shape cannot carry the field. Where a field stands in the portal's CSV
// is told by portalColumns.
type column struct {
	name string // Graph's name, which rules use
	kind kind
	// graph is Graph's path; empty: the name itself.
	graph string
	// beta marks a property that Graph v1.0 does not have (published
	// metadata of 2026-08).
	beta bool
	// envelope holds further paths of an Azure Monitor record, outside its
	// "properties", where the Graph name stands.
	envelope string
	// la is the Log Analytics column; empty: the Graph name itself.
	la string
	// ual is the unified audit log's path; empty: not carried.
	ual string
	// whole keeps objects and arrays together.
	whole bool
}

// kind says how the raw value of a column becomes values.
type kind uint8

const (
	asText          kind = iota // one text, or each text of an array
	asID                        // an object id: lower case; all zero counts as absent
	asNumber                    // a number, also written as text
	asFlag                      // true or false, also written as text in any case
	asAddress                   // an IP address, with or without port or brackets
	asTime                      // a time in any of the accepted forms
	asActivity                  // an operation name: no full stop, en dash as hyphen
	asOperation                 // the same, and beside it the name as recorded
	asOutcome                   // success, failure, timeout under their many names
	asRecordType                // a record type of the unified log: its number, and beside it its name
	asJSON                      // an object or array as it stands
	asLower                     // a name that shapes write in different case
	asProgress                  // how far an operation of Azure came: Started, Accepted, Succeeded, Failed
	asOutcomeDetail             // what stands behind the full stop in "Succeeded.Created"
)

// signInColumns: Graph signIn (v1.0 and beta), SigninLogs and
// AADNonInteractiveUserSignInLogs, and the STS logons of the unified log.
var signInColumns = []column{
	{name: "id", ual: "Id"},
	{name: "createdDateTime", kind: asTime, ual: "CreationTime"},
	{name: "userId", kind: asID, ual: "UserKey"},
	{name: "userPrincipalName", ual: "UserId"},
	{name: "userDisplayName", envelope: "identity", la: "UserDisplayName|Identity"},
	{name: "userType", beta: true},
	{name: "servicePrincipalId", kind: asID},
	{name: "servicePrincipalName"},
	{name: "appId", kind: asID, ual: "ApplicationId"},
	{name: "appDisplayName"},
	{name: "resourceId", kind: asID, la: "ResourceIdentity", ual: "ObjectId"},
	{name: "resourceDisplayName"},
	{name: "resourceTenantId", kind: asID},
	{name: "homeTenantId", kind: asID},
	{name: "ipAddress", kind: asAddress, envelope: "callerIpAddress", ual: "ActorIpAddress|ClientIP"},
	{name: "clientAppUsed"},
	{name: "userAgent", ual: "ExtendedProperties[UserAgent]"},
	{name: "correlationId", kind: asID, ual: "InterSystemsId"},
	{name: "isInteractive", kind: asFlag},
	{name: "status.errorCode", kind: asNumber, envelope: "resultType", la: "Status.errorCode|ResultType", ual: "ErrorNumber"},
	{name: "status.failureReason", envelope: "resultDescription", la: "Status.failureReason|ResultDescription"},
	{name: "status.additionalDetails"},
	{name: "mfaResult", graph: "-", la: "-"}, // only in the portal's CSV
	{name: "conditionalAccessStatus"},
	{name: "appliedConditionalAccessPolicies", kind: asJSON, whole: true, envelope: "properties.conditionalAccessPolicies", la: "ConditionalAccessPolicies|AppliedConditionalAccessPolicies"},
	{name: "riskDetail"},
	{name: "riskLevelAggregated"},
	{name: "riskLevelDuringSignIn"},
	{name: "riskState"},
	{name: "riskEventTypes_v2", whole: true, la: "RiskEventTypes_V2|RiskEventTypes"},
	{name: "location.city", la: "LocationDetails.city"},
	{name: "location.state", la: "LocationDetails.state"},
	{name: "location.countryOrRegion", envelope: "location", la: "LocationDetails.countryOrRegion|Location"},
	{name: "location.geoCoordinates.latitude", kind: asNumber, la: "LocationDetails.geoCoordinates.latitude"},
	{name: "location.geoCoordinates.longitude", kind: asNumber, la: "LocationDetails.geoCoordinates.longitude"},
	{name: "deviceDetail.deviceId", kind: asID, ual: "DeviceProperties[Id]"},
	{name: "deviceDetail.displayName", ual: "DeviceProperties[DisplayName]"},
	{name: "deviceDetail.operatingSystem", ual: "DeviceProperties[OS]"},
	{name: "deviceDetail.browser", ual: "DeviceProperties[BrowserType]"},
	{name: "deviceDetail.isCompliant", kind: asFlag, ual: "DeviceProperties[IsCompliant]"},
	{name: "deviceDetail.isManaged", kind: asFlag},
	{name: "deviceDetail.trustType", ual: "DeviceProperties[TrustType]"},
	{name: "authenticationRequirement", beta: true},
	{name: "authenticationDetails", kind: asJSON, whole: true, beta: true},
	{name: "authenticationMethodsUsed", whole: true, beta: true},
	{name: "authenticationProtocol", beta: true},
	{name: "authenticationRequirementPolicies", kind: asJSON, whole: true, beta: true},
	{name: "originalTransferMethod", beta: true, la: "-"},
	{name: "incomingTokenType", beta: true, la: "-"},
	{name: "clientCredentialType", beta: true, la: "-"},
	{name: "crossTenantAccessType", beta: true},
	{name: "signInEventTypes", whole: true, beta: true, la: "-"},
	{name: "signInIdentifier", beta: true},
	{name: "sessionId", beta: true, la: "-", ual: "DeviceProperties[SessionId]"},
	{name: "uniqueTokenIdentifier", beta: true},
	{name: "originalRequestId", beta: true},
	{name: "autonomousSystemNumber", kind: asNumber, beta: true},
	{name: "networkLocationDetails", kind: asJSON, whole: true, beta: true},
	{name: "tokenIssuerType", beta: true},
	{name: "flaggedForReview", kind: asFlag, beta: true},
}

// auditColumns: Graph directoryAudit, AuditLogs, and the Entra records of the
// unified log, whose Actor and Target lists are read in derive.go.
var auditColumns = []column{
	{name: "id", ual: "Id"},
	{name: "activityDateTime", kind: asTime, ual: "CreationTime"},
	{name: "activityDisplayName", kind: asActivity, envelope: "operationName", la: "ActivityDisplayName|OperationName", ual: "Operation"},
	{name: "category"},
	{name: "loggedByService"},
	{name: "operationType", la: "AADOperationType"},
	{name: "result", kind: asOutcome, ual: "ResultStatus"},
	{name: "resultReason", envelope: "resultDescription", la: "ResultReason|ResultDescription"},
	{name: "correlationId", kind: asID, ual: "InterSystemsId"},
	{name: "initiatedBy.user.id", kind: asID},
	{name: "initiatedBy.user.displayName"},
	{name: "initiatedBy.user.userPrincipalName", ual: "UserId"},
	{name: "initiatedBy.user.ipAddress", kind: asAddress, envelope: "callerIpAddress", ual: "ActorIpAddress|ClientIP"},
	{name: "initiatedBy.app.appId", kind: asID},
	{name: "initiatedBy.app.displayName"},
	{name: "initiatedBy.app.servicePrincipalId", kind: asID},
	{name: "initiatedBy.app.servicePrincipalName"},
	{name: "targetResources", kind: asJSON, whole: true, ual: "Target"},
	{name: "additionalDetails", kind: asJSON, whole: true, ual: "ExtendedProperties"},
	{name: "modifiedProperties", kind: asJSON, whole: true, graph: "-", la: "-", ual: "ModifiedProperties"},
	{name: "actorList", kind: asJSON, whole: true, graph: "-", la: "-", ual: "Actor"},
}

// riskColumns: Graph riskDetection and AADUserRiskEvents. riskEventType is
// read and not its deprecated twin riskType, which can say "generic" beside
// the real type.
var riskColumns = []column{
	{name: "id"},
	{name: "riskEventType"},
	{name: "riskLevel"},
	{name: "riskState"},
	{name: "riskDetail"},
	{name: "source"},
	{name: "detectionTimingType"},
	{name: "activity"},
	{name: "ipAddress", kind: asAddress, envelope: "callerIpAddress"},
	{name: "location.city"},
	{name: "location.state"},
	{name: "location.countryOrRegion"},
	{name: "activityDateTime", kind: asTime},
	{name: "detectedDateTime", kind: asTime},
	{name: "lastUpdatedDateTime", kind: asTime},
	{name: "userId", kind: asID},
	{name: "userPrincipalName"},
	{name: "userDisplayName"},
	{name: "correlationId", kind: asID},
	{name: "requestId", kind: asID},
	{name: "tokenIssuerType"},
	{name: "additionalInfo", kind: asJSON, whole: true},
}

// unifiedColumns: the common schema of the unified audit log and what its
// Exchange, SharePoint and Entra records add to it.
var unifiedColumns = []column{
	{name: "Id", ual: "Id"},
	{name: "CreationTime", kind: asTime, ual: "CreationTime"},
	{name: "Operation", kind: asOperation, ual: "Operation"},
	{name: "Workload", ual: "Workload"},
	{name: "RecordType", kind: asRecordType, ual: "RecordType"},
	{name: "OrganizationId", kind: asID, ual: "OrganizationId"},
	{name: "UserId", ual: "UserId"},
	{name: "UserKey", ual: "UserKey"},
	{name: "UserType", kind: asNumber, ual: "UserType"},
	{name: "ClientIP", kind: asAddress, ual: "ClientIP|ClientIPAddress|ActorIpAddress"},
	{name: "ObjectId", ual: "ObjectId"},
	{name: "ResultStatus", ual: "ResultStatus"},
	{name: "LogonType", kind: asNumber, ual: "LogonType"},
	{name: "ExternalAccess", kind: asFlag, ual: "ExternalAccess"},
	{name: "MailboxOwnerUPN", ual: "MailboxOwnerUPN"},
	{name: "MailboxGuid", kind: asID, ual: "MailboxGuid"},
	{name: "SessionId", ual: "SessionId"},
	{name: "ClientInfoString", ual: "ClientInfoString"},
	{name: "ClientAppId", kind: asID, ual: "ClientAppId|AppAccessContext.ClientAppId"},
	{name: "AppId", kind: asID, ual: "AppId"},
	{name: "ApplicationId", kind: asID, ual: "ApplicationId"},
	{name: "UserAgent", ual: "UserAgent|ExtendedProperties[UserAgent]"},
	{name: "ErrorNumber", kind: asNumber, ual: "ErrorNumber"},
	{name: "LogonError", ual: "LogonError"},
	{name: "Parameters", kind: asJSON, whole: true, ual: "Parameters"},
	{name: "ExtendedProperties", kind: asJSON, whole: true, ual: "ExtendedProperties"},
	{name: "OperationProperties", kind: asJSON, whole: true, ual: "OperationProperties"},
	{name: "ModifiedProperties", kind: asJSON, whole: true, ual: "ModifiedProperties"},
	{name: "Actor", kind: asJSON, whole: true, ual: "Actor"},
	{name: "Target", kind: asJSON, whole: true, ual: "Target"},
	{name: "Item", kind: asJSON, whole: true, ual: "Item"},
	{name: "AffectedItems", kind: asJSON, whole: true, ual: "AffectedItems"},
	{name: "Name", ual: "Name"},
	{name: "Directionality", ual: "Directionality"},
	{name: "DeliveryAction", ual: "DeliveryAction"},
	{name: "AlertEntityId", ual: "AlertEntityId"},
	{name: "Data", ual: "Data"},
	{name: "Event", ual: "Event"},
	{name: "EventValue", ual: "EventValue"},
	{name: "SharingLinkScope", ual: "SharingLinkScope"},
}
