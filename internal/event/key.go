package event

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"vakt/internal/extract"
)

// Key identifies a record or an attempt: 128 bits of a SHA-256.
type Key [16]byte

// String is the key in hex.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

func keyOf(parts ...[]byte) Key {
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write(p)
	}
	var k Key
	copy(k[:], h.Sum(nil))
	return k
}

// keySpace keeps the ids of different sources apart: the unified log numbers
// its copy of an event anew.
func (r *Record) keySpace() []byte {
	if r.unified() {
		return []byte("unified")
	}
	return []byte(r.primary().String())
}

// ID is the record's id as its source names it, or nil where it is empty or
// all zero.
func (r *Record) ID() []byte {
	log := r.primary()
	name := "id"
	if log == Unified {
		name = "Id"
	}
	if text := r.core(log, name).First(); !noID(text) {
		return text
	}
	return nil
}

// Key identifies the record. Equal keys are versions of one record. Without
// an id it is, for an audit, the correlation id, activity, second and first
// target; else a hash of the row.
func (r *Record) Key() Key {
	if id := r.ID(); id != nil {
		return keyOf(r.keySpace(), r.lower(id))
	}
	if correlation := r.correlation(); r.logs&Audit != 0 && correlation != nil {
		var target []byte
		if t := r.Targets(); len(t) > 0 {
			target = t[0].ID
		}
		return keyOf(r.keySpace(), []byte("audit"), correlation, r.core(Audit, "activityDisplayName").First(),
			strconv.AppendInt(nil, r.seconds, 10), target)
	}
	return keyOf(r.keySpace(), []byte("row"), extract.AppendCompact(nil, r.raw))
}

func (r *Record) correlation() []byte {
	if r.logs&Audit == 0 {
		return nil
	}
	return r.core(Audit, "correlationId").First()
}

// Attempt identifies the sign-in attempt that the record is a step of: the
// original request, else the record itself. Other logs count records.
func (r *Record) Attempt() Key {
	if r.logs&SignIn != 0 {
		if id := r.core(SignIn, "originalRequestId").First(); !noID(id) {
			return keyOf(r.keySpace(), r.lower(id))
		}
	}
	return r.Key()
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
	m, ok := tenantMarks[r.shape]
	if !ok {
		return nil
	}
	if id := r.lower(r.markText(m)); !noID(id) {
		return id
	}
	return nil
}

// tenantMarks say where a shape names the tenant of the log.
var tenantMarks = map[Shape]mark{
	AzureMonitor: markTenantID, LogAnalytics: markAADTenantID, UnifiedAudit: markOrganizationID,
	AuditLogRecord: markAuditDataOrganizationID, UnifiedExport: markAuditDataOrganizationID,
}

// Size is the number of top-level members, by which the fuller of two
// versions of a record is told.
func (r *Record) Size() int { return r.row.Keys() }
