package directory_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
)

// beside is an export by Vakt, with files that somebody has put beside it.
func beside(files map[string]string) map[string]string {
	out := map[string]string{
		"manifest.json": `{"tenant":"t","taken":"2026-03-02T08:00:00Z","parts":{"users.json":{"state":"complete"}}}`,
		"users.json":    `[{"id":"aaaa","userPrincipalName":"a@contoso.com"}]`,
	}
	maps.Copy(out, files)
	if _, ok := files["blockedSenders.json"]; ok {
		out["manifest.json"] = strings.Replace(out["manifest.json"], `"parts":{`, `"parts":{"blockedSenders.json":{"state":"complete"},`, 1)
	}
	return out
}

func TestMailIsUnknownWhereNobodyBroughtIt(t *testing.T) {
	s := load(t, beside(nil))
	if s.Blocked.Known || !strings.Contains(s.Blocked.Why, "not asked for") {
		t.Errorf("blocked senders: %+v", s.Blocked)
	}
	if f := s.Signature("aaaa"); f.Known || !strings.Contains(f.Why, "messageConfiguration.json") {
		t.Errorf("signature: %+v", f)
	}
	if f := s.Search("aaaa"); f.Known || !strings.Contains(f.Why, "mailSearch.json") {
		t.Errorf("search: %+v", f)
	}
	if f := s.Searched("aaaa"); f.Known {
		t.Errorf("searched: %+v", f)
	}
	for _, p := range s.Missing {
		if p.Part == directory.BlockedPart || p.Part == directory.SignaturesPart || p.Part == directory.SearchPart {
			t.Errorf("the snapshot lacks %s, which nobody meant to read", p.Part)
		}
	}
}

func TestMailThatSomebodyBrought(t *testing.T) {
	s := load(t, beside(map[string]string{
		"blockedSenders.json": `{"SenderAddress":"Ann@contoso.com","Identity":"x","Reason":"OutboundSpamLast24Hours=7","CreatedDatetime":"2026-03-01T10:00:00Z"}`,
		"messageConfiguration.json": `{"AAAA":{"SignatureHtml":"<b>Hi</b>","SignatureText":"Hi","AutoAddSignature":true},
			"bbbb":[{"SignatureHtml":"","SignatureText":null,"AutoAddSignature":false}],"cccc":{"error":{"code":"Forbidden"}},"dddd":{"x":1}}`,
		"mailSearch.json": `{"aaaa":{"value":[{"subject":"Invoice","bodyPreview":"Pay","sentDateTime":"2026-03-01T10:00:00Z",
			"toRecipients":[{"emailAddress":{"address":"X@example.com"}}],"ccRecipients":[{"emailAddress":{"address":"y@example.com"}},{}],"bccRecipients":null}]},
			"bbbb":{"error":{"code":"ErrorAccessDenied"}},"cccc":[]}`,
	}))
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	want := directory.Known([]directory.BlockedSender{{Address: "ann@contoso.com", Reason: "OutboundSpamLast24Hours=7", Since: at}})
	if d := cmp.Diff(want, s.Blocked); d != "" {
		t.Error(d)
	}
	for id, want := range map[string]directory.Fact[directory.Signature]{
		"aaaa": directory.Known(directory.Signature{HTML: "<b>Hi</b>", Text: "Hi", Auto: true}),
		"bbbb": directory.Known(directory.Signature{}),
		"cccc": directory.Unknown[directory.Signature]("the service refused: Forbidden"),
		"dddd": directory.Unknown[directory.Signature]("the configuration carries no signature"),
		"eeee": directory.Unknown[directory.Signature]("messageConfiguration.json does not have the account"),
	} {
		if d := cmp.Diff(want, s.Signature(id)); d != "" {
			t.Errorf("%s: %s", id, d)
		}
	}
	for id, want := range map[string]directory.Fact[[]directory.Message]{
		"aaaa": directory.Known([]directory.Message{{Subject: "Invoice", Preview: "Pay", To: []string{"x@example.com", "y@example.com"}, Sent: at}}),
		"bbbb": directory.Unknown[[]directory.Message]("the service refused: ErrorAccessDenied"),
		"cccc": directory.Known([]directory.Message{}),
		"eeee": directory.Unknown[[]directory.Message]("mailSearch.json does not have the account"),
	} {
		if d := cmp.Diff(want, s.Search(id)); d != "" {
			t.Errorf("%s: %s", id, d)
		}
	}
	if !directory.Is(s.Searched("bbbb"), true) || !directory.Is(s.Searched("eeee"), false) {
		t.Errorf("searched: %+v, %+v", s.Searched("bbbb"), s.Searched("eeee"))
	}
}

// TestBrokenMailIsNeverEmpty: a list that breaks off says what it has, and of
// the rest nothing.
func TestBrokenMailIsNeverEmpty(t *testing.T) {
	s := load(t, beside(map[string]string{
		"blockedSenders.json":       `[{"SenderAddress":"ann@contoso.com"},{"Reason":"x"}]`,
		"messageConfiguration.json": `{"aaaa":{"SignatureText":"Hi"},"bbbb":`,
		"mailSearch.json":           `{"aaaa":`,
	}))
	if s.Blocked.Known || len(s.Blocked.Value) != 1 {
		t.Errorf("blocked senders: %+v", s.Blocked)
	}
	if !s.Signature("aaaa").Known || s.Signature("bbbb").Known || !strings.Contains(s.Signature("bbbb").Why, "partial") {
		t.Errorf("signatures: %+v, %+v", s.Signature("aaaa"), s.Signature("bbbb"))
	}
	if s.Searched("aaaa").Known || s.Search("aaaa").Known {
		t.Errorf("searched: %+v", s.Searched("aaaa"))
	}
	if s.Complete {
		t.Error("the snapshot says that it is complete")
	}
}

// TestExportLeavesWhatPeopleBrought: a new export into the folder takes the
// files of an old one away, and not those that it would never write.
func TestExportLeavesWhatPeopleBrought(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"mailSearch.json", "azureRoleAssignments.json", "blockedSenders.json"} {
		text := "[]"
		if name == "mailSearch.json" {
			text = "{}"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from, err := directory.OpenFolder(folder(beside(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := directory.Export(dir, from); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"mailSearch.json": true, "azureRoleAssignments.json": true, "blockedSenders.json": false} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", name, err == nil, want)
		}
	}
	s, err := directory.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if !s.AzureRoles.Known {
		t.Errorf("what lies beside the export is not read: %+v", s.AzureRoles)
	}
}
