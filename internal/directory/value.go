package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is one JSON object, its names in lower case: whoever wrote a file may
// have used another tool than we do, and tools differ in the case of names.
type object map[string]json.RawMessage

func parseObject(raw []byte) (object, error) {
	var named map[string]json.RawMessage
	if err := json.Unmarshal(raw, &named); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	if named == nil {
		return nil, errors.New("not an object: null")
	}
	o := make(object, len(named))
	for name, value := range named {
		o[strings.ToLower(name)] = value
	}
	return o, nil
}

// get is the raw value of a name in lower case, or nil where it is absent or
// null.
func (o object) get(name string) json.RawMessage {
	if value := o[name]; !isNull(value) {
		return value
	}
	return nil
}

// has is true where the object carries the name, be it as null.
func (o object) has(name string) bool { _, ok := o[name]; return ok }

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
	var raws []json.RawMessage
	if json.Unmarshal(o.get(name), &raws) != nil {
		return nil
	}
	var out []object
	for _, raw := range raws {
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
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '{':
		o, err := parseObject(raw)
		if err != nil || !o.has("value") || bytes.HasPrefix(o["value"], []byte("{")) {
			return "", false
		}
		return textOf(o["value"])
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
			return textsOf(o["value"])
		}
		if s == "" {
			return nil, ok
		}
		return []string{s}, ok
	}
	var raws []json.RawMessage
	if json.Unmarshal(raw, &raws) != nil {
		return nil, false
	}
	out := make([]string, 0, len(raws))
	for _, raw := range raws {
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
		ms, _, _ = strings.Cut(strings.TrimSuffix(ms, ")/"), "+")
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
	if err != nil || o.has("error") || o.get("@odata.nextlink") != nil || !o.has("value") || json.Unmarshal(o["value"], &list) != nil || list == nil {
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
