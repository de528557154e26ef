package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"vakt/internal/extract"
)

// Key identifies a record or an attempt: 128 bits of a SHA-256.
type Key [16]byte

// String is the key in hex.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// keyOf hashes the parts, each after its length.
func (r *Record) keyOf(parts ...[]byte) Key {
	r.hashed = r.hashed[:0]
	for _, p := range parts {
		r.hashed = append(strconv.AppendInt(r.hashed, int64(len(p)), 10), ':')
		r.hashed = append(r.hashed, p...)
	}
	sum := sha256.Sum256(r.hashed)
	return Key(sum[:16])
}

// spaces keep the ids of different sources apart.
var spaces = byLog[[]byte]{[]byte("signin"), []byte("audit"), []byte("risk"), []byte("unified_audit"), []byte("azure_activity")}

// keySpace is of the source: the unified log numbers its copy of an event
// anew.
func (r *Record) keySpace() []byte {
	if r.unified() {
		return unifiedSpace
	}
	return spaces.of(r.logs)
}

var unifiedSpace = []byte("unified")

// ID is the record's id as its source names it, or nil where it is empty or
// all zero.
func (r *Record) ID() []byte {
	if r.named != r.number {
		r.id, r.named = r.coreText(idFields.of(r.logs)), r.number
		if noID(r.id) {
			r.id = nil
		}
	}
	return r.id
}

// Key identifies the record. Equal keys are versions of one record. Without
// an id it is, for an audit, the correlation id, activity, second and first
// target; else a hash of the row. In the Azure activity log it is always the
// correlation id, operation, status, second and resource, as diagnostic
// records have no id of their own there.
func (r *Record) Key() Key {
	if r.keyed != r.number {
		r.key, r.keyed = r.makeKey(), r.number
	}
	return r.key
}

func (r *Record) makeKey() Key {
	if correlation := r.activityText(activityCorrelation); correlation != nil {
		return r.keyOf(r.keySpace(), correlation, r.core(activityOperation).First(), r.core(activityStatus).First(),
			strconv.AppendInt(nil, r.seconds, 10), r.core(activityResource).First())
	}
	if id := r.ID(); id != nil {
		return r.keyOf(r.keySpace(), r.lower(id))
	}
	if correlation := r.correlation(); r.logs&Audit != 0 && correlation != nil {
		var target []byte
		if t := r.Targets(); len(t) > 0 {
			target = t[0].ID
		}
		return r.keyOf(r.keySpace(), []byte("audit"), correlation, r.core(auditActivity).First(),
			strconv.AppendInt(nil, r.seconds, 10), target)
	}
	return r.keyOf(r.keySpace(), []byte("row"), extract.AppendCompact(nil, r.raw))
}

func (r *Record) correlation() []byte {
	if r.logs&Audit == 0 {
		return nil
	}
	return r.core(auditCorrelation).First()
}

// Attempt identifies the sign-in attempt that the record is a step of: the
// original request, else the record itself. Other logs count records.
func (r *Record) Attempt() Key {
	if r.logs&SignIn == 0 {
		return r.Key()
	}
	first := r.coreText(signInOriginalRequest)
	if noID(first) || bytes.Equal(r.lower(first), r.lower(r.ID())) {
		return r.Key()
	}
	return r.keyOf(r.keySpace(), r.lower(first))
}

// Updated is when a record that changes over time was last changed, in
// seconds since 1970; 0 where it does not say.
func (r *Record) Updated() int64 {
	for _, m := range []mark{markLastUpdatedDateTime, markPropertiesLastUpdatedDateTime} {
		if seconds, ok := ParseTimeAs(r.markText(m), r.layout.schema.Dates); ok {
			return seconds
		}
	}
	return 0
}

// Tenant is the tenant whose log it is, where the shape says so; nil in
// Graph's shapes, which name only the tenants of the account and the resource.
func (r *Record) Tenant() []byte {
	if r.logs&Activity != 0 {
		return r.activityTenant()
	}
	var m mark
	switch r.shape {
	case AzureMonitor:
		m = markTenantID
	case LogAnalytics:
		m = markAADTenantID
	case UnifiedAudit:
		m = markOrganizationID
	case AuditLogRecord, UnifiedExport:
		m = markAuditDataOrganizationID
	default:
		return nil
	}
	if id := r.lower(r.markText(m)); !noID(id) {
		return id
	}
	return nil
}

// Size is the number of top-level members, by which the fuller of two
// versions of a record is told.
func (r *Record) Size() int { return r.row.Keys() }
