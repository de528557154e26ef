package event

// Shape is the form in which an export carries its records.
type Shape uint8

// The shapes. Portal downloads as JSON are GraphBeta by content.
const (
	NoShape        Shape = iota
	GraphV1              // Microsoft Graph v1.0
	GraphBeta            // Microsoft Graph beta, and the portal's JSON download
	AzureMonitor         // diagnostic settings: blobs, Event Hubs
	LogAnalytics         // rows of a workspace's tables
	UnifiedAudit         // Management Activity API records
	AuditLogRecord       // Graph's auditLogRecord, the record inside auditData
	UnifiedExport        // rows of an audit search, the record as text in AuditData
	PortalCSV            // rows of the Entra portal's CSV download
	AzureREST            // Azure Resource Manager's activity log: REST and `az monitor activity-log list`
	shapes
)

// Shapes lists every shape in its fixed order.
func Shapes() []Shape {
	all := make([]Shape, 0, shapes-1)
	for s := GraphV1; s < shapes; s++ {
		all = append(all, s)
	}
	return all
}

// String gives the name used in alerts, ledgers and on the command line.
func (s Shape) String() string {
	return [shapes]string{
		"", "graph_v1", "graph_beta", "azure_monitor", "log_analytics",
		"unified_audit", "audit_log_record", "unified_export", "portal_csv", "azure_rest",
	}[s]
}

// ShapeNamed is the reverse of String; NoShape for an unknown name.
func ShapeNamed(name string) Shape {
	for _, s := range Shapes() {
		if s.String() == name {
			return s
		}
	}
	return NoShape
}

// Carries says which logs can come in the shape.
func (s Shape) Carries(log Log) bool {
	switch s {
	case GraphV1, GraphBeta:
		return log&(SignIn|Audit|Risk) != 0
	case AzureMonitor, LogAnalytics:
		return log != Unified
	case UnifiedAudit, AuditLogRecord, UnifiedExport:
		return log&(SignIn|Audit|Unified) != 0
	case AzureREST:
		return log&Activity != 0
	case PortalCSV:
		return log&(SignIn|Audit) != 0
	}
	return false
}
