package check_test

import (
	"encoding/binary"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
)

// The folders under testdata/foreign are one small tenant as different tools
// would have written it. plain is whole; the others hold the files that they
// write otherwise.
var plainVerdicts = map[string]check.Verdict{
	"info": check.Block, "scan": check.Block, "order": check.Hold, "bertil": check.Hold, "rum": check.Excepted, "ute": check.OnPremises, "old": check.Blocked,
}

// foreign is the plain folder with the files of another one in place of its own.
func foreign(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, folder := range []string{"plain", name} {
		all, err := fs.Glob(os.DirFS("testdata/foreign"), folder+"/*")
		if err != nil || len(all) == 0 {
			t.Fatalf("no folder %q (%v)", folder, err)
		}
		for _, file := range all {
			data, err := os.ReadFile("testdata/foreign/" + file)
			if err != nil {
				t.Fatal(err)
			}
			files[path.Base(file)] = &fstest.MapFile{Data: data}
		}
	}
	return files
}

// saw judges a folder: the verdicts by the name before the @, and the parts
// that could not be read.
func saw(t *testing.T, files fs.FS) (map[string]check.Verdict, []string) {
	t.Helper()
	s, err := directory.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, s, check.Options{Baseline: baseline.Default().WithDirectory(s.Lists())})
	got := map[string]check.Verdict{}
	for i := range r.Verdicts {
		name, _, _ := strings.Cut(r.Verdicts[i].UPN, "@")
		got[name] = r.Verdicts[i].Verdict
	}
	var missing []string
	for _, m := range r.CouldNotLook {
		missing = append(missing, m.Part)
	}
	return got, missing
}

// However a tool writes a tenant, it is judged alike, or what could not be read
// is named; and no account is ever blocked that the plain folder does not.
func TestForeignFolders(t *testing.T) {
	but := func(changed map[string]check.Verdict) map[string]check.Verdict {
		want := maps.Clone(plainVerdicts)
		maps.Copy(want, changed)
		return want
	}
	held := map[string]check.Verdict{"info": check.Hold, "scan": check.Hold}
	for name, c := range map[string]struct {
		want    map[string]check.Verdict
		missing []string
	}{
		"plain":              {plainVerdicts, nil},
		"powershell":         {plainVerdicts, nil},
		"numbers":            {plainVerdicts, nil},
		"json-lines":         {plainVerdicts, nil},
		"duplicates":         {but(map[string]check.Verdict{"info": check.Blocked}), nil},
		"two-sorts":          {but(map[string]check.Verdict{"info": check.Hold}), nil},
		"powershell-unasked": {but(map[string]check.Verdict{"info": check.Hold, "scan": check.Hold, "ute": check.Hold}), []string{"signInActivity.json"}},
		"select-object":      {but(held), []string{"signInActivity.json"}},
		"truncated-depth":    {but(map[string]check.Verdict{"info": check.Hold, "scan": check.Hold, "rum": check.Hold}), nil},
		"next-page":          {but(map[string]check.Verdict{"old": check.Blocked}), []string{"mailboxes.json"}},
		"error-body":         {but(held), []string{"roleAssignments.json"}},
	} {
		got, missing := saw(t, foreign(t, name))
		for who, want := range c.want {
			if got[who] != want {
				t.Errorf("%s: %s is %q, want %q", name, who, got[who], want)
			}
		}
		if !slices.Equal(missing, c.missing) {
			t.Errorf("%s: missing are %q, want %q", name, missing, c.missing)
		}
	}
}

// A list that is no list is a hole. Of one that breaks off, what was read is
// true, and the snapshot says that it is not whole: nothing is planned on it.
func TestForeignFolderThatBreaks(t *testing.T) {
	for name, part := range map[string]string{"cut": "users.json", "null-list": "mailboxes.json", "wrapped": "users.json", "one-mailbox": ""} {
		got, missing := saw(t, foreign(t, name))
		if part != "" && !slices.Contains(missing, part) {
			t.Errorf("%s: missing are %q, not %s", name, missing, part)
		}
		for who, v := range got {
			if v == check.Block && plainVerdicts[who] != check.Block {
				t.Errorf("%s: %s is to be blocked", name, who)
			}
		}
		if part != "" && name != "cut" && got["info"] == check.Block {
			t.Errorf("%s: info is to be blocked though %s is a hole", name, part)
		}
	}
}

// Older PowerShell writes UTF-16, with its mark.
func TestForeignFolderInUTF16(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		files := foreign(t, "plain")
		for _, f := range files {
			var wide []byte
			for _, unit := range utf16.Encode([]rune("\ufeff" + string(f.Data))) {
				wide = order.AppendUint16(wide, unit)
			}
			f.Data = wide
		}
		if got, missing := saw(t, files); !maps.Equal(got, plainVerdicts) || missing != nil {
			t.Errorf("in UTF-16: %v, missing %q", got, missing)
		}
	}
}
