package tenant

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"vakt/internal/text"
)

// MaxConfig is the largest configuration file that Parse reads, in bytes.
const MaxConfig = 1 << 20

// Problem is one reason to refuse a configuration.
type Problem struct {
	File    string
	Line    int // from 1; 0: the whole file
	Message string
}

// Error is FILE:LINE: MESSAGE.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Parse reads the section tenants: of a configuration file. Others are the
// sections that belong to other rooms; any further key is an error. Relative
// paths of files are taken from the folder that the configuration lies in.
// The error joins one Problem for each thing that is wrong.
func Parse(file string, data []byte, others ...string) (Config, error) {
	d := decoder{file: file}
	root := d.document(data)
	var c Config
	d.mapping(root, "", append([]string{"tenants"}, others...), func(key string, val *yaml.Node) {
		if key == "tenants" {
			c.Tenants = d.tenants(val)
		}
	})
	d.unique(c.Tenants)
	if err := errors.Join(d.problems...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// decoder turns YAML into tenants and collects what is wrong with it.
type decoder struct {
	file     string
	problems []error
	lines    []int // where each tenant begins
}

func (d *decoder) fail(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, line, fmt.Sprintf(format, args...)})
}

// document is the root of the only document, or nil.
func (d *decoder) document(data []byte) *yaml.Node {
	if len(data) > MaxConfig {
		d.fail(0, "the configuration is larger than 1 MiB")
		return nil
	}
	root, fault := text.Document(data, "a configuration is one document")
	if fault != nil {
		d.fail(fault.Line, "%s", fault.Message)
	}
	return root
}

// mapping calls yield for each key that is known. A nil node has none.
func (d *decoder) mapping(n *yaml.Node, name string, known []string, yield func(key string, val *yaml.Node)) {
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "%swant keys such as %s:", prefix(name), known[0])
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" || val.Kind == yaml.AliasNode:
			d.fail(key.Line, "%swant plain keys and values: anchors, aliases and merges are not read", prefix(name))
		case seen[key.Value]:
			d.fail(key.Line, "%s%q is set twice", prefix(name), key.Value)
		case !slices.Contains(known, key.Value):
			d.fail(key.Line, "%sunknown key %q%s", prefix(name), key.Value, meant(key.Value, known))
		default:
			yield(key.Value, val)
		}
		seen[key.Value] = true
	}
}

func prefix(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}

func meant(word string, known []string) string {
	if near := text.Nearest(word, known); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": there are " + strings.Join(known, ", ")
}

func (d *decoder) tenants(n *yaml.Node) []Tenant {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, "tenants: want a list: begin each tenant with a dash")
		return nil
	}
	var out []Tenant
	for _, item := range n.Content {
		out = append(out, d.tenant(item))
		d.lines = append(d.lines, item.Line)
	}
	return out
}

func (d *decoder) tenant(n *yaml.Node) Tenant {
	var t Tenant
	var endpoints *yaml.Node
	cloud, hasCredential := "global", false
	known := []string{"name", "id", "cloud", "endpoints", "credential", "write_credential", "roles_credential", "ca"}
	d.mapping(n, "tenants", known, func(key string, val *yaml.Node) {
		switch key {
		case "name":
			t.Name = d.name(val)
		case "id":
			t.ID = d.uuid("id", val)
		case "cloud":
			cloud = d.text("cloud", val)
		case "endpoints":
			endpoints = val
		case "credential":
			hasCredential = true
			t.Credential = d.credential(key, val)
		case "write_credential":
			c := d.credential(key, val)
			t.WriteCredential = &c
		case "roles_credential":
			c := d.credential(key, val)
			t.RolesCredential = &c
		case "ca":
			t.CA = d.path(d.text("ca", val))
		}
	})
	if n.Kind == yaml.MappingNode {
		d.demand(n.Line, "tenants", required{"name", t.Name == ""}, required{"id", t.ID == ""}, required{"credential", !hasCredential})
	}
	t.Cloud = d.cloud(n, cloud, endpoints)
	if t.CA != "" && t.Cloud.Name != Custom {
		d.fail(n.Line, "tenants: ca: only a custom cloud has a certificate authority of its own: remove it, or write cloud: custom")
	}
	return t
}

// required is a key that must be there.
type required struct {
	name    string
	missing bool
}

// demand complains of the keys that are missing. One that is there and wrong
// has its own problem already, and an empty value beside it.
func (d *decoder) demand(line int, section string, keys ...required) {
	for _, k := range keys {
		if k.missing {
			d.fail(line, "%s: %s: is missing", section, k.name)
		}
	}
}

