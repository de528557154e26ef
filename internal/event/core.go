package event

import (
	"math/bits"
)

// coreField is a field that is read of every record, whatever the rules ask:
// its time, key, tenant and what an alert shows.
type coreField uint8

// The core fields; coreFields has their names.
const (
	signInID coreField = iota
	signInTime
	signInAccount
	signInUPN
	signInServicePrincipal
	signInServicePrincipalName
	signInApp
	signInAppName
	signInIP
	signInDevice
	signInDeviceName
	signInOriginalRequest
	auditID
	auditTime
	auditActivity
	auditCorrelation
	auditAccount
	auditActor
	auditIP
	auditTargets
	auditActorList
	auditUser
	auditUPN
	auditServicePrincipal
	auditAppName
	riskID
	riskActivityTime
	riskDetectedTime
	riskUpdatedTime
	riskAccount
	riskUPN
	riskIP
	unifiedID
	unifiedTime
	unifiedAccount
	unifiedUser
	unifiedOwner
	unifiedIP
	activityID
	activityTime
	activityOperation
	activityStatus
	activityResource
	activityCorrelation
	activityAccount
	activityActor
	activityIP
	activityRole
	coreCount
)

var coreFields = [coreCount]struct {
	log  Log
	name string
}{
	signInID:                   {SignIn, "id"},
	signInTime:                 {SignIn, "createdDateTime"},
	signInAccount:              {SignIn, "account"},
	signInUPN:                  {SignIn, "userPrincipalName"},
	signInServicePrincipal:     {SignIn, "servicePrincipalId"},
	signInServicePrincipalName: {SignIn, "servicePrincipalName"},
	signInApp:                  {SignIn, "appId"},
	signInAppName:              {SignIn, "appDisplayName"},
	signInIP:                   {SignIn, "ip"},
	signInDevice:               {SignIn, "deviceDetail.deviceId"},
	signInDeviceName:           {SignIn, "deviceDetail.displayName"},
	signInOriginalRequest:      {SignIn, "originalRequestId"},
	auditID:                    {Audit, "id"},
	auditTime:                  {Audit, "activityDateTime"},
	auditActivity:              {Audit, "activityDisplayName"},
	auditCorrelation:           {Audit, "correlationId"},
	auditAccount:               {Audit, "account"},
	auditActor:                 {Audit, "actor"},
	auditIP:                    {Audit, "ip"},
	auditTargets:               {Audit, "targetResources"},
	auditActorList:             {Audit, "actorList"},
	auditUser:                  {Audit, "initiatedBy.user.id"},
	auditUPN:                   {Audit, "initiatedBy.user.userPrincipalName"},
	auditServicePrincipal:      {Audit, "initiatedBy.app.servicePrincipalId"},
	auditAppName:               {Audit, "initiatedBy.app.displayName"},
	riskID:                     {Risk, "id"},
	riskActivityTime:           {Risk, "activityDateTime"},
	riskDetectedTime:           {Risk, "detectedDateTime"},
	riskUpdatedTime:            {Risk, "lastUpdatedDateTime"},
	riskAccount:                {Risk, "account"},
	riskUPN:                    {Risk, "userPrincipalName"},
	riskIP:                     {Risk, "ip"},
	unifiedID:                  {Unified, "Id"},
	unifiedTime:                {Unified, "CreationTime"},
	unifiedAccount:             {Unified, "account"},
	unifiedUser:                {Unified, "UserId"},
	unifiedOwner:               {Unified, "MailboxOwnerUPN"},
	unifiedIP:                  {Unified, "ip"},
	activityID:                 {Activity, "eventDataId"},
	activityTime:               {Activity, "eventTimestamp"},
	activityOperation:          {Activity, "operationName"},
	activityStatus:             {Activity, "status"},
	activityResource:           {Activity, "resourceId"},
	activityCorrelation:        {Activity, "correlationId"},
	activityAccount:            {Activity, "account"},
	activityActor:              {Activity, "actor"},
	activityIP:                 {Activity, "ip"},
	activityRole:               {Activity, "vakt.roleId"},
}

// byLog is a table with a row for each log, in the order of Logs.
type byLog[T any] [8]T

func (t *byLog[T]) of(log Log) T { return t[bits.TrailingZeros8(uint8(log))&7] }

var (
	idFields = byLog[coreField]{signInID, auditID, riskID, unifiedID, activityID}

	// timeFields are where the event time stands; the first that is there
	// counts. The envelope's and the ingestion time never do.
	timeFields = byLog[[]coreField]{{signInTime}, {auditTime}, {riskActivityTime, riskDetectedTime}, {unifiedTime}, {activityTime}}
)

// core answers for a field that every layout reads.
func (r *Record) core(c coreField) Values { return r.Field(r.layout.core[c]) }

// coreText is the first text of a field that every layout reads, or nil. It is
// quicker than core where nobody else asks for the field.
func (r *Record) coreText(c coreField) []byte { return r.firstText(r.layout.core[c]) }

// primary is the log whose columns describe the record best; NoLog when out
// of scope.
func (r *Record) primary() Log { return r.logs & -r.logs }
