package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vakt/internal/extract"
)

// object is one JSON object. Names are found without regard to case: whoever
// wrote a file may have used another tool than we do, and tools differ in the
// case of names. Values stay in the bytes that were parsed.
type object []member

type member struct {
	name []byte // decoded
	raw  []byte
}

// parseObject takes valid JSON apart.
func parseObject(raw []byte) (object, error) { return appendObject(nil, raw) }

// appendObject is parseObject into the room of an object that is done with.
func appendObject(o object, raw []byte) (object, error) {
	raw = bytes.TrimSpace(raw)
	if extract.Kind(raw) != '{' {
		return nil, errors.New("not an object")
	}
	if o == nil {
		o = make(object, 0, 8)
	}
	for key, value := range extract.Members(raw) {
		name := key[1 : len(key)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = extract.AppendText(nil, key)
		}
		o = append(o, member{name, value})
	}
	return o, nil
}

// find is the place of a name in lower case; the last one counts, as it does
// in Go and JavaScript. -1 where it is not there.
func (o object) find(name string) int {
	for i := len(o) - 1; i >= 0; i-- {
		if len(o[i].name) == len(name) && sameName(o[i].name, name) {
			return i
		}
	}
	return -1
}

func sameName(have []byte, lower string) bool {
	for i, c := range have {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// raw is the value of a name in lower case; nil where it is absent.
func (o object) raw(name string) []byte {
	if i := o.find(name); i >= 0 {
		return o[i].raw
	}
	return nil
}

// get is the value of a name in lower case; nil where it is absent or null.
func (o object) get(name string) []byte {
	if value := o.raw(name); !isNull(value) {
		return value
	}
	return nil
}

// has is true where the object carries the name, be it as null.
func (o object) has(name string) bool { return o.find(name) >= 0 }

// blank is true for what PowerShell's Graph commands write for a property that
// was not asked for: null, an empty list, or an object of nothing but those.
func blank(raw []byte) bool {
	switch {
	case isNull(raw), string(raw) == "[]":
		return true
	case raw[0] != '{':
		return false
	}
	for _, value := range extract.Members(raw) {
		if !blank(value) {
			return false
		}
	}
	return true
}

// lowerName is the name of a member as find takes it.
func (m member) lowerName() string { return strings.ToLower(string(m.name)) }

func isNull(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

// inner is an object within the object; nil where there is none.
func (o object) inner(name string) object {
	in, err := parseObject(o.get(name))
	if err != nil {
		return nil
	}
	return in
}

// text is a string, empty where the value is absent, null or of another type.
func (o object) text(name string) string {
	s, _ := textOf(o.get(name))
	return s
}

// id is an object id in lower case. The zero id is none.
func (o object) id(name string) string { return cleanID(o.text(name)) }

func cleanID(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "00000000-0000-0000-0000-000000000000" {
		return ""
	}
	return s
}

// first is the first of several texts that is not empty.
func (o object) first(names ...string) string {
	for _, name := range names {
		if s := o.text(name); s != "" {
			return s
		}
	}
	return ""
}

func (o object) flag(name string) bool {
	b, _ := flagOf(o.get(name))
	return b
}

func (o object) number(name string) int {
	n, err := strconv.Atoi(strings.Trim(string(o.get(name)), `"`))
	if err != nil {
		return 0
	}
	return n
}

func (o object) texts(name string) []string {
	list, _ := textsOf(o.get(name))
	return list
}

func (o object) objects(name string) []object {
	var out []object
	for raw := range extract.Elements(o.get(name)) {
		if in, err := parseObject(raw); err == nil {
			out = append(out, in)
		}
	}
	return out
}

// textOf reads a string. PowerShell writes enumerations as {"value":…}, and
// other tools write numbers and flags unquoted.
func textOf(raw []byte) (string, bool) {
	if isNull(raw) {
		return "", true
	}
	switch raw[0] {
	case '"':
		inner := raw[1:max(len(raw)-1, 1)]
		if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
			return string(inner), true
		}
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '{':
		o, err := parseObject(raw)
		if err != nil || !o.has("value") || bytes.HasPrefix(o.raw("value"), []byte("{")) {
			return "", false
		}
		return textOf(o.raw("value"))
	case '[':
		return "", false
	}
	return string(raw), true
}

// flagOf reads true and false, also as the words that CSV converters leave.
func flagOf(raw []byte) (value, ok bool) {
	s, ok := textOf(raw)
	if !ok {
		return false, false
	}
	switch strings.ToLower(s) {
	case "true", "1":
		return true, true
	case "false", "0", "":
		return false, true
	}
	return false, false
}

// textsOf reads a list of strings, or one string as a list of one. Objects in
// it are named by their address or name.
func textsOf(raw []byte) ([]string, bool) {
	if isNull(raw) {
		return nil, true
	}
	if raw[0] != '[' {
		s, ok := textOf(raw)
		if o, err := parseObject(raw); !ok && err == nil && o.has("value") { // PowerShell: {"value":[…],"Count":2}
			return textsOf(o.raw("value"))
		}
		if s == "" {
			return nil, ok
		}
		return []string{s}, ok
	}
	out := []string{}
	for raw := range extract.Elements(raw) {
		s, ok := textOf(raw)
		if o, err := parseObject(raw); !ok && err == nil {
			s, ok = o.first("primarysmtpaddress", "userprincipalname", "id", "name", "displayname"), true
		}
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// layouts of times, after RFC 3339. The last ones carry no zone: Exchange
// leaves it out of its UTC times.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02"}

// timeOf reads a time. Null, the year 1 and 1601 (how .NET and Windows write
// "never") are the zero time.
func timeOf(raw []byte) (time.Time, bool) {
	s, ok := textOf(raw)
	if !ok || s == "" {
		return time.Time{}, ok
	}
	if ms, found := strings.CutPrefix(s, "/Date("); found { // PowerShell 5
		ms = strings.TrimSuffix(ms, ")/")
		if i := strings.LastIndexAny(ms, "+-"); i > 0 { // the zone of whoever wrote it; the number counts from UTC
			ms = ms[:i]
		}
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		return modern(time.UnixMilli(n)), true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return modern(t), true
		}
	}
	return time.Time{}, false
}

func modern(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

func (o object) time(name string) time.Time {
	t, _ := timeOf(o.get(name))
	return t
}

// elements reads the items of a list body: {"value":[…]}, an array, or one
// object. It is false where the body is neither, holds an error, or goes on on
// another page.
func elements(raw []byte) ([]json.RawMessage, bool) {
	var list []json.RawMessage
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		err := json.Unmarshal(raw, &list)
		return list, err == nil
	}
	o, err := parseObject(raw)
	if err != nil || o.has("error") || o.get("@odata.nextlink") != nil || !o.has("value") || json.Unmarshal(o.raw("value"), &list) != nil || list == nil {
		return nil, false
	}
	return list, true
}

// sorted is never nil: a list that was read may be empty.
func sorted(ids []string) []string {
	list := append([]string{}, ids...)
	slices.Sort(list)
	return slices.Compact(list)
}

// unique is a list in which the later of two objects with one id counts: a
// list that began anew shows them as they are now.
type unique[T any] struct {
	list  []T
	place map[string]int
}

func newUnique[T any]() *unique[T] { return &unique[T]{[]T{}, map[string]int{}} }

// ordered is the list in the order of its ids.
func (u *unique[T]) ordered() []T {
	out := make([]T, 0, len(u.list))
	for _, id := range slices.Sorted(maps.Keys(u.place)) {
		out = append(out, u.list[u.place[id]])
	}
	return out
}

func (u *unique[T]) put(id string, x T) {
	if at, again := u.place[id]; again {
		u.list[at] = x
		return
	}
	u.place[id] = len(u.list)
	u.list = append(u.list, x)
}