// tenantName is what --tenant and file names can carry.
var tenantName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`) })

func (d *decoder) name(n *yaml.Node) string {
	s := d.text("name", n)
	switch {
	case s == "":
	case s == All:
		d.fail(n.Line, "name: %q means every tenant: choose another name", s)
	case !tenantName().MatchString(s):
		d.fail(n.Line, "name: want letters, digits, dots, dashes and underscores, found %q", s)
	}
	return s
}

// IsID says whether a text is an id as Entra writes them, in any case.
func IsID(s string) bool { return uuid().MatchString(strings.ToLower(s)) }

var uuid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
})

func (d *decoder) uuid(name string, n *yaml.Node) string {
	s := strings.ToLower(d.text(name, n))
	if s != "" && !IsID(s) {
		d.fail(n.Line, "%s: want an id such as 11111111-2222-3333-4444-555555555555, found %q", name, s)
	}
	return s
}

func (d *decoder) text(name string, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || n.Value == "" {
		d.fail(n.Line, "%s: want a text", name)
		return ""
	}
	return n.Value
}

func (d *decoder) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(d.file), p)
}

// credentialKinds are the kinds as text.
func credentialKinds() []string {
	var out []string
	for _, k := range Kinds {
		out = append(out, string(k))
	}
	return out
}

func (d *decoder) credential(name string, n *yaml.Node) Credential {
	var c Credential
	known := []string{"kind", "client_id", "file", "file_env", "fd"}
	d.mapping(n, name, known, func(key string, val *yaml.Node) {
		switch key {
		case "kind":
			c.Kind = Kind(d.text(name+": kind", val))
		case "client_id":
			c.ClientID = d.uuid(name+": client_id", val)
		case "file":
			c.File = d.path(d.text(name+": file", val))
		case "file_env":
			c.FileEnv = d.text(name+": file_env", val)
		case "fd":
			c.FD = d.descriptor(name+": fd", val)
		}
	})
	for _, wrong := range c.wrong() {
		d.fail(n.Line, "%s: %s", name, wrong)
	}
	return c
}

func (d *decoder) descriptor(name string, n *yaml.Node) int {
	fd, err := strconv.Atoi(n.Value)
	if err != nil || fd < 3 || fd > 1023 {
		d.fail(n.Line, "%s: want the number of an open file above 2, found %q", name, n.Value)
		return 0
	}
	return fd
}

// wrong lists what a credential of its kind lacks, or cannot have.
func (c Credential) wrong() []string {
	places := 0
	for _, set := range []bool{c.File != "", c.FileEnv != "", c.FD != 0} {
		if set {
			places++
		}
	}
	var out []string
	switch c.Kind {
	case Certificate, Secret, Workload:
		if c.ClientID == "" {
			out = append(out, "client_id: is missing: the application id of the app registration")
		}
		if places != 1 {
			out = append(out, fmt.Sprintf("a %s needs exactly one of file, file_env and fd", c.Kind))
		}
	case DeviceCode:
		if c.ClientID == "" {
			out = append(out, "client_id: is missing: the application id of the app registration")
		}
		fallthrough
	case ManagedIdentity, CLI:
		if places != 0 {
			out = append(out, fmt.Sprintf("%s needs no file", c.Kind))
		}
	case "":
		out = append(out, "kind: is missing: one of "+strings.Join(credentialKinds(), ", "))
	default:
		out = append(out, fmt.Sprintf("kind: unknown %q%s", c.Kind, meant(string(c.Kind), credentialKinds())))
	}
	if c.FileEnv != "" && !strings.HasSuffix(c.FileEnv, "_FILE") {
		out = append(out, "file_env: want the name of a variable that ends in _FILE and holds a path, not the secret")
	}
	return out
}

func (d *decoder) cloud(at *yaml.Node, name string, endpoints *yaml.Node) Cloud {
	if name == Custom {
		return d.custom(at, endpoints)
	}
	if endpoints != nil {
		d.fail(endpoints.Line, "endpoints: only a custom cloud has them: write cloud: custom, or leave them out")
	}
	c, ok := CloudByName(name)
	if !ok && name != "" {
		d.fail(at.Line, "cloud: unknown %q%s", name, meant(name, CloudNames()))
	}
	return c
}

func (d *decoder) custom(at *yaml.Node, n *yaml.Node) Cloud {
	c := Cloud{Name: Custom}
	if n == nil {
		d.fail(at.Line, "endpoints: are missing: a custom cloud needs login, graph and exchange")
		return c
	}
	fields := map[string]*string{"login": &c.Login, "graph": &c.Graph, "exchange": &c.Exchange, "compliance": &c.Compliance, "manage": &c.Manage}
	known := []string{"login", "graph", "exchange", "compliance", "manage"}
	d.mapping(n, "endpoints", known, func(key string, val *yaml.Node) {
		*fields[key] = d.base(key, val)
	})
	d.demand(n.Line, "endpoints", required{"login", c.Login == ""}, required{"graph", c.Graph == ""}, required{"exchange", c.Exchange == ""})
	return c
}

// base reads a base URL. A login with a path would make its first segment the
// tenant.
func (d *decoder) base(name string, n *yaml.Node) string {
	s := strings.TrimSuffix(d.text("endpoints: "+name, n), "/")
	u, err := url.Parse(s)
	switch {
	case s == "":
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		d.fail(n.Line, "endpoints: %s: want https://HOST, found %q", name, s)
	case name == "login" && u.Path != "":
		d.fail(n.Line, "endpoints: login: want scheme and host without a path, found %q", s)
	}
	return s
}

// unique refuses two tenants of one name, which --tenant could not tell apart.
func (d *decoder) unique(tenants []Tenant) {
	first := map[string]int{}
	for i, t := range tenants {
		if j, ok := first[t.Name]; ok && t.Name != "" {
			d.fail(d.lines[i], "tenants: the name %q is taken by the tenant in line %d", t.Name, d.lines[j])
			continue
		}
		first[t.Name] = i
	}
}
