package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// csvLayout is a CSV file that holds one of our logs.
type csvLayout struct {
	name string // for messages
	// needs lists what must be there: columns joined by "|" of which one will
	// do. The first is the one that tells the layout.
	needs []string
	// times are the columns from which the event time is read; empty where it
	// stands inside another cell.
	times []string
}

// workspaceMarks are columns by which a row of a workspace is known.
const workspaceMarks = "TimeGenerated|AADTenantId|ResultType|Type"

// csvLayouts are the CSV files that are read: the Entra portal's downloads,
// rows of a Log Analytics workspace, and exports of audit searches.
var csvLayouts = []csvLayout{
	{"sign-ins of the portal", []string{"Request ID", "Date (UTC)", "Username|User ID|Service principal ID", "Sign-in error code|Status"}, []string{"Date (UTC)"}},
	{"audits of the portal", []string{"CorrelationId", "Date (UTC)", "Activity", "Result"}, []string{"Date (UTC)"}},
	{"sign-ins of Log Analytics", []string{"CreatedDateTime", workspaceMarks, "UserPrincipalName|UserId|ServicePrincipalId", "ResultType|Status|Status_dynamic|Status_string", "AppId|AppDisplayName|IPAddress"}, []string{"CreatedDateTime"}},
	{"audits of Log Analytics", []string{"ActivityDateTime", workspaceMarks, "ActivityDisplayName|OperationName", "LoggedByService|AADOperationType|ActivityDisplayName"}, []string{"ActivityDateTime"}},
	{"risk detections of Log Analytics", []string{"RiskEventType", workspaceMarks, "ActivityDateTime|DetectedDateTime"}, []string{"ActivityDateTime", "DetectedDateTime"}},
	{"Azure activity of Log Analytics", []string{"OperationNameValue", "TimeGenerated", "ActivityStatusValue|ActivityStatus", "Caller|Claims|Claims_d"}, []string{"TimeGenerated"}},
	{"an audit search", []string{"AuditData", "RecordType"}, nil},
}

// columnSet answers for names without case.
type columnSet map[string]bool

func columnsOf(columns []string) columnSet {
	set := columnSet{}
	for _, c := range columns {
		set[strings.ToLower(c)] = true
	}
	return set
}

// has says whether one of the names joined by "|" is there.
func (s columnSet) has(names string) bool {
	return slices.ContainsFunc(strings.Split(names, "|"), func(n string) bool { return s[strings.ToLower(n)] })
}

// missing lists what a layout needs and a file lacks.
func (s columnSet) missing(l *csvLayout) []string {
	var names []string
	for _, n := range l.needs {
		if !s.has(n) {
			names = append(names, strings.ReplaceAll(n, "|", " or "))
		}
	}
	return names
}

// KnownHeader says whether a CSV file with these columns, as extract cleans
// them, holds a log of ours. The error says, for people, which columns are
// missing, or that the file is in another language. Further columns, and
// their order, do not matter.
func KnownHeader(columns []string) error {
	set := columnsOf(columns)
	if knownLayout(set) != nil {
		return nil
	}
	switch {
	case set.isForeign(columns):
		return fmt.Errorf("this looks like a portal export in another language (columns %s, …): set the portal's language to English and export again", someNames(columns))
	case slices.ContainsFunc(columns, func(c string) bool { return strings.HasSuffix(c, "[Local Time]") }):
		return errors.New("its times are local: set the time zone of the workspace's result to UTC and export again")
	}
	return lacking(set)
}

// TimeColumns names the columns of a CSV file with a known header from which
// the event time is read. There is none where it stands inside another cell.
func TimeColumns(columns []string) []string {
	set := columnsOf(columns)
	l := knownLayout(set)
	if l == nil {
		return nil
	}
	var names []string
	for _, c := range columns {
		if slices.ContainsFunc(l.times, func(t string) bool { return strings.EqualFold(t, c) }) {
			names = append(names, c)
		}
	}
	return names
}

func knownLayout(set columnSet) *csvLayout {
	for i := range csvLayouts {
		if l := &csvLayouts[i]; len(set.missing(l)) == 0 {
			return l
		}
	}
	return nil
}

// foreignDates are the first column of the portal's downloads in other
// languages. French has the English name.
var foreignDates = []string{"datum (utc)", "data (utc)", "fecha (utc)", "date (utc)", "dato (utc)", "päivämäärä (utc)", "datum/tid (utc)"}

// isForeign says whether a file looks like a portal's download in another
// language: next to none of its columns are known, but it begins with a date
// or has as many columns as only the portal writes.
func (s columnSet) isForeign(columns []string) bool {
	const (
		few  = 3
		many = 40
	)
	known := 0
	for _, log := range portalColumns {
		for _, c := range log {
			if c.csv != "Date (UTC)" && s.has(c.csv) {
				known++
			}
		}
	}
	dated := len(columns) > few && slices.Contains(foreignDates, strings.ToLower(columns[0]))
	return known < few && !s.has(workspaceMarks) && (dated || len(columns) >= many)
}

// lacking says what is missing for the layouts that are nearest.
func lacking(set columnSet) error {
	var near []string
	for i := range csvLayouts {
		l := &csvLayouts[i]
		names := set.missing(l)
		if len(names) < len(l.needs) {
			near = append(near, fmt.Sprintf("for %s it lacks %s", l.name, strings.Join(names, ", ")))
		}
	}
	if len(near) == 0 {
		return errors.New("it has no column of a log that is read here")
	}
	return errors.New("this is no export that is known: " + strings.Join(near, "; "))
}

// someNames quotes the first names.
func someNames(columns []string) string {
	const shown = 3
	var names []string
	for _, c := range columns[:min(shown, len(columns))] {
		names = append(names, fmt.Sprintf("%.40q", c))
	}
	return strings.Join(names, ", ")
}
