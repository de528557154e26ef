package event_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// rows reads CSV as a run does and gives each row as a record.
func rows(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) []string {
	t.Helper()
	var all []string
	err := extract.Split(context.Background(), strings.NewReader(text), extract.Limits{Header: event.KnownHeader}, func(b *extract.Batch) error {
		for _, it := range b.Items {
			if it.Defect != "" {
				t.Fatalf("line %d: %s", it.Line, it.Defect)
			}
			all = append(all, string(it.Raw))
		}
		b.Release()
		return nil
	})
	if err != nil {
		t.Fatalf("split %q: %v", text, err)
	}
	return all
}

// header reads a header of the fixtures, cleaned of its line end.
func header(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "portal-csv-headers", name))
	if err != nil {
		if strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "fixtures") {
			t.Fatal(err)
		}
		t.Skip("the headers ../shared/fixtures/portal-csv-headers are not here")
	}
	names, err := csv.NewReader(bytes.NewReader(data)).Read()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// written writes a file of one row, in which cells go to the first column of
// their name.
func written(t interface{ Fatalf(string, ...any) }, columns []string, cells map[string]string) string {
	row := make([]string, len(columns))
	for name, text := range cells {
		i := slices.Index(columns, name)
		if i < 0 {
			t.Fatalf("no column %q", name)
		}
		row[i] = text
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll([][]string{columns, row}); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

const (
	logon = `{"Id":"a1","CreationTime":"2026-03-02T08:15:30","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"UserId":"ann@contoso.com","UserKey":"bbbbbbbb-0000-4000-8000-000000000002","ErrorNumber":"0"}`
)

// Every known header gives a record that is understood.
func TestKnownHeadersAreRead(t *testing.T) {
	signIn := map[string]string{
		"Date (UTC)": "2026-03-02T08:15:30Z", "Request ID": "a1", "User ID": "bbbbbbbb-0000-4000-8000-000000000002", "Username": "ann@contoso.com",
		"Incoming token type": "Primary refresh token", "Application ID ": "c1", "IP address": "203.0.113.9", "Location": "Lund, Skåne, SE",
		"Status": "Failure", "Sign-in error code": "50126", "Compliant": "TRUE", "Managed": "No", "Autonomous system  number": "64500",
		"Authentication requirement": "Single-factor authentication", "Conditional Access": "Not Applied",
		"Multifactor authentication result": "MFA denied; user declined the authentication",
	}
	says := map[string]string{
		"id": "a1", "account": "bbbbbbbb-0000-4000-8000-000000000002", "ip": "203.0.113.9", "appId": "c1", "incomingTokenType": "primaryRefreshToken",
		"location.city": "Lund", "location.state": "Skåne", "location.countryOrRegion": "SE", "status.errorCode": "50126",
		"deviceDetail.isCompliant": "true", "deviceDetail.isManaged": "false", "autonomousSystemNumber": "64500",
		"authenticationRequirement": "singleFactorAuthentication", "conditionalAccessStatus": "notApplied",
		"vakt.stepDetails": "MFA denied; user declined the authentication", "vakt.errorClass": "bad_credentials",
		"authenticationDetails": "(unknown)", "isInteractive": "(unknown)", "clientAppUsed": "(none)", "deviceDetail.deviceId": "(none)",
	}
	for _, tt := range []struct {
		file  string
		cells map[string]string
		log   event.Log
		shape event.Shape
		says  map[string]string
	}{
		{"InteractiveSignIns_2025-12.header.csv", signIn, event.SignIn, event.PortalCSV, says},
		{"InteractiveSignIns_2024-10.header.csv", signIn, event.SignIn, event.PortalCSV, says},
		{"ApplicationSignIns_2025-12.header.csv", map[string]string{"Date (UTC)": "2026-03-02T08:15:30Z", "Request ID": "a1", "Service principal ID": "d1", "Status": "Success", "Location": ", , SE"},
			event.SignIn, event.PortalCSV, map[string]string{"servicePrincipalId": "d1", "status.errorCode": "0", "userId": "(unknown)", "clientAppUsed": "(unknown)", "location.city": "(none)", "location.countryOrRegion": "SE"}},
		{"AuditLogs_2024-11.header.csv", map[string]string{
			"Date (UTC)": "2026-03-02T08:15:30Z", "CorrelationId": "f1", "Activity": "Update user", "Result": "Success", "User Agent": "agent",
			"ActorType": "User", "ActorObjectId": "b1", "ActorUserPrincipalName": "boss@contoso.com", "IPAddress": "203.0.113.9",
			"Target1Type": "User", "Target1ObjectId": "a2", "Target1UserPrincipalName": "guest@contoso.com",
			"Target1ModifiedProperty2Name": "UserType", "Target1ModifiedProperty2OldValue": `["Guest"]`, "Target1ModifiedProperty2NewValue": `["Member"]`,
			"AdditionalDetail1Key": "k", "AdditionalDetail1Value": "v",
		}, event.Audit, event.PortalCSV, map[string]string{
			"account": "a2", "actor": "b1", "ip": "203.0.113.9", "result": "success", "modified.UserType.new": "Member", "modified.UserType.old": "Guest",
			"modified.Other.new": "(none)", "targetResources.type": "User", "additionalDetails.k": "v", "additionalDetails.User-Agent": "agent",
			"initiatedBy.app.servicePrincipalId": "(none)", "id": "(unknown)", "operationType": "(unknown)",
		}},
		{"purview_audit_2023-2026.header.csv", map[string]string{"RecordId": "a1", "CreationDate": "2026-03-02T08:15:30.0000000Z ", "RecordType": "15", "Operation": "UserLoggedIn", "UserId": "ann@contoso.com", "AuditData": logon},
			event.Unified, event.UnifiedExport, map[string]string{"Id": "a1", "RecordType": "15|AzureActiveDirectoryStsLogon", "UserId": "ann@contoso.com"}},
		{"search_unifiedauditlog_export_csv.header.csv", map[string]string{"RecordType": "AzureActiveDirectoryStsLogon", "CreationDate": "3/2/2026 8:15:30 AM", "Operations": "UserLoggedIn", "AuditData": logon},
			event.Unified, event.UnifiedExport, map[string]string{"Id": "a1", "Operation": "UserLoggedIn", "RecordType": "15|AzureActiveDirectoryStsLogon"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			raw := rows(t, written(t, header(t, tt.file), tt.cells))
			if len(raw) != 1 {
				t.Fatalf("%d rows", len(raw))
			}
			_, r := read(t, tt.log, raw[0])
			if err := r.Check(); err != nil || r.Shape() != tt.shape || r.Logs()&tt.log == 0 || r.Time() != 1772439330 {
				t.Errorf("shape %v, logs %v, time %d, error %v, out of scope %q", r.Shape(), r.Logs(), r.Time(), err, r.OutOfScope())
			}
			for name, want := range tt.says {
				if got := show(t, tt.log, raw[0], name); got != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestKnownHeader(t *testing.T) {
	third := header(t, "thirdparty_msp_SignInLogs.header.csv")
	many := make([]string, 50)
	for i := range many {
		many[i] = fmt.Sprintf("Spalte %d", i)
	}
	for _, tt := range []struct {
		columns []string
		want    string
	}{
		{third, "for sign-ins of Log Analytics it lacks TimeGenerated or AADTenantId or ResultType or Type"},
		{third, "for sign-ins of the portal it lacks Request ID, Date (UTC)"},
		{many, "another language"},
		{[]string{"Datum (UTC)", "Anforderungs-ID", "Benutzer-Agent", "Korrelations-ID"}, "another language"},
		{[]string{"Date (UTC)", "ID de demande", "Agent utilisateur", "ID de corrélation"}, "another language"},
		{[]string{"Name", "Town"}, "no column of a log"},
		{[]string{"TimeGenerated [Local Time]", "UserPrincipalName"}, "times are local"},
		{[]string{"TimeGenerated", "count_"}, "for sign-ins of Log Analytics it lacks CreatedDateTime, UserPrincipalName or UserId or ServicePrincipalId"},
		{[]string{"extra", "RecordType", "auditdata"}, ""},
		{[]string{"CreatedDateTime", "TimeGenerated", "UserId", "Status_string", "AppId"}, ""},
		{[]string{"Type", "DetectedDateTime", "RiskEventType"}, ""},
	} {
		err := event.KnownHeader(tt.columns)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.3q: %v, want %q", tt.columns, err, tt.want)
		}
	}
}

// A row of an audit search without its record is refused with the reason.
func TestRowsWithoutAuditData(t *testing.T) {
	for in, want := range map[string]string{
		"RecordType,AuditData\n15,\n":                "AuditData is empty",
		"RecordType,AuditData\n15,cut …\n":           `AuditData holds no record: "cut …"`,
		"RecordType,Operation,AuditData\n15,Send,\n": "AuditData is empty",
	} {
		_, r := read(t, event.Unified, rows(t, in)[0])
		if err := r.Check(); err == nil || err.Error() != want || r.OutOfScope() != "" {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	s := event.NewSchema()
	l, err := s.Layout()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Read([]byte(rows(t, "RecordType,AuditData\n15,\"{\"\"Id\"\":\"\"a\"\n")[0]), new(event.Record)); err == nil {
		t.Error("a cut AuditData is read")
	}
}

func TestPortalValues(t *testing.T) {
	for _, tt := range []struct{ column, cell, field, want string }{
		{"Sign-in error code", "None", "status.errorCode", "0"}, // by the status
		{"Sign-in error code", "0", "status.errorCode", "0"},
		{"Sign-in error code", "50074", "status.errorCode", "50074"},
		{"Location", "Lund, Skåne, SE", "location.city", "Lund"},
		{"Location", "Washington, D.C., District of Columbia, US", "location.city", "Washington, D.C."},
		{"Location", "Washington, D.C., District of Columbia, US", "location.state", "District of Columbia"},
		{"Location", "Skåne, SE", "location.state", "Skåne"},
		{"Location", "Skåne, SE", "location.city", "(none)"},
		{"Location", "SE", "location.countryOrRegion", "SE"},
		{"Location", "Lund, Skåne, ", "location.countryOrRegion", "(none)"},
		{"Location", ", , ", "location.state", "(none)"},
		{"Conditional Access", "Success", "conditionalAccessStatus", "success"},
		{"Conditional Access", "Report-only", "conditionalAccessStatus", "Report-only"},
		{"Authentication Protocol", "Device code", "authenticationProtocol", "deviceCode"},
		{"Authentication requirement", "Multifactor authentication", "authenticationRequirement", "multiFactorAuthentication"},
		{"Compliant", "Yes", "deviceDetail.isCompliant", "true"},
		{"Compliant", "", "deviceDetail.isCompliant", "(none)"},
		{"Compliant", "TRUE", "deviceDetail.isManaged", "(unknown)"}, // the file lacks the column
		{"User type", "Guest", "userType", "guest"},
	} {
		row, _ := json.Marshal(map[string]any{"Date (UTC)": "2026-03-02T08:15:30Z", "Request ID": "a1", "Status": "Success", tt.column: null(tt.cell)})
		if got := show(t, event.SignIn, string(row), tt.field); got != tt.want {
			t.Errorf("%s %q: %s = %s, want %s", tt.column, tt.cell, tt.field, got, tt.want)
		}
	}
}

func null(cell string) any {
	if cell == "" {
		return nil
	}
	return cell
}

// Where all places of a portal download are taken, what is not among them may
// have been cut: it is unknown, and what is there is known.
func TestCutIsUnknown(t *testing.T) {
	row := map[string]any{"Date (UTC)": "2026-03-02T08:15:30Z", "CorrelationId": "f1", "Activity": "Update user", "Target1ObjectId": "a1", "Target2ObjectId": nil}
	for i := range 5 {
		row[fmt.Sprintf("Target1ModifiedProperty%dName", i+1)] = fmt.Sprintf("P%d", i+1)
		row[fmt.Sprintf("Target1ModifiedProperty%dNewValue", i+1)] = `"x"`
	}
	row["AdditionalDetail1Key"], row["AdditionalDetail1Value"] = "k", "v"
	full, _ := json.Marshal(row)
	row["Target1ModifiedProperty5Name"], row["Target1ModifiedProperty5NewValue"] = nil, nil
	row["AdditionalDetail2Key"] = nil
	open, _ := json.Marshal(row)
	for name, want := range map[string][2]string{
		"modified.P1.new": {"x", "x"}, "modified.P5.new": {"x", "(none)"}, "modified.P6.new": {"(unknown)", "(none)"},
		"additionalDetails.k": {"v", "v"}, "additionalDetails.other": {"(unknown)", "(none)"}, "targetResources.id": {"a1", "a1"},
	} {
		if got := [2]string{show(t, event.Audit, string(full), name), show(t, event.Audit, string(open), name)}; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// same are fields of a sign-in that Graph and the portal both have, with the
// column; the value is written as it is.
var same = map[string]string{
	"id": "Request ID", "createdDateTime": "Date (UTC)", "userId": "User ID", "userPrincipalName": "Username", "userDisplayName": "User",
	"appId": "Application ID ", "appDisplayName": "Application", "resourceId": "Resource ID ", "ipAddress": "IP address", "clientAppUsed": "Client app",
	"userAgent": "User agent", "correlationId": "Correlation ID", "sessionId": "Session ID", "uniqueTokenIdentifier": "Unique token identifier",
	"status.failureReason": "Failure reason", "deviceDetail.deviceId": "Device ID", "deviceDetail.browser": "Browser",
	"deviceDetail.operatingSystem": "Operating System", "deviceDetail.trustType": "Join Type", "authenticationProtocol": "Authentication Protocol",
}

// TestPortalSaysWhatGraphSays writes random sign-ins in both forms.
func TestPortalSaysWhatGraphSays(t *testing.T) {
	names := []string{"account", "actor", "ip", "vakt.errorClass", "vakt.clientClass", "vakt.userDomain", "status.errorCode", "location.city", "location.state", "location.countryOrRegion", "deviceDetail.isCompliant"}
	var columns []string
	shared := slices.Sorted(maps.Keys(same))
	for _, name := range shared {
		names, columns = append(names, name), append(columns, same[name])
	}
	columns = append(columns, "Sign-in error code", "Status", "Location", "Compliant")
	s := event.NewSchema()
	fields := make([]event.Field, len(names))
	for i, n := range names {
		fields[i], _ = s.Lookup(event.SignIn, n)
	}
	layout, err := s.Layout(fields...)
	if err != nil {
		t.Fatal(err)
	}
	texts := rapid.OneOf(rapid.SampledFrom([]string{"", "a,b", "say \"x\"", "two\r\nlines", `{"a":1`, "å;ö", `\u0041`, "00000000-0000-0000-0000-000000000000", "203.0.113.9:443", "ann@contoso.com"}), rapid.StringMatching(`[ -~]{1,9}[!-~]`))
	rapid.Check(t, func(t *rapid.T) {
		graph := map[string]any{"authenticationRequirement": "none"}
		cells := map[string]string{}
		for _, name := range shared {
			text, column := texts.Draw(t, name), same[name]
			switch name {
			case "createdDateTime":
				text = "2026-03-02T08:15:30Z"
			case "userPrincipalName", "appId", "id":
				text = "a" + text
			}
			if text != "" && strings.TrimSpace(text) == text && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
				put(graph, name, text)
				cells[column] = text
			}
		}
		if cells["Username"] == "" || cells["Application ID "] == "" || cells["Request ID"] == "" {
			t.Skip("not a whole sign-in")
		}
		code := rapid.SampledFrom([]string{"0", "50126", "500121", "1"}).Draw(t, "code")
		put(graph, "status.errorCode", json.Number(code))
		if cells["Status"] = "Failure"; code == "0" {
			cells["Status"] = "Success"
		} else {
			cells["Sign-in error code"] = code
		}
		place := rapid.SliceOfN(rapid.SampledFrom([]string{"", "Lund", "SE"}), 3, 3).Draw(t, "place")
		cells["Location"] = strings.Join(place, ", ")
		for i, part := range []string{"city", "state", "countryOrRegion"} {
			if place[i] != "" {
				put(graph, "location."+part, place[i])
			}
		}
		compliant := rapid.Bool().Draw(t, "compliant")
		put(graph, "deviceDetail.isCompliant", compliant)
		cells["Compliant"] = strings.ToUpper(fmt.Sprint(compliant))
		raw, _ := json.Marshal(graph)
		var a, b event.Record
		if err := layout.Read(raw, &a); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		row := rows(t, written(t, columns, cells))[0]
		if err := layout.Read([]byte(row), &b); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		if a.Shape() != event.GraphBeta || b.Shape() != event.PortalCSV {
			t.Fatalf("shapes %v and %v of %s", a.Shape(), b.Shape(), raw)
		}
		for i, f := range fields {
			if x, y := texted(a.Field(f)), texted(b.Field(f)); x != y {
				t.Errorf("%s: Graph says %q, the portal %q\n%s\n%s", names[i], x, y, raw, row)
			}
		}
		if a.Key() != b.Key() {
			t.Errorf("keys differ: %s and %s", raw, row)
		}
	})
}

// put sets a value at a path.
func put(o map[string]any, path string, v any) {
	if head, rest, nested := strings.Cut(path, "."); nested {
		inner, _ := o[head].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			o[head] = inner
		}
		put(inner, rest, v)
		return
	}
	o[path] = v
}

func texted(v event.Values) string {
	if v.Unknown {
		return "(unknown)"
	}
	var all []string
	for _, x := range v.List {
		all = append(all, string(x.Text))
	}
	return strings.Join(all, "|")
}
