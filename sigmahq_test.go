package vakt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/sim"
)

var record = flag.Bool("record", false, "rewrite the goldens; a person reads the difference")

const publicRules = "../shared/fixtures/sigmahq"

// publicFolder skips a test where the public rules are not there.
func publicFolder(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(publicRules); err != nil {
		if strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "fixtures") {
			t.Fatal(err)
		}
		t.Skip("the public rules ../shared/fixtures/sigmahq are not here")
	}
	return publicRules
}

// What becomes of each public rule is pinned, with the reason where it does
// not run.
func TestSigmaHQStates(t *testing.T) {
	rules, problems := daemon.LoadRules(nil, []string{publicFolder(t)})
	set, more := rule.Compile(rules, event.NewSchema(), baseline.Default())
	var b bytes.Buffer
	total := map[rule.State]int{}
	for _, v := range rule.Judge(set, append(problems, more...)) {
		total[v.State]++
		fmt.Fprintf(&b, "%s: %s", path.Base(filepath.ToSlash(v.File)), v.State)
		if v.State != rule.Mapped && len(v.Reasons) > 0 {
			fmt.Fprintf(&b, ": %s", strings.Join(v.Reasons, "; "))
		}
		b.WriteByte('\n')
	}
	for _, s := range rule.States() {
		fmt.Fprintf(&b, "# %s %d\n", s, total[s])
	}
	golden(t, "testdata/sigmahq.golden", b.Bytes())
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *record {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s (-record rewrites it):\n%s", file, d)
	}
}

// publicCase is a line of testdata/sigmahq.jsonl: how a record differs from the
// one of its log in sigmahq_record_test.go where the rule of a file must find
// it, and how that differs where it must not.
type publicCase struct {
	Rule     string          `json:"rule"`
	Log      string          `json:"log"`
	Hit      json.RawMessage `json:"hit"`
	Miss     json.RawMessage `json:"miss"`
	Baseline map[string]any  `json:"baseline"`
}

// Public rules find what their authors meant, in every shape that carries it.
func TestSigmaHQHits(t *testing.T) {
	folder := publicFolder(t)
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, _ os.DirEntry, err error) error {
		files[path.Base(filepath.ToSlash(name))] = name
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/sigmahq.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	cases := json.NewDecoder(bytes.NewReader(data))
	seen := map[string]bool{}
	for cases.More() {
		var c publicCase
		if err := cases.Decode(&c); err != nil {
			t.Fatal(err)
		}
		seen[c.Rule] = true
		t.Run(strings.TrimSuffix(c.Rule, ".yml"), func(t *testing.T) { c.run(t, files[c.Rule]) })
	}
	if len(seen) < 25 {
		t.Errorf("%d public rules have a case, want 25", len(seen))
	}
}

// graphShapes carry sign-ins, audits and risk detections whole, unifiedShapes the
// unified audit log, azureShapes the Azure activity log: there the numbers are exact. In the other shapes they may
// differ where the rule is reported blind or weak.
var (
	graphShapes   = []string{"graph_beta", "azure_monitor", "log_analytics"}
	unifiedShapes = []string{"management_activity", "audit_log_record", "unified_export"}
	azureShapes   = []string{"azure_rest", "azure_monitor", "log_analytics", "log_analytics_csv"}
)

func (c *publicCase) run(t *testing.T, file string) {
	rules, problems := daemon.LoadRules(nil, []string{file})
	for _, p := range problems {
		if p.Stops() {
			t.Fatal(p)
		}
	}
	hit := patched(t, publicRecords[c.Log], c.Hit)
	cases := []daemon.Case{
		{File: c.Rule, Name: "hit", Alerts: 1, Baseline: c.Baseline, Records: [][]byte{hit}},
		{File: c.Rule, Name: "near miss", Alerts: 0, Baseline: c.Baseline, Records: [][]byte{patched(t, string(hit), c.Miss)}},
	}
	shapes := graphShapes
	switch c.Log {
	case "unified":
		shapes = unifiedShapes
	case "activity":
		shapes = azureShapes
	}
	all := slices.Clone(shapes)
	for _, s := range sim.Shapes() {
		if !slices.Contains(shapes, string(s)) {
			all = append(all, string(s))
		}
	}
	trials, err := daemon.TestRules(context.Background(), rules, cases, all, func(shape string, records [][]byte) ([][]byte, bool, error) {
		return sim.RenderTexts(sim.Shape(shape), records)
	})
	if err != nil {
		t.Fatal(err)
	}
	exact := 0
	for i := range trials {
		trial := &trials[i]
		right := trial.Passed()
		if slices.Contains(shapes, trial.Shape) {
			exact++
			right = trial.Err == nil && trial.Got == trial.Case.Alerts
		}
		if !right {
			t.Errorf("%s as %s: %d alerts, want %d (%v)", trial.Case.Name, trial.Shape, trial.Got, trial.Case.Alerts, trial.Err)
		}
	}
	if exact != len(cases)*len(shapes) {
		t.Errorf("%d exact trials, want %d: a shape does not carry the record", exact, len(cases)*len(shapes))
	}
}

