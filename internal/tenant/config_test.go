package tenant

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const whole = `
baseline: baseline.yaml
tenants:
  - name: contoso
    id: 11111111-2222-3333-4444-55555555ABCD
    credential: {kind: certificate, client_id: 22222222-2222-3333-4444-555555555555, file: keys/vakt-read.pem}
    write_credential: {kind: secret, client_id: 22222222-2222-3333-4444-555555555556, file_env: VAKT_WRITE_FILE}
  - name: rehearsal
    id: 11111111-2222-3333-4444-555555555555
    cloud: custom
    endpoints: {login: https://localhost:8443, graph: https://localhost:8443/graph/, exchange: https://localhost:8443/exchange}
    ca: ca.pem
    credential: {kind: secret, client_id: 22222222-2222-3333-4444-555555555555, fd: 3}
  - name: gov
    id: 33333333-2222-3333-4444-555555555555
    cloud: usgovdod
    credential: {kind: managed_identity}
`

func TestParse(t *testing.T) {
	got, err := Parse("conf/vakt.yaml", []byte(whole), "baseline")
	if err != nil {
		t.Fatal(err)
	}
	global, _ := CloudByName("global")
	dod, _ := CloudByName("usgovdod")
	want := Config{[]Tenant{
		{
			Name: "contoso", ID: "11111111-2222-3333-4444-55555555abcd", Cloud: global,
			Credential:      Credential{Kind: Certificate, ClientID: "22222222-2222-3333-4444-555555555555", File: "conf/keys/vakt-read.pem"},
			WriteCredential: &Credential{Kind: Secret, ClientID: "22222222-2222-3333-4444-555555555556", FileEnv: "VAKT_WRITE_FILE"},
		},
		{
			Name: "rehearsal", ID: "11111111-2222-3333-4444-555555555555",
			Cloud:      Cloud{Name: Custom, Login: "https://localhost:8443", Graph: "https://localhost:8443/graph", Exchange: "https://localhost:8443/exchange"},
			Credential: Credential{Kind: Secret, ClientID: "22222222-2222-3333-4444-555555555555", FD: 3}, CA: "conf/ca.pem",
		},
		{Name: "gov", ID: "33333333-2222-3333-4444-555555555555", Cloud: dod, Credential: Credential{Kind: ManagedIdentity}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	const good = "tenants:\n  - name: a\n    id: 11111111-2222-3333-4444-555555555555\n"
	const cred = "    credential: {kind: cli}\n"
	for _, c := range []struct{ name, in, want string }{
		{"unknown section", "tenant: []\n", `vakt.yaml:1: unknown key "tenant": did you mean "tenants"?`},
		{"unknown key", good + "    cluod: global\n" + cred, `vakt.yaml:4: tenants: unknown key "cluod": did you mean "cloud"?`},
		{"unknown cloud", good + "    cloud: usgovdo\n" + cred, `vakt.yaml:2: cloud: unknown "usgovdo": did you mean "usgovdod"?`},
		{"unknown kind", good + "    credential: {kind: certifcate}\n", `vakt.yaml:4: credential: kind: unknown "certifcate": did you mean "certificate"?`},
		{"twice", good + cred + cred, `vakt.yaml:5: tenants: "credential" is set twice`},
		{"no credential", good, `vakt.yaml:2: tenants: credential: is missing`},
		{"id", "tenants:\n  - name: a\n    id: contoso.com\n" + cred, `vakt.yaml:3: id: want an id such as`},
		{"no id", "tenants:\n  - name: a\n" + cred, `vakt.yaml:2: tenants: id: is missing`},
		{"name all", strings.Replace(good, "name: a", "name: all", 1) + cred, `vakt.yaml:2: name: "all" means every tenant`},
		{"same name", good + cred + strings.Replace(good, "tenants:\n", "", 1) + cred, `vakt.yaml:5: tenants: the name "a" is taken by the tenant in line 2`},
		{"secret in the file", good + "    credential: {kind: secret, client_id: 11111111-2222-3333-4444-555555555555, secret: x}\n", `credential: unknown key "secret"`},
		{"secret nowhere", good + "    credential: {kind: secret, client_id: 11111111-2222-3333-4444-555555555555}\n", `a secret needs exactly one of file, file_env and fd`},
		{"secret in a variable", good + "    credential: {kind: secret, client_id: 11111111-2222-3333-4444-555555555555, file_env: VAKT_SECRET}\n", `file_env: want the name of a variable that ends in _FILE`},
		{"standard input", good + "    credential: {kind: secret, client_id: 11111111-2222-3333-4444-555555555555, fd: 0}\n", `credential: fd: want the number of an open file above 2, found "0"`},
		{"no client", good + "    credential: {kind: device_code}\n", `client_id: is missing`},
		{"file for cli", good + "    credential: {kind: cli, file: x}\n", `cli needs no file`},
		{"endpoints of a public cloud", good + "    endpoints: {login: https://localhost}\n" + cred, `endpoints: only a custom cloud has them`},
		{"custom without", good + "    cloud: custom\n" + cred, `endpoints: are missing`},
		{"plain http", good + "    cloud: custom\n    endpoints: {login: http://localhost, graph: https://localhost/g, exchange: https://localhost/e}\n" + cred, `endpoints: login: want https://HOST, found "http://localhost"`},
		{"login with a path", good + "    cloud: custom\n    endpoints: {login: https://localhost/x, graph: https://localhost/g, exchange: https://localhost/e}\n" + cred, `login: want scheme and host without a path`},
		{"password in a URL", good + "    cloud: custom\n    endpoints: {login: https://localhost, graph: https://u:p@localhost/g, exchange: https://localhost/e}\n" + cred, `endpoints: graph: want https://HOST`},
		{"ca of a public cloud", good + "    ca: x.pem\n" + cred, `ca: only a custom cloud`},
		{"alias", "baseline: &x {a: b}\ntenants: *x\n", `anchors, aliases and merges are not read`},
		{"two documents", good + cred + "---\n" + good, `a second document begins here`},
		{"no YAML", "tenants: [\n", `not YAML`},
		{"a text", "hello\n", `want keys such as tenants:`},
	} {
		_, err := Parse("vakt.yaml", []byte(c.in), "baseline")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestParseTakesNoTenants(t *testing.T) {
	for _, in := range []string{"", "# nothing\n", "tenants: []\n"} {
		if c, err := Parse("vakt.yaml", []byte(in)); err != nil || len(c.Tenants) != 0 {
			t.Errorf("%q: got %v, %v", in, c, err)
		}
	}
}

func TestSelect(t *testing.T) {
	c := Config{[]Tenant{{Name: "contoso", ID: "aa"}, {Name: "fabrikam", ID: "bb"}}}
	for _, x := range []struct{ name, want string }{
		{"contoso", "contoso"},
		{"BB", "fabrikam"},
		{"all", "contoso,fabrikam"},
		{"contso", `no tenant is called "contso": did you mean "contoso"?`},
		{"zzzzzzzzzz", `no tenant is called "zzzzzzzzzz": the configuration lists contoso, fabrikam`},
		{"", "the configuration lists 2 tenants (contoso, fabrikam): choose with --tenant NAME or --tenant all"},
	} {
		got, err := c.Select(x.name)
		text := strings.Join(Config{got}.names(), ",")
		if err != nil {
			text = err.Error()
		}
		if text != x.want {
			t.Errorf("%q: got %q, want %q", x.name, text, x.want)
		}
	}
	if got, err := (Config{c.Tenants[:1]}).Select(""); err != nil || len(got) != 1 {
		t.Errorf("the only tenant: got %v, %v", got, err)
	}
	if _, err := (Config{}).Select(""); err == nil {
		t.Error("no tenant at all: want an error")
	}
}

// FuzzParse: bad input is refused, and what is taken can be used as it is.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("tenants:\n  - {name: a, id: 11111111-2222-3333-4444-555555555555, credential: {kind: cli}}\n"))
	f.Add([]byte("tenants: [{}, 1, x]\n"))
	f.Add([]byte("tenants: [[[[\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("vakt.yaml", data, "baseline")
		if err != nil {
			if len(c.Tenants) > 0 {
				t.Error("a refused configuration has tenants")
			}
			return
		}
		for _, n := range c.Tenants {
			if n.Name == "" || !uuid().MatchString(n.ID) || n.Cloud.Login == "" || n.Cloud.Graph == "" || len(n.Credential.wrong()) > 0 {
				t.Errorf("taken, and not usable: %+v", n)
			}
		}
	})
}

func TestCompareAccountsForEveryPermission(t *testing.T) {
	var names []string
	for _, p := range permissions {
		names = append(names, p.Name)
	}
	var ids []Capability
	for _, f := range features {
		ids = append(ids, f.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		granted := rapid.SliceOfDistinct(rapid.SampledFrom(append(names, "Vendor.Own.All")), rapid.ID).Draw(t, "granted")
		features := rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID).Draw(t, "features")
		c := Compare(granted, features)
		missing := 0
		for _, g := range c.Grants {
			if !g.Granted {
				missing++
			}
		}
		if missing != len(c.Missing) {
			t.Fatalf("%d grants are missing, %d listed", missing, len(c.Missing))
		}
		for _, name := range granted {
			used := false
			for _, g := range c.Grants {
				used = used || g.Permission.Name == name
			}
			listed := false
			for _, s := range c.Surplus {
				listed = listed || s.Permission.Name == name
			}
			if used == listed {
				t.Fatalf("%s: needed %t, surplus %t", name, used, listed)
			}
		}
	})
}
