package sim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Shape is a form in which records of a log are exported.
type Shape string

// The shapes.
const (
	GraphV1            Shape = "graph_v1"            // Microsoft Graph v1.0: without what only beta has
	GraphBeta          Shape = "graph_beta"          // Microsoft Graph beta
	AzureMonitor       Shape = "azure_monitor"       // diagnostic settings: envelope and properties
	LogAnalytics       Shape = "log_analytics"       // rows of the Log Analytics tables
	PortalJSON         Shape = "portal_json"         // the Entra portal's JSON download
	ManagementActivity Shape = "management_activity" // AuditData objects of the Management Activity API
	AuditLogRecord     Shape = "audit_log_record"    // Graph's audit search: AuditData in a wrapper
	UnifiedExport      Shape = "unified_export"      // Search-UnifiedAuditLog: AuditData as text in a row
	PortalCSV          Shape = "portal_csv"          // the Entra portal's CSV download, one file for sign-ins, one for audits
	LogAnalyticsCSV    Shape = "log_analytics_csv"   // a workspace query downloaded from the portal as CSV
	PurviewCSV         Shape = "purview_csv"         // an audit search downloaded from the Purview portal
	UnifiedCSV         Shape = "unified_csv"         // Search-UnifiedAuditLog piped to Export-Csv
)

// form is what is known about a shape.
type form struct {
	shape      Shape
	logs       []string
	containers []Container
	write      func(*Options, Record, object) object
}

var (
	graphLogs   = []string{SignIn, Audit, Risk}
	azureLogs   = []string{SignIn, Audit, Risk, Activity}
	unifiedLogs = []string{SignIn, Audit, Unified}
)

// forms holds every shape.
var forms = []form{
	{GraphV1, graphLogs, []Container{Object, Array, Page, Lines, Pretty}, graphV1},
	{GraphBeta, graphLogs, []Container{Object, Array, Page, Lines, Pretty}, graphBeta},
	{AzureMonitor, azureLogs, []Container{Object, Array, Lines, Records, EventHub, Pretty}, azureMonitor},
	{LogAnalytics, azureLogs, []Container{Object, Array, Lines, Table, Pretty}, logAnalytics},
	{PortalJSON, graphLogs, []Container{Array, Pretty}, graphBeta},
	{ManagementActivity, unifiedLogs, []Container{Object, Array, Lines, Pretty}, managementActivity},
	{AuditLogRecord, unifiedLogs, []Container{Object, Array, Page, Lines, Pretty}, auditLogRecord},
	{UnifiedExport, unifiedLogs, []Container{Object, Array, Lines, Pretty}, unifiedExport},
	{PortalCSV, []string{SignIn, Audit}, []Container{CSV}, portalCSV},
	{LogAnalyticsCSV, azureLogs, []Container{CSV}, logAnalytics},
	{PurviewCSV, unifiedLogs, []Container{CSV}, purviewCSV},
	{UnifiedCSV, unifiedLogs, []Container{CSV}, unifiedCSV},
	{AzureREST, []string{Activity}, []Container{Object, Array, Page, Lines, Pretty}, azureREST},
}

// Shapes lists all shapes in a fixed order.
func Shapes() []Shape {
	var all []Shape
	for _, f := range forms {
		all = append(all, f.shape)
	}
	return all
}

// Carries reports whether the shape can hold records of a log. Sign-ins and
// audits have forms of their own in the unified audit log.
func (s Shape) Carries(log string) bool {
	f, err := s.form()
	return err == nil && slices.Contains(f.logs, log)
}

// Containers lists the containers in which a shape is found; none for an
// unknown shape.
func Containers(shape Shape) []Container {
	f, err := shape.form()
	if err != nil {
		return nil
	}
	return slices.Clone(f.containers)
}

func (s Shape) form() (form, error) {
	for _, f := range forms {
		if f.shape == s {
			return f, nil
		}
	}
	return form{}, fmt.Errorf("unknown shape %q: there are %s", s, joined(Shapes()))
}

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// RenderOne returns a record in a shape, or nothing where the shape does not
// carry the record's log: one compact JSON object, or of a CSV shape the
// whole file. Members that the simulator does not know are kept, save where
// the columns are fixed, and absent ones stay absent.
func RenderOne(shape Shape, rec Record, opts Options) ([][]byte, error) {
	f, err := shape.form()
	if err != nil || !slices.Contains(f.logs, rec.Log) {
		return nil, err
	}
	if f.containers[0] == CSV {
		var b bytes.Buffer
		opts.Compression = None
		err := Render(&b, shape, CSV, slices.Values([]Record{rec}), opts)
		return [][]byte{b.Bytes()}, err
	}
	row, err := f.row(&opts, rec)
	if err != nil {
		return nil, err
	}
	return [][]byte{row.bytes()}, nil
}

// row returns a record as the object that the shape makes of it.
func (f form) row(opts *Options, rec Record) (object, error) {
	o, err := parseObject(rec.JSON)
	if err != nil {
		return nil, fmt.Errorf("render %s record as %s: %w", rec.Log, f.shape, err)
	}
	return f.write(opts, rec, o), nil
}

// tenant is the directory that a record belongs to: the one that the options
// name, else the record's own, else the simulated one.
func (opts *Options) tenant(o object) string {
	for _, id := range []string{opts.Tenant, o.text("resourceTenantId"), o.text("OrganizationId")} {
		if id != "" {
			return id
		}
	}
	return defaultTenant
}

const defaultTenant = "11111111-2222-3333-4444-555555555555"