// patched is a record with a merge patch (RFC 7386) applied.
func patched(t *testing.T, record string, patch json.RawMessage) []byte {
	t.Helper()
	var r, p any
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(patch, &p); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(merged(r, p))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func merged(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out, ok := target.(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	for key, v := range p {
		if v == nil {
			delete(out, key)
			continue
		}
		out[key] = merged(out[key], v)
	}
	return out
}

// publicRecords are plain records of each log, in Graph's beta form or as the
// unified audit log's own.
var publicRecords = map[string]string{
	"signin": `{"id":"5f2e0c1a-7d3b-4c55-9a41-0d6f1b2c3e01","createdDateTime":"2026-03-03T08:00:00Z","userDisplayName":"Ann Berg",
		"userPrincipalName":"ann.berg@contoso.com","userId":"f4884cf7-2575-482e-a3c3-060fcc5c544c","appId":"4765445b-32c6-49b0-83e6-1d93765276ca",
		"appDisplayName":"OfficeHome","ipAddress":"203.0.113.9","clientAppUsed":"Browser","userAgent":"Mozilla/5.0 (X11; Linux x86_64)",
		"correlationId":"4e799229-558b-489b-a84b-31dc17ee5680","conditionalAccessStatus":"success","originalRequestId":"5f2e0c1a-7d3b-4c55-9a41-0d6f1b2c3e01",
		"isInteractive":true,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes_v2":[],
		"resourceDisplayName":"OfficeHome","resourceId":"4765445b-32c6-49b0-83e6-1d93765276ca","resourceTenantId":"11111111-2222-3333-4444-555555555555",
		"homeTenantId":"11111111-2222-3333-4444-555555555555","authenticationRequirement":"multiFactorAuthentication","authenticationProtocol":"none",
		"networkLocationDetails":[{"networkType":"trustedNamedLocation","networkNames":["Kontor"]}],
		"signInEventTypes":["interactiveUser"],"userType":"member","status":{"errorCode":0,"failureReason":"Other.","additionalDetails":null},
		"deviceDetail":{"deviceId":"9b1c0a52-3a6f-4a3e-8c1e-2f4f0a7d1b11","displayName":"PC-1","operatingSystem":"Windows","browser":"Edge 140.0.0","isCompliant":true,"isManaged":true,"trustType":"AzureAd"},
		"location":{"city":"Exempelstad","state":"","countryOrRegion":"SE","geoCoordinates":{"altitude":null,"latitude":59.3,"longitude":18.0}},
		"authenticationDetails":[{"authenticationStepDateTime":"2026-03-03T08:00:00Z","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud","succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication"}]}`,
	"audit": `{"id":"Directory_4c41aba2-c78b-4324-a1ca-1606e5deae9d_BM5AG_55297001","category":"UserManagement","correlationId":"4c41aba2-c78b-4324-a1ca-1606e5deae9d",
		"result":"success","resultReason":"","activityDisplayName":"Update user","activityDateTime":"2026-03-03T09:30:27.7391873Z","loggedByService":"Core Directory",
		"operationType":"Update","initiatedBy":{"app":null,"user":{"id":"3cd9f413-823a-4487-a181-aa4fd3b153da","displayName":null,"userPrincipalName":"admin.maja@contoso.com","ipAddress":"198.51.100.17"}},
		"targetResources":[{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","displayName":"Bo Dahl","type":"User","userPrincipalName":"bo.dahl@contoso.com","groupType":null,"modifiedProperties":[]}],
		"additionalDetails":[]}`,
	"risk": `{"id":"a10f6ae6-7f8e-47e1-a07b-f9f2dca96f3a","requestId":"5f2e0c1a-7d3b-4c55-9a41-0d6f1b2c3e01","correlationId":"4e799229-558b-489b-a84b-31dc17ee5680","riskType":"generic",
		"riskEventType":"generic","riskState":"atRisk","riskLevel":"high","riskDetail":"none","source":"IdentityProtection","detectionTimingType":"offline","activity":"signin","tokenIssuerType":"AzureAD",
		"ipAddress":"203.0.113.9","location":{"city":"Exempelstad","state":"","countryOrRegion":"SE"},"activityDateTime":"2026-03-03T08:15:02Z","detectedDateTime":"2026-03-03T14:40:11Z","lastUpdatedDateTime":"2026-03-03T14:40:11Z",
		"userId":"f4884cf7-2575-482e-a3c3-060fcc5c544c","userDisplayName":"Ann Berg","userPrincipalName":"ann.berg@contoso.com","additionalInfo":"[]"}`,
	"unified": `{"CreationTime":"2026-03-03T08:00:00","Id":"c2b5b6a0-0f6d-4a8e-9d55-3b9a4a1f7701","Operation":"Set-Mailbox","OrganizationId":"11111111-2222-3333-4444-555555555555","RecordType":1,
		"ResultStatus":"True","UserKey":"ann.berg@contoso.com","UserType":0,"Version":1,"Workload":"Exchange","ClientIP":"203.0.113.9:4711","ObjectId":"ann.berg","UserId":"ann.berg@contoso.com","Parameters":[]}`,
	"activity": `{"caller":"adm_maja@contoso.com","claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"3cd9f413-823a-4487-a181-aa4fd3b153da",
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"adm_maja@contoso.com","ipaddr":"198.51.100.17"},"correlationId":"dddddddd-0000-4000-8000-000000000001",
		"eventDataId":"ffffffff-0000-4000-8000-000000000001","category":{"value":"Administrative","localizedValue":"Administrative"},"level":"Informational",
		"resourceId":"/subscriptions/aaaaaaaa-1111-4222-8333-444444444444/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/vm1",
		"operationName":{"value":"Microsoft.Compute/virtualMachines/read","localizedValue":"Read"},"status":{"value":"Succeeded","localizedValue":"Succeeded"},"subStatus":{"value":"","localizedValue":""},
		"eventTimestamp":"2026-03-03T08:00:00.1234567Z","subscriptionId":"aaaaaaaa-1111-4222-8333-444444444444","properties":{"eventCategory":"Administrative"}}`,
}
