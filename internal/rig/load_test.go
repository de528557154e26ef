package rig

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// contents lists a part's objects, with their owners.
func contents(s *State, part string) []string {
	var all []string
	for at, o := range s.Primary().All(part) {
		all = append(all, s.Primary().Owner(part, at)+" "+string(o))
	}
	return all
}

func TestExportIsReadBack(t *testing.T) {
	for _, name := range []string{"small-business", "all-traps"} {
		s, _ := generated(t, name, 200, 4)
		dir := t.TempDir()
		if err := s.Export(dir); err != nil {
			t.Fatal(err)
		}
		again, err := Load(os.DirFS(dir), testOptions(4))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range PartNames() {
			if s.withheld(part) != "" {
				continue
			}
			if diff := cmp.Diff(contents(s, part), contents(again, part)); diff != "" {
				t.Errorf("%s: %s differs:\n%.2000s", name, part, diff)
			}
		}
		if again.TenantID() != s.TenantID() {
			t.Errorf("tenant %q, want %q", again.TenantID(), s.TenantID())
		}
	}
}

func TestExportLeavesOutWhatNoLicenceShows(t *testing.T) {
	s, _ := generated(t, "no-p1", 0, 4)
	dir := t.TempDir()
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(os.DirFS(dir), testOptions(4))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{Registrations, ConditionalAccess, SignIns, "signInActivity"} {
		if state, why := again.PartState(part); state != Absent || !strings.Contains(why, "Entra ID P1") {
			t.Errorf("%s is %s: %s", part, state, why)
		}
		if got := again.said[part+map[bool]string{true: ".jsonl", false: ".json"}[part == SignIns]].Licence; got != "P1" {
			t.Errorf("%s lacks the licence %q", part, got)
		}
	}
	for _, user := range again.Primary().All(Users) {
		if _, ok := user.Field("signInActivity"); ok {
			t.Fatalf("signInActivity without a licence: %s", user)
		}
	}
}

// A folder that somebody else wrote: other spacing, unknown members, objects
// that are none, members of other types.
func TestOddObjectsAreKept(t *testing.T) {
	users := "[ {\"id\" : \"A-1\", \"userPrincipalName\":\"Å@contoso.com\",\n \"nyhet\":{\"x\":[1, 2]}} , 17, null, {\"displayName\":5}]"
	folder := fstest.MapFS{
		"users.json":                 {Data: []byte("\ufeff" + users)},
		"signIns.jsonl":              {Data: []byte("{\"id\":\"1\"}\r\n\n{\"id\":\"2\" , \"z\":0}")},
		"authenticationMethods.json": {Data: []byte(`{"A-1":{"@odata.context":"x","value":[{"id":"m"}]},"b":[]}`)},
		"notes.txt":                  {Data: []byte("keep me")},
	}
	s, err := Load(folder, testOptions(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{" {\"id\" : \"A-1\", \"userPrincipalName\":\"Å@contoso.com\",\n \"nyhet\":{\"x\":[1, 2]}}", " 17", " null", ` {"displayName":5}`}
	if diff := cmp.Diff(want, contents(s, Users)); diff != "" {
		t.Error(diff)
	}
	if o, ok := s.Primary().Get(Users, "å@CONTOSO.com"); !ok || o.Text("id") != "A-1" {
		t.Errorf("by UPN: %s", o)
	}
	if o, ok := s.Primary().Get(Methods, "a-1"); !ok || len(Elements(o)) != 1 {
		t.Errorf("methods: %s", o)
	}
	if got := s.Primary().Len(SignIns); got != 2 {
		t.Errorf("%d sign-ins", got)
	}
	if state, _ := s.PartState(Mailboxes); state != Absent {
		t.Errorf("mailboxes are %s", state)
	}
	if _, err := s.Update(Users, "a-1", Patch{"accountEnabled": []byte("false")}, tester); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, "notes.txt")); err != nil || string(kept) != "keep me" {
		t.Errorf("notes.txt: %q, %v", kept, err)
	}
}

func TestManifestDecidesTheState(t *testing.T) {
	folder := fstest.MapFS{
		"manifest.json": {Data: []byte(`{"tenant":"11111111-2222-3333-4444-555555555555","taken":"2026-05-01T00:00:00Z","parts":{"users.json":{"state":"partial","why":"throttled"},"mailboxes.json":{"state":"absent","why":"no right"}}}`)},
		"users.json":    {Data: []byte(`{"value":[]}`)},
		"domains.json":  {Data: []byte(`{"value":[],"@odata.nextLink":"https://graph.microsoft.com/v1.0/domains?$skiptoken=x"}`)},
	}
	s, err := Load(folder, testOptions(1))
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string][2]string{
		Users: {Partial, "throttled"}, Mailboxes: {Absent, "no right"}, Domains: {Partial, "the list breaks off: it has a link to a next page"}, Groups: {Absent, "groups.json is not in the folder"},
	} {
		if state, why := s.PartState(part); state != want[0] || why != want[1] {
			t.Errorf("%s is %s: %s; want %s: %s", part, state, why, want[0], want[1])
		}
	}
	empty := testOptions(1)
	empty.AbsentEmpty = true
	s, err = Load(folder, empty)
	if err != nil {
		t.Fatal(err)
	}
	if state, _ := s.PartState(Groups); state != Complete {
		t.Errorf("groups are %s", state)
	}
}

func TestBrokenFilesAreNamed(t *testing.T) {
	for file, text := range map[string]string{
		"users.json": `{"value":[`, "signIns.jsonl": "{}\n{\"a\":", "manifest.json": `{`, "messageRules.json": `nope`,
	} {
		_, err := Load(fstest.MapFS{file: {Data: []byte(text)}}, testOptions(1))
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error is %v", file, err)
		}
	}
}

func TestManifestStatesAreThree(t *testing.T) {
	_, err := Load(fstest.MapFS{"manifest.json": {Data: []byte(`{"parts":{"users.json":{"state":"whole"}}}`)}}, testOptions(1))
	if err == nil || !strings.Contains(err.Error(), `"whole"`) {
		t.Errorf("error is %v", err)
	}
}

// Whatever a part's file holds is refused, or kept as it is.
func FuzzLoad(f *testing.F) {
	for i, text := range []string{`{"value":[{"id":"a"}]}`, `[{"id":"a"} , 7,"x"]`, "{\"id\":\"a\"}\n\n{}", `{"a":{"value":[]},"a":[]}`, `{"value":{}}`} {
		for j := range kinds {
			f.Add(uint8(i+j), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		k := &kinds[int(n)%len(kinds)]
		s, err := Load(fstest.MapFS{k.file: {Data: data}}, testOptions(1))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := s.Primary().write(&out, k); err != nil {
			t.Fatal(err)
		}
		again, err := Load(fstest.MapFS{k.file: {Data: out.Bytes()}}, testOptions(1))
		if err != nil {
			t.Fatalf("%s from %q became %q: %v", k.file, data, out.Bytes(), err)
		}
		if diff := cmp.Diff(contents(s, k.name), contents(again, k.name)); diff != "" {
			t.Fatalf("%s from %q: %s", k.file, data, diff)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"tenant":"x","taken":"2026-05-01T00:00:00Z","parts":{"users.json":{"state":"partial","why":"w","count":3}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Load(fstest.MapFS{"manifest.json": {Data: data}}, testOptions(1))
		if err != nil {
			return
		}
		for _, part := range PartNames() {
			if state, why := s.PartState(part); state != Absent || why == "" {
				t.Fatalf("%s without a file is %s: %s", part, state, why)
			}
		}
	})
}
