package event

// mark is a path that tells shapes and kinds apart, or names the tenant whose
// log it is. Every layout reads all of them.
type mark int

// The marks; markPaths has their paths.
const (
	markCategory mark = iota
	markTenantID
	markAADTenantID
	markOrganizationID
	markTimeGenerated
	markType
	markResultType
	markOperation
	markCreationTime
	markWorkload
	markRecordType
	markAuditLogRecordType
	markAuditDataOperation
	markAuditDataCreationTime
	markAuditDataWorkload
	markAuditDataRecordType
	markAuditDataOrganizationID
	markRiskEventType
	markRiskType
	markActivityDisplayName
	markAADOperationType
	markLoggedByService
	markCreatedDateTime
	markUserPrincipalName
	markUserID
	markServicePrincipalID
	markAppID
	markAppDisplayName
	markIPAddress
	markStatusErrorCode
	markConditionalAccessStatus
	markIsInteractive
	markClientAppUsed
	markLastUpdatedDateTime
	markPropertiesLastUpdatedDateTime
	markPropertiesRiskEventType
	markAuditData
	markPortalDate
	markPortalRequestID
	markPortalActivity
	markPortalCorrelationID
	markActorType
	markOperationName
	markOperationObject
	markOperationNameValue
	markEventTimestamp
	markCount
)

var markPaths = [markCount]string{
	markCategory:                      "category",
	markTenantID:                      "tenantId",
	markAADTenantID:                   "AADTenantId",
	markOrganizationID:                "OrganizationId",
	markTimeGenerated:                 "TimeGenerated",
	markType:                          "Type",
	markResultType:                    "ResultType",
	markOperation:                     "Operation",
	markCreationTime:                  "CreationTime",
	markWorkload:                      "Workload",
	markRecordType:                    "RecordType",
	markAuditLogRecordType:            "auditLogRecordType",
	markAuditDataOperation:            "auditData.Operation",
	markAuditDataCreationTime:         "auditData.CreationTime",
	markAuditDataWorkload:             "auditData.Workload",
	markAuditDataRecordType:           "auditData.RecordType",
	markAuditDataOrganizationID:       "auditData.OrganizationId",
	markRiskEventType:                 "riskEventType",
	markRiskType:                      "riskType",
	markActivityDisplayName:           "activityDisplayName",
	markAADOperationType:              "AADOperationType",
	markLoggedByService:               "loggedByService",
	markCreatedDateTime:               "createdDateTime",
	markUserPrincipalName:             "userPrincipalName",
	markUserID:                        "userId",
	markServicePrincipalID:            "servicePrincipalId",
	markAppID:                         "appId",
	markAppDisplayName:                "appDisplayName",
	markIPAddress:                     "ipAddress",
	markStatusErrorCode:               "status.errorCode",
	markConditionalAccessStatus:       "conditionalAccessStatus",
	markIsInteractive:                 "isInteractive",
	markClientAppUsed:                 "clientAppUsed",
	markLastUpdatedDateTime:           "lastUpdatedDateTime",
	markPropertiesLastUpdatedDateTime: "properties.lastUpdatedDateTime",
	markPropertiesRiskEventType:       "properties.riskEventType",
	markAuditData:                     "auditData",
	markPortalDate:                    "Date (UTC)",
	markPortalRequestID:               "Request ID",
	markPortalActivity:                "Activity",
	markPortalCorrelationID:           "CorrelationId",
	markActorType:                     "ActorType",
	markOperationName:                 "operationName",
	markOperationObject:               "operationName.value",
	markOperationNameValue:            "OperationNameValue",
	markEventTimestamp:                "eventTimestamp",
}
