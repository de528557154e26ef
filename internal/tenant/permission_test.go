package tenant

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var record = flag.Bool("record", false, "rewrite the goldens; a person reads the difference")

func TestCompare(t *testing.T) {
	c := Compare([]string{"user.read.all", "Directory.ReadWrite.All", "Mail.ReadWrite"}, []Capability{Accounts, Activity, Products})
	type row struct {
		permission string
		granted    bool
		by         string
	}
	var got []row
	for _, g := range c.Grants {
		got = append(got, row{g.Permission.Name, g.Granted, g.By})
	}
	want := []row{
		{"User.Read.All", true, "User.Read.All"},
		{"AuditLog.Read.All", false, ""},
		{"Organization.Read.All", true, "Directory.ReadWrite.All"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	var surplus []string
	for _, s := range c.Surplus {
		tier := ""
		if s.Permission.Tier0 {
			tier = " tier 0"
		}
		surplus = append(surplus, s.Permission.Name+tier+" → "+strings.Join(s.Instead, ","))
	}
	if diff := cmp.Diff([]string{"Directory.ReadWrite.All tier 0 → Organization.Read.All", "Mail.ReadWrite → "}, surplus); diff != "" {
		t.Error(diff)
	}
}

// TestTablesAgree: what a feature needs is in the table of permissions, what
// the reading registration gets cannot write, and nothing of tier 0 is asked
// for unless it is named.
func TestTablesAgree(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range permissions {
		if seen[p.Name] || p.ID != "" && seen[p.ID] {
			t.Errorf("%s is in the table twice", p.Name)
		}
		seen[p.Name], seen[p.ID] = true, p.ID != ""
		if p.ID != "" && !uuid().MatchString(p.ID) {
			t.Errorf("%s: id %q", p.Name, p.ID)
		}
	}
	for _, f := range features {
		for _, name := range f.Needs {
			p, ok := PermissionByName(name)
			if !ok {
				t.Errorf("%s needs %s, which is not in the table", f.ID, name)
			}
			if !f.Write && strings.Contains(name, "ReadWrite") {
				t.Errorf("%s reads, and needs %s", f.ID, name)
			}
			if p.Tier0 && !f.Optional {
				t.Errorf("%s needs %s of tier 0 and is not optional", f.ID, name)
			}
		}
		if f.Why == "" || f.Loses == "" || f.Title == "" || (f.Licence != "") != (f.Hides != "" && f.Instead != "") {
			t.Errorf("%s: a text is missing, or one too many", f.ID)
		}
	}
}

// TestPermissionIDsAreMicrosofts compares the ids with Microsoft's permission
// reference, of which the simulated tenant keeps a copy.
func TestPermissionIDsAreMicrosofts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "rig", "contract", "graph-permissions.json"))
	if err != nil {
		t.Skipf("the permission reference is missing: %v", err)
	}
	var reference struct {
		IDs map[string]struct {
			App string `json:"app"`
		} `json:"ids"`
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, p := range permissions {
		if want := reference.IDs[p.Name].App; want != "" {
			checked++
			if p.ID != want {
				t.Errorf("%s: id %q, the reference says %q", p.Name, p.ID, want)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d ids could be compared", checked)
	}
}

func TestFeatureByID(t *testing.T) {
	if f, err := FeatureByID("block"); err != nil || !f.Write {
		t.Errorf("block: got %v, %v", f, err)
	}
	if _, err := FeatureByID("blok"); err == nil || !strings.Contains(err.Error(), `did you mean "block"?`) {
		t.Errorf("blok: got %v", err)
	}
}

func TestReadLicences(t *testing.T) {
	sku := func(name, status, units, plan, provisioning string) json.RawMessage {
		return json.RawMessage(`{"skuPartNumber":"` + name + `","capabilityStatus":"` + status + `","prepaidUnits":` + units +
			`,"servicePlans":[{"servicePlanId":"` + plan + `","provisioningStatus":"` + provisioning + `"}]}`)
	}
	const some, none, grace = `{"enabled":5,"warning":0}`, `{"enabled":0,"warning":0}`, `{"enabled":0,"warning":3}`
	for _, c := range []struct {
		name string
		skus []json.RawMessage
		want Licences
	}{
		{"nothing", nil, Licences{}},
		{"P1 inside a product", []json.RawMessage{sku("SPB", "Enabled", some, planP1, "Success")}, Licences{P1: true, Products: []string{"SPB"}}},
		{"P2 is P1 too", []json.RawMessage{sku("X", "Enabled", some, strings.ToUpper(planP2), "Success")}, Licences{P1: true, P2: true, Products: []string{"X"}}},
		{"grace period", []json.RawMessage{sku("X", "Warning", grace, planP1, "Success")}, Licences{P1: true, Products: []string{"X"}}},
		{"units unknown", []json.RawMessage{sku("X", "Enabled", "null", planP1, "Success")}, Licences{P1: true, Products: []string{"X"}}},
		{"suspended", []json.RawMessage{sku("X", "Suspended", some, planP1, "Success")}, Licences{}},
		{"no unit left", []json.RawMessage{sku("X", "Enabled", none, planP1, "Success")}, Licences{}},
		{"plan switched off", []json.RawMessage{sku("X", "Enabled", some, planP1, "Disabled")}, Licences{Products: []string{"X"}}},
		{"another plan", []json.RawMessage{sku("X", "Enabled", some, "00000000-0000-0000-0000-000000000000", "Success")}, Licences{Products: []string{"X"}}},
	} {
		got, err := ReadLicences(c.skus)
		if err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if _, err := ReadLicences([]json.RawMessage{json.RawMessage(`[]`)}); err == nil {
		t.Error("an array for a product: want an error")
	}
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		have Licences
		want []Capability
	}{
		{Licences{}, []Capability{Activity, Registration, Eligible, Policies, SignInLogs, Risk}},
		{Licences{P1: true}, []Capability{Eligible, Risk}},
		{Licences{P1: true, P2: true}, nil},
	} {
		var got []Capability
		for _, g := range c.have.Gaps(ReadFeatures()) {
			got = append(got, g.Feature)
			if g.Hides == "" || g.Instead == "" {
				t.Errorf("%s: a gap without words", g.Feature)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.have, got, c.want)
		}
	}
}

func TestEmit(t *testing.T) {
	for _, kind := range Emits() {
		got, err := Emit(kind, append(ReadFeatures(), append(WriteFeatures(), RemoveRoles, UnifiedAudit)...))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		file := filepath.Join("testdata", "emit."+kind)
		if *record {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
	if _, err := Emit("powershel", nil); err == nil || !strings.Contains(err.Error(), `did you mean "powershell"?`) {
		t.Errorf("powershel: got %v", err)
	}
}

// TestEmitGrantsExactlyWhatIsNeeded: every permission that the features need
// is in each output, and no other one of the table.
func TestEmitGrantsExactlyWhatIsNeeded(t *testing.T) {
	ids := []Capability{Accounts, Roles, Block}
	needed := []string{"User.Read.All", "RoleManagement.Read.Directory", "User.EnableDisableAccount.All", "User.RevokeSessions.All"}
	for _, kind := range Emits() {
		out, err := Emit(kind, ids)
		if err != nil {
			t.Fatal(err)
		}
		if _, body, ok := strings.Cut(out, "function New-VaktRegistration"); ok {
			out = body // the head signs in with scopes of its own
		}
		for _, p := range permissions {
			if has := strings.Contains(out, p.Name); has != slices.Contains(needed, p.Name) {
				t.Errorf("%s: has %s: %t", kind, p.Name, has)
			}
		}
	}
}

func TestCloudsAnswerOverTLS(t *testing.T) {
	for _, name := range CloudNames() {
		c, ok := CloudByName(name)
		if ok == (name == Custom) {
			t.Errorf("%s: in the table: %t", name, ok)
		}
		for _, s := range []Service{Graph, Exchange, Compliance} {
			base, err := c.Base(s)
			if ok && (err != nil || !strings.HasPrefix(base, "https://") || c.Scope(s) != base+"/.default") {
				t.Errorf("%s %s: base %q, scope %q, %v", name, s, base, c.Scope(s), err)
			}
		}
	}
	china, _ := CloudByName("china")
	if _, err := china.Base(Manage); err == nil || china.Scope(Manage) != "" {
		t.Error("china has no activity feed: want an error")
	}
}
