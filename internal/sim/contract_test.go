package sim

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// csdl is what the tests need of a Graph metadata document.
type csdl struct {
	Types map[string]csdlType
	Enums map[string][]string
}

type csdlType struct {
	Base  string
	Props map[string]string // name → type
}

// needFixtures skips the test for want of what lies beside the project, or
// fails it where the environment says that it must run.
func needFixtures(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "fixtures") {
		t.Fatalf("VAKT_TEST_REQUIRE asks for fixtures: %v", err)
	}
	t.Skipf("the reference files are not beside the project: %v", err)
}

// readCSDL reads a document from beside the project, or skips the test.
func readCSDL(t *testing.T, file string) csdl {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "reference", "contract", file)
	data, err := os.ReadFile(path)
	if err != nil {
		needFixtures(t, err)
	}
	var doc struct {
		Schemas []struct {
			Entities []xmlType `xml:"EntityType"`
			Complex  []xmlType `xml:"ComplexType"`
			Enums    []struct {
				Name    string `xml:"Name,attr"`
				Members []struct {
					Name string `xml:"Name,attr"`
				} `xml:"Member"`
			} `xml:"EnumType"`
		} `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	c := csdl{map[string]csdlType{}, map[string][]string{}}
	for _, s := range doc.Schemas {
		for _, x := range append(s.Entities, s.Complex...) {
			typ := csdlType{lastName(x.Base), map[string]string{}}
			for _, p := range append(x.Props, x.Navs...) {
				typ.Props[p.Name] = p.Type
			}
			c.Types[x.Name] = typ
		}
		for _, e := range s.Enums {
			for _, m := range e.Members {
				c.Enums[e.Name] = append(c.Enums[e.Name], m.Name)
			}
		}
	}
	return c
}

type xmlType struct {
	Name  string    `xml:"Name,attr"`
	Base  string    `xml:"BaseType,attr"`
	Props []xmlProp `xml:"Property"`
	Navs  []xmlProp `xml:"NavigationProperty"`
}

type xmlProp struct {
	Name string `xml:"Name,attr"`
	Type string `xml:"Type,attr"`
}

// lastName is the type's name without collection and namespace.
func lastName(typ string) string {
	typ = strings.TrimSuffix(strings.TrimPrefix(typ, "Collection("), ")")
	return typ[strings.LastIndexByte(typ, '.')+1:]
}

// props returns the properties of a type, inherited ones included.
func (c csdl) props(name string) map[string]string {
	all := map[string]string{}
	for name != "" {
		for p, typ := range c.Types[name].Props {
			all[p] = typ
		}
		name = c.Types[name].Base
	}
	return all
}

// beyondCSDL are fields of real records that no metadata document has.
var beyondCSDL = map[string][]string{
	"signIn": {
		// Microsoft's page "signIn resource type" (Graph beta):
		"autonomousSystemNumber", "incomingTokenType", "uniqueTokenIdentifier", "clientCredentialType",
		"isTenantRestricted", "homeTenantName", "authenticationContextClassReferences", "privateLinkDetails",
		"resourceServicePrincipalId", "appServicePrincipalId", "sessionLifetimePolicies",
		"servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint",
	},
	// Microsoft's page "riskDetection resource type" (Graph beta), deprecated there:
	"riskDetection": {"riskType"},
	// Recorded diagnostic exports of AuditLogs hold it, always null:
	"directoryAudit": {"userAgent"},
	// Recorded Graph answers of directoryAudits hold them, always null:
	"userIdentity": {"userType", "homeTenantId", "homeTenantName"},
}

// check reports every property and enumeration member that is not of the type.
func (c csdl) check(t *testing.T, where, typ string, value any, extra map[string][]string) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			c.check(t, where+"[]", typ, e, extra)
		}
	case string:
		for _, one := range strings.Split(v, ",") { // flags are joined by commas
			if members := c.Enums[typ]; members != nil && !slices.Contains(members, one) {
				t.Errorf("%s: %q is no member of %s", where, one, typ)
			}
		}
	case map[string]any:
		props := c.props(typ)
		if len(props) == 0 {
			t.Errorf("%s: there is no type %s", where, typ)
		}
		for key, inner := range v {
			next, known := props[key]
			if !known && !slices.Contains(extra[typ], key) {
				t.Errorf("%s: %s has no property %s", where, typ, key)
			}
			if known {
				c.check(t, where+"."+key, lastName(next), inner, extra)
			}
		}
	}
}

var graphTypes = map[string]string{SignIn: "signIn", Audit: "directoryAudit", Risk: "riskDetection"}

// samples returns a hundred records and some: every log, and every attack's
// record that no other is like.
func samples(t testing.TB) []Record {
	t.Helper()
	var all []Record
	w := newWorld(load(t, "whole-guide"), 11)
	for day := range w.s.Days {
		kinds := map[string]int{}
		for i, e := range w.day(day) {
			kind := fmt.Sprint(e.kind, e.note, e.code, e.quiet)
			if kinds[kind]++; kinds[kind] < 2 || e.attack >= 0 && e.kind != evSignIn && e.note != "HardDelete" || i%150 == 0 {
				all = append(all, w.record(&e))
			}
		}
	}
	return all
}

func TestRecordsFollowTheGraphMetadata(t *testing.T) {
	v1, beta := readCSDL(t, "graph-v1.0-trimmed.csdl"), readCSDL(t, "graph-beta-delta.csdl")
	for _, rec := range samples(t) {
		contract := v1 // audits and risk detections are the same in both
		if rec.Log == SignIn {
			contract = beta
		}
		if typ := graphTypes[rec.Log]; typ != "" {
			var value any
			decode(t, rec, &value)
			contract.check(t, rec.Log, typ, value, beyondCSDL)
		}
		if t.Failed() {
			t.Fatalf("in %s", rec.JSON)
		}
	}
}

func TestRecordsHaveEveryPropertyOfTheirType(t *testing.T) {
	v1, beta := readCSDL(t, "graph-v1.0-trimmed.csdl"), readCSDL(t, "graph-beta-delta.csdl")
	for _, rec := range samples(t) {
		contract := v1
		if rec.Log == SignIn {
			contract = beta
		}
		var value map[string]any
		decode(t, rec, &value)
		for name := range contract.props(graphTypes[rec.Log]) {
			if _, has := value[name]; !has && graphTypes[rec.Log] != "" {
				t.Fatalf("%s without %s: %s", rec.Log, name, rec.JSON)
			}
		}
	}
}

func TestGraphV1HasWhatV1HasAndNothingElse(t *testing.T) {
	v1 := readCSDL(t, "graph-v1.0-trimmed.csdl")
	for _, rec := range samples(t) {
		rows, err := RenderOne(GraphV1, rec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			var value map[string]any
			if err := json.Unmarshal(row, &value); err != nil {
				t.Fatal(err)
			}
			extra := map[string][]string{"userIdentity": beyondCSDL["userIdentity"]}
			v1.check(t, rec.Log, graphTypes[rec.Log], value, extra)
			for name := range v1.props(graphTypes[rec.Log]) {
				if _, has := value[name]; !has {
					t.Fatalf("%s lost %s: %s", rec.Log, name, row)
				}
			}
		}
	}
}

func TestAuditLogRecordsFollowTheGraphMetadata(t *testing.T) {
	v1 := readCSDL(t, "graph-v1.0-trimmed.csdl")
	types := v1.Enums["auditLogRecordType"]
	for _, rec := range samples(t) {
		rows, err := RenderOne(AuditLogRecord, rec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			var value map[string]any
			if err := json.Unmarshal(row, &value); err != nil {
				t.Fatal(err)
			}
			name, _ := value["auditLogRecordType"].(string)
			if !slices.ContainsFunc(types, func(m string) bool { return strings.EqualFold(m, name) }) {
				t.Errorf("%q is no record type", name)
			}
			delete(value, "@odata.type")
			delete(value, "auditData")          // an open type
			delete(value, "auditLogRecordType") // its case differs in live answers
			v1.check(t, "record", "auditLogRecord", value, nil)
		}
	}
}
