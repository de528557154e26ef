package rig

import (
	_ "embed" // the metadata of Microsoft Graph
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed contract/graph-v1.0-trimmed.csdl
var metadataV1 []byte

//go:embed contract/graph-beta-delta.csdl
var metadataBeta []byte

// schema is what the metadata of Microsoft Graph says about types.
type schema struct {
	types map[string]schemaType
	enums map[string][]string
}

type schemaType struct {
	base  string
	props map[string]string // structural properties: name → type
	navs  map[string]string // navigation properties
	open  bool
}

// The schemas of the two versions; beta is v1.0 with what differs there.
var schemaV1 = sync.OnceValue(func() *schema { return readSchema(metadataV1) })

var schemaBeta = sync.OnceValue(func() *schema {
	all := readSchema(metadataV1)
	for name, t := range readSchema(metadataBeta).types {
		all.types[name] = t
	}
	for name, members := range readSchema(metadataBeta).enums {
		all.enums[name] = members
	}
	return all
})

func schemaOf(version string) *schema {
	if version == "beta" {
		return schemaBeta()
	}
	return schemaV1()
}

type xmlType struct {
	Name  string    `xml:"Name,attr"`
	Base  string    `xml:"BaseType,attr"`
	Open  bool      `xml:"OpenType,attr"`
	Props []xmlProp `xml:"Property"`
	Navs  []xmlProp `xml:"NavigationProperty"`
}

type xmlProp struct {
	Name string `xml:"Name,attr"`
	Type string `xml:"Type,attr"`
}

type xmlSchema struct {
	Entities []xmlType `xml:"EntityType"`
	Complex  []xmlType `xml:"ComplexType"`
	Enums    []struct {
		Name    string    `xml:"Name,attr"`
		Members []xmlProp `xml:"Member"`
	} `xml:"EnumType"`
}

// readSchema reads one of the embedded documents, which tests read too.
func readSchema(text []byte) *schema {
	var doc struct {
		Schemas []xmlSchema `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		panic("rig: contract: " + err.Error())
	}
	s := &schema{map[string]schemaType{}, map[string][]string{}}
	for _, part := range doc.Schemas {
		for _, x := range slices.Concat(part.Entities, part.Complex) {
			s.types[x.Name] = schemaType{bareType(x.Base), propsOf(x.Props), propsOf(x.Navs), x.Open}
		}
		for _, e := range part.Enums {
			for _, m := range e.Members {
				s.enums[e.Name] = append(s.enums[e.Name], m.Name)
			}
		}
	}
	for name, t := range beyondTypes {
		s.types[name] = t
	}
	return s
}

func propsOf(list []xmlProp) map[string]string {
	props := map[string]string{}
	for _, p := range list {
		props[p.Name] = p.Type
	}
	return props
}

// bareType is a type's name without collection and namespace.
func bareType(typ string) string {
	typ = strings.TrimSuffix(strings.TrimPrefix(typ, "Collection("), ")")
	return typ[strings.LastIndexByte(typ, '.')+1:]
}

// prop returns the type of a structural property, inherited ones included,
// and whether there is one.
func (s *schema) prop(typ, name string) (string, bool) {
	for typ != "" {
		if t, ok := s.types[typ].props[name]; ok {
			return t, true
		}
		typ = s.types[typ].base
	}
	return "", false
}

// nav is prop for navigation properties.
func (s *schema) nav(typ, name string) (string, bool) {
	for typ != "" {
		if t, ok := s.types[typ].navs[name]; ok {
			return t, true
		}
		typ = s.types[typ].base
	}
	return "", false
}

// is tells whether a type is another one or derives from it.
func (s *schema) is(typ, base string) bool {
	for typ != "" && typ != base {
		typ = s.types[typ].base
	}
	return typ == base && typ != ""
}

// beyondSchema are properties of real answers that no metadata document has,
// by type, each with the page that has it.
var beyondSchema = map[string][]string{
	"signIn": {
		// "signIn resource type" (beta)
		"autonomousSystemNumber", "incomingTokenType", "uniqueTokenIdentifier", "clientCredentialType",
		"isTenantRestricted", "homeTenantName", "authenticationContextClassReferences", "privateLinkDetails",
		"resourceServicePrincipalId", "appServicePrincipalId", "sessionLifetimePolicies",
		"servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint",
	},
	// "riskDetection resource type" (beta), deprecated there
	"riskDetection": {"riskType"},
	// "unifiedRoleDefinition resource type" (beta)
	"unifiedRoleDefinition": {"isPrivileged"},
	// Recorded answers of directoryAudits hold them, always null.
	"directoryAudit": {"userAgent"},
	"userIdentity":   {"userType", "homeTenantId", "homeTenantName"},
}

// beyondTypes are derived types that the trimmed metadata leaves out: the
// page "ipNamedLocation resource type".
var beyondTypes = map[string]schemaType{
	"iPv4CidrRange": {base: "ipRange", props: map[string]string{"cidrAddress": "Edm.String"}},
	"iPv6CidrRange": {base: "ipRange", props: map[string]string{"cidrAddress": "Edm.String"}},
}

// CheckBody compares an answer with the metadata of Microsoft Graph: a body
// of a type, or a list of such. It returns what it found: properties that the
// type does not have, and texts that are no member of an enumeration. What
// real answers have beyond the metadata is a short list with its sources.
func CheckBody(version, typ string, body []byte) []string {
	c := checker{s: schemaOf(version)}
	o := Object(body)
	if value, ok := o.Field("value"); ok && !c.has(typ, "value") {
		for i, item := range Elements(value) {
			c.object(fmt.Sprintf("value[%d]", i), typ, item)
		}
		return c.found
	}
	c.object("body", typ, o)
	return c.found
}

type checker struct {
	s     *schema
	found []string
}

func (c *checker) has(typ, name string) bool {
	_, prop := c.s.prop(typ, name)
	_, nav := c.s.nav(typ, name)
	return prop || nav || slices.Contains(beyondSchema[typ], name)
}

func (c *checker) add(where, format string, args ...any) {
	c.found = append(c.found, where+": "+fmt.Sprintf(format, args...))
}

func (c *checker) object(where, typ string, o Object) {
	if derived := o.Text("@odata.type"); derived != "" {
		name := bareType(strings.TrimPrefix(derived, "#"))
		if !c.s.is(name, typ) {
			c.add(where, "%q is no %s", derived, typ)
			return
		}
		typ = name
	}
	if _, ok := c.s.types[typ]; !ok {
		c.add(where, "there is no type %q", typ)
		return
	}
	for name, value := range o.Fields() {
		if strings.Contains(name, "@") {
			continue
		}
		next, ok := c.s.prop(typ, name)
		if !ok {
			next, ok = c.s.nav(typ, name)
		}
		if !ok && !slices.Contains(beyondSchema[typ], name) {
			c.add(where, "%s has no property %q", typ, name)
		}
		if ok {
			c.value(where+"."+name, next, value)
		}
	}
}

// value checks what stands in a property of a type.
func (c *checker) value(where, typ string, raw []byte) {
	many := strings.HasPrefix(typ, "Collection(")
	bare := bareType(typ)
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case many && raw[0] != '[' || !many && raw[0] == '[':
		c.add(where, "%s cannot be %.30s", typ, raw)
	case many:
		for _, item := range Elements(raw) {
			c.value(where+"[]", bare, item)
		}
	case raw[0] == '{':
		if c.primitive(bare) {
			c.add(where, "%s cannot be an object", typ)
			return
		}
		c.object(where, bare, raw)
	default:
		c.scalar(where, bare, raw)
	}
}

func (c *checker) primitive(typ string) bool {
	_, known := c.s.types[typ]
	return !known
}

// scalar checks a text, number or flag against a primitive type or an
// enumeration. Flags of an enumeration are joined by commas.
func (c *checker) scalar(where, typ string, raw []byte) {
	members, enum := c.s.enums[typ]
	text := raw[0] == '"'
	switch {
	case enum && text:
		for _, one := range strings.Split(textOf(raw), ",") {
			if !slices.Contains(members, strings.TrimSpace(one)) {
				c.add(where, "%q is no member of %s", one, typ)
			}
		}
	case typ == "Boolean" && string(raw) != "true" && string(raw) != "false":
		c.add(where, "Boolean cannot be %.30s", raw)
	case slices.Contains([]string{"String", "Guid", "DateTimeOffset", "Duration"}, typ) && !text:
		c.add(where, "%s cannot be %.30s", typ, raw)
	case slices.Contains([]string{"Int32", "Int64", "Double"}, typ) && text && textOf(raw) != "INF":
		c.add(where, "%s cannot be a text", typ)
	case !c.primitive(typ):
		c.add(where, "%s cannot be %.30s", typ, raw)
	}
}
