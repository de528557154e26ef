package sim

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readCSV reads a file with encoding/csv, header and rows. It turns CR LF
// inside a cell into LF, as that reader does.
func readCSV(t *testing.T, file []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatalf("%v: %.300s", err, file)
	}
	return rows
}

// table reads a file as rows by column name; of a name that comes twice the
// second one is "name (2)".
func table(t *testing.T, file []byte) []map[string]string {
	t.Helper()
	rows := readCSV(t, file)
	var all []map[string]string
	for _, row := range rows[min(1, len(rows)):] {
		cells := map[string]string{}
		for i, name := range rows[0] {
			if _, has := cells[name]; has {
				name += " (2)"
			}
			cells[name] = row[i]
		}
		all = append(all, cells)
	}
	return all
}

// TestCSVHeadersAreTheProducts compares the header lines, quotes and blanks
// included, with those that were collected.
func TestCSVHeadersAreTheProducts(t *testing.T) {
	for name, c := range map[string]struct {
		shape Shape
		opts  Options
		json  string
	}{
		"InteractiveSignIns_2025-12":        {PortalCSV, Options{}, `{"id":"1"}`},
		"InteractiveSignIns_2024-10":        {PortalCSV, Options{Portal2024: true}, `{"id":"1"}`},
		"ApplicationSignIns_2025-12":        {PortalCSV, Options{}, `{"signInEventTypes":["servicePrincipal"]}`},
		"AuditLogs_2024-11":                 {PortalCSV, Options{}, `{"activityDisplayName":"Update user"}`},
		"purview_audit_2023-2026":           {PurviewCSV, Options{}, `{"Operation":"Set-Mailbox"}`},
		"search_unifiedauditlog_export_csv": {UnifiedCSV, Options{}, `{"Operation":"Set-Mailbox"}`},
	} {
		want, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "portal-csv-headers", name+".header.csv"))
		if err != nil {
			needFixtures(t, err)
		}
		rec, err := ParseRecord([]byte(c.json))
		if err != nil {
			t.Fatal(err)
		}
		got, _, _ := bytes.Cut(render(t, c.shape, CSV, []Record{rec}, c.opts), []byte("\r\n"))
		marked := bytes.HasPrefix(got, []byte("\ufeff"))
		if marked != (c.shape == PortalCSV) {
			t.Errorf("%s: byte order mark: %t", name, marked)
		}
		if diff := cmp.Diff(strings.TrimSuffix(string(want), "\r\n"), strings.TrimPrefix(string(got), "\ufeff")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCSVWithoutRecordsHasAHeader(t *testing.T) {
	for shape, want := range map[Shape]int{PortalCSV: 57, PurviewCSV: 8, UnifiedCSV: 13} {
		if rows := readCSV(t, render(t, shape, CSV, nil, Options{})); len(rows) != 1 || len(rows[0]) != want {
			t.Errorf("%s: %d rows", shape, len(rows))
		}
	}
	if file := render(t, LogAnalyticsCSV, CSV, nil, Options{}); len(file) != 0 {
		t.Errorf("a workspace without rows gives %q", file)
	}
}

func TestCSVCells(t *testing.T) {
	const (
		signIn = `{"id":"r1","createdDateTime":"2026-03-05T19:08:09Z","userDisplayName":"Anna \"Ankan\" Öberg","userType":"guest","incomingTokenType":"primaryRefreshToken","tokenIssuerType":"AzureAD","location":{"city":"","state":"Skåne","countryOrRegion":"SE"},"status":{"errorCode":50074,"failureReason":"Strong, stronger"},"deviceDetail":{"isCompliant":true,"isManaged":null},"conditionalAccessStatus":"notApplied","authenticationRequirement":"singleFactorAuthentication","autonomousSystemNumber":64496}`
		good   = `{"id":"r2","createdDateTime":"2026-03-05T19:08:09Z","status":{"errorCode":0},"isInteractive":false,"deviceDetail":{"browser":"B"},"userDisplayName":"a,b"}`
		app    = `{"id":"r3","signInEventTypes":["servicePrincipal"],"servicePrincipalId":"p1","status":{"errorCode":7000215}}`
		audit  = `{"id":"D1","activityDisplayName":"Update user","activityDateTime":"2026-03-05T19:08:09.1234567Z","result":"success","correlationId":"c1","initiatedBy":{"app":{"displayName":"HR","servicePrincipalId":"p1"}},"targetResources":[{"id":"t1","type":"User","modifiedProperties":[{"displayName":"UserType","oldValue":"[\"Guest\"]","newValue":"[\"Member\"]"},{"displayName":"2"},{"displayName":"3"},{"displayName":"4"},{"displayName":"5"},{"displayName":"lost"}]},{"id":"t2"},{"id":"t3"},{"id":"lost"}],"additionalDetails":[{"key":"K","value":"x"}]}`
		risk   = `{"id":"k1","riskEventType":"newCountry","activityDateTime":"2026-03-05T19:08:09.5Z","location":{"city":"Umeå"}}`
		mail   = `{"CreationTime":"2026-03-05T09:08:09","Id":"e1","Operation":"Set-Mailbox","RecordType":1,"UserId":"a@contoso.com"}`
	)
	for _, c := range []struct {
		shape Shape
		in    []string
		want  map[string]string // of the last row
	}{
		{PortalCSV, []string{signIn}, map[string]string{
			"Date (UTC)": "2026-03-05T19:08:09Z", "Request ID": "r1", "User": `Anna "Ankan" Öberg`, "User type": "Guest",
			"Incoming token type": "primaryRefreshToken", "Incoming token type (2)": "Primary refresh token", "Token issuer type": "Azure AD",
			"Location": ", Skåne, SE", "Status": "Interrupted", "Sign-in error code": "50074", "Failure reason": "Strong, stronger",
			"Compliant": "TRUE", "Managed": "", "Conditional Access": "Not Applied", "Authentication requirement": "Single-factor authentication",
			"Autonomous system  number": "64496", "Resource ID ": "",
		}},
		{PortalCSV, []string{signIn, good}, map[string]string{"Status": "Success", "Sign-in error code": "", "User": "a,b", "Location": ""}},
		{PortalCSV, []string{app}, map[string]string{"Service principal ID": "p1", "Status": "Failure", "Sign-in error code": "7000215"}},
		{PortalCSV, []string{audit}, map[string]string{
			"Date (UTC)": "2026-03-05T19:08:09.1234567Z", "ActorType": "Application", "ActorDisplayName": "HR", "ActorServicePrincipalId": "p1",
			"Target1Type": "User", "Target1ModifiedProperty1OldValue": `["Guest"]`, "Target1ModifiedProperty1NewValue": `["Member"]`,
			"Target1ModifiedProperty5Name": "5", "Target3ObjectId": "t3", "AdditionalDetail1Key": "K", "AdditionalDetail1Value": "x", "AdditionalDetail6Value": "",
		}},
		{LogAnalyticsCSV, []string{signIn}, map[string]string{
			"TimeGenerated [UTC]": "3/5/2026, 7:11:26.000 PM", "CreatedDateTime [UTC]": "3/5/2026, 7:08:09.000 PM", "ResultType": "50074",
			"Status": `{"errorCode":50074,"failureReason":"Strong, stronger"}`, "Type": "SigninLogs",
		}},
		{LogAnalyticsCSV, []string{signIn, good}, map[string]string{ // a union of two tables
			"Status_dynamic": "", "Status_string": `{"errorCode":0}`, "DeviceDetail_dynamic": "", "DeviceDetail_string": `{"browser":"B"}`,
			"IsInteractive": "false", "UserType": "", "Type": "AADNonInteractiveUserSignInLogs",
		}},
		{LogAnalyticsCSV, []string{audit}, map[string]string{"ActivityDateTime [UTC]": "3/5/2026, 7:08:09.123 PM", "Result": "success"}},
		{LogAnalyticsCSV, []string{risk}, map[string]string{"Location": `{"city":"Umeå"}`, "RiskEventType": "newCountry"}},
		{PurviewCSV, []string{mail}, map[string]string{
			"RecordId": "e1", "CreationDate": "2026-03-05T09:08:09.0000000Z ", "RecordType": "1", "Operation": "Set-Mailbox", "UserId": "a@contoso.com", "AuditData": mail,
		}},
		{PurviewCSV, []string{good}, map[string]string{"RecordType": "15", "Operation": "UserLoggedIn"}},
		{UnifiedCSV, []string{mail, audit}, map[string]string{
			"RecordType": "AzureActiveDirectory", "CreationDate": "3/5/2026 7:08:09 PM", "Operations": "Update user.", "ResultIndex": "2", "ResultCount": "2", "IsValid": "True",
		}},
	} {
		var records []Record
		for _, text := range c.in {
			rec, err := ParseRecord([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, rec)
		}
		rows := table(t, render(t, c.shape, CSV, records, Options{}))
		if len(rows) != len(c.in) {
			t.Fatalf("%s: %d rows of %d", c.shape, len(rows), len(c.in))
		}
		last := rows[len(rows)-1]
		for name, want := range c.want {
			if got, has := last[name]; !has || got != want {
				t.Errorf("%s: %s is %q (%t), want %q", c.shape, name, got, has, want)
			}
		}
		for name, cell := range last {
			if strings.Contains(cell, "lost") && c.shape == PortalCSV {
				t.Errorf("%s has %q, for which there is no room", name, cell)
			}
		}
	}
}

func TestCSVRefusesTwoKindsInOneFile(t *testing.T) {
	records := []Record{{Log: SignIn, JSON: []byte(`{"id":"1"}`)}, {Log: Audit, JSON: []byte(`{"id":"2"}`)}}
	err := Render(new(bytes.Buffer), PortalCSV, CSV, slices.Values(records), Options{})
	if err == nil || !strings.Contains(err.Error(), "record 2 belongs into another file") {
		t.Error(err)
	}
}

func TestUnifiedCSVRepeats(t *testing.T) {
	var records []Record
	for i := range 5 {
		records = append(records, Record{Log: Unified, JSON: fmt.Appendf(nil, `{"Id":"%d","Operation":"Set-Mailbox"}`, i)})
	}
	var got []string
	for _, row := range table(t, render(t, UnifiedCSV, CSV, records, Options{Repeat: 2})) {
		got = append(got, row["Identity"]+" "+row["ResultIndex"]+"/"+row["ResultCount"])
	}
	want := []string{"0 1/7", "1 2/7", "1 3/7", "2 4/7", "3 5/7", "3 6/7", "4 7/7"}
	if !slices.Equal(got, want) {
		t.Errorf("rows are %q", got)
	}
}

// TestCSVTellsTheSame reads every CSV shape back with encoding/csv: the same
// records, ids, times, codes and names, hostile ones too.
func TestCSVTellsTheSame(t *testing.T) {
	t.Parallel()
	records := samples(t)
	for _, shape := range []Shape{PortalCSV, LogAnalyticsCSV, PurviewCSV, UnifiedCSV} {
		files := map[string][]Record{}
		for _, rec := range records {
			if shape.Carries(rec.Log) {
				files[fileOf(shape, rec)] = append(files[fileOf(shape, rec)], rec)
			}
		}
		for name, list := range files {
			rows := table(t, render(t, shape, CSV, list, Options{}))
			if len(rows) != len(list) || len(list) < 5 {
				t.Fatalf("%s, %q: %d rows of %d records", shape, name, len(rows), len(list))
			}
			for i, rec := range list {
				want := expected(t, shape, rec)
				if shape == PortalCSV && rec.Log == Audit {
					want.id = "" // there is no column for it
				}
				want.name = strings.ReplaceAll(want.name, "\r\n", "\n")
				if got := gistOfCells(t, shape, rec, rows[i]); got != want {
					t.Fatalf("%s: got %+v, want %+v", shape, got, want)
				}
			}
		}
	}
}

// gistOfCells reads a row of a CSV shape.
func gistOfCells(t *testing.T, shape Shape, rec Record, row map[string]string) gist {
	t.Helper()
	switch shape {
	case PortalCSV:
		g := gist{id: row["Request ID"], code: row["Sign-in error code"] + row["Activity"], name: row["User"] + row["Target1DisplayName"], at: at(t, row["Date (UTC)"])}
		if row["Status"] == "Success" {
			g.code = "0"
		}
		return g
	case LogAnalyticsCSV:
		o := decoded{}
		for name, cell := range row {
			name = strings.TrimSuffix(strings.TrimSuffix(name, "_string"), "_dynamic")
			if short, ok := strings.CutSuffix(name, " [UTC]"); ok && cell != "" {
				name, cell = short, usTime(t, cell, "1/2/2006, 3:04:05.000 PM")
			}
			if cell != "" {
				o[name] = cell
			}
		}
		g := gistOfRow(t, o)
		g.name = strings.ReplaceAll(g.name, "\r\n", "\n") // a target's name stands in JSON
		return g
	}
	var data decoded
	if err := json.Unmarshal([]byte(row["AuditData"]), &data); err != nil {
		t.Fatal(err)
	}
	g := gistOf(t, ManagementActivity, data)
	outer := gist{id: row["RecordId"], code: row["Operation"]}
	if shape == UnifiedCSV {
		outer = gist{id: row["Identity"], code: row["Operations"], at: at(t, usTime(t, row["CreationDate"], "1/2/2006 3:04:05 PM"))}
	} else {
		outer.at = at(t, strings.TrimSpace(row["CreationDate"]))
	}
	if outer != g {
		t.Errorf("%s of a %s: %+v around %+v", shape, rec.Log, outer, g)
	}
	return g
}

// usTime gives a time in one of the US forms the form of the APIs.
func usTime(t *testing.T, text, layout string) string {
	t.Helper()
	when, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	return when.Format(time.RFC3339Nano)
}

// TestHostileNamesSurviveInCSV: quotes, line breaks and formulas are data.
func TestHostileNamesSurviveInCSV(t *testing.T) {
	for _, name := range hostileNames {
		rec := Record{Log: SignIn, JSON: []byte(`{"id":"1","userDisplayName":` + quoted(name) + `}`)}
		for shape, column := range map[Shape]string{PortalCSV: "User", LogAnalyticsCSV: "UserDisplayName"} {
			file := render(t, shape, CSV, []Record{rec}, Options{})
			if got := table(t, file)[0][column]; got != strings.ReplaceAll(name, "\r\n", "\n") {
				t.Errorf("%s: %q became %q", shape, name, got)
			}
			if strings.Contains(name, "\r\n") && !bytes.Contains(file, []byte(name)) {
				t.Errorf("%s: the line break of %q is another one", shape, name)
			}
		}
	}
}

// TestRenderTextsGivesOneInputForEachFile.
func TestRenderTextsGivesOneInputForEachFile(t *testing.T) {
	texts := [][]byte{
		[]byte(`{"id":"1","status":{"errorCode":0}}`), []byte(`{"id":"2","activityDisplayName":"Update user"}`),
		[]byte(`{"id":"3","status":{"errorCode":0}}`), []byte(`{"id":"4","signInEventTypes":["servicePrincipal"]}`),
	}
	for shape, want := range map[Shape]int{GraphBeta: 1, PortalCSV: 3, LogAnalyticsCSV: 2, PurviewCSV: 1, UnifiedCSV: 1, UnifiedExport: 1} {
		inputs, ok, err := RenderTexts(shape, texts)
		if err != nil || !ok || len(inputs) != want {
			t.Errorf("%s: %d inputs, %t, %v", shape, len(inputs), ok, err)
		}
	}
	if inputs, ok, err := RenderTexts(PortalCSV, [][]byte{[]byte(`{"riskEventType":"newCountry"}`)}); ok || err != nil || inputs != nil {
		t.Errorf("a risk detection: %q, %t, %v", inputs, ok, err)
	}
	if inputs, ok, err := RenderTexts(GraphBeta, nil); !ok || err != nil || len(inputs) != 1 {
		t.Errorf("nothing: %q, %t, %v", inputs, ok, err)
	}
	if _, _, err := RenderTexts(GraphBeta, [][]byte{[]byte(`{}`), []byte(`[`)}); err == nil || !strings.Contains(err.Error(), "record 2: ") {
		t.Error(err)
	}
}

// FuzzCSVCells: whatever stands in a record comes back out of its cell.
func FuzzCSVCells(f *testing.F) {
	for _, seed := range []string{"a", `"`, `a"b,c`, "x\r\ny", " ", "\t", "=1+1", "\ufeff", "\u2028", `""`} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		text := `{"id":` + quoted(one) + `,"userDisplayName":` + quoted(two) + `,"createdDateTime":"2026-03-05T19:08:09Z"}`
		var want struct{ ID, UserDisplayName string }
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		lf := strings.NewReplacer("\r\n", "\n").Replace
		for shape, columns := range map[Shape][2]string{PortalCSV: {"Request ID", "User"}, LogAnalyticsCSV: {"Id", "UserDisplayName"}} {
			row := table(t, render(t, shape, CSV, []Record{{Log: SignIn, JSON: []byte(text)}}, Options{}))[0]
			if row[columns[0]] != lf(want.ID) || row[columns[1]] != lf(want.UserDisplayName) {
				t.Fatalf("%s: %q, %q became %q, %q", shape, one, two, row[columns[0]], row[columns[1]])
			}
		}
	})
}
