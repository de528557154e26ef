package plan_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
	"vakt/internal/plan"
)

func TestShow(t *testing.T) {
	for file, write := range map[string]func(io.Writer, *plan.Plan) error{"show.golden": plan.Show, "page.golden": plan.HTML} {
		var b bytes.Buffer
		if err := write(&b, full(t)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", file)
		if *record {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// Names come from the directory: whoever may rename an account must not be
// able to write to a terminal or a page.
func TestShowIsSafe(t *testing.T) {
	var text, page bytes.Buffer
	p := full(t)
	if err := plan.Show(&text, p); err != nil {
		t.Fatal(err)
	}
	if err := plan.HTML(&page, p); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\u202e\u202c") {
		t.Error("an escape sequence reaches the terminal")
	}
	if strings.Contains(page.String(), "<b>") || !strings.Contains(html.UnescapeString(page.String()), "<b>") {
		t.Error("a tag reaches the page")
	}
	for _, outside := range []string{"<script", "http:", "https:", "src=", "href="} {
		if strings.Contains(page.String(), outside) {
			t.Errorf("the page has %q: it must need nothing from outside", outside)
		}
	}
}

// What comes is +, what goes is -, what changes is ~.
func TestShowMarksChangesAsTerraformDoes(t *testing.T) {
	in := input(t, contoso(shared(3)...))
	p := build(t, in)
	p.Undoes = "run-7"
	p.Changes[0].Before, p.Changes[0].After = json.RawMessage("null"), json.RawMessage(`"a@contoso.com"`)
	p.Changes[1].Before, p.Changes[1].After = json.RawMessage(`"a@contoso.com"`), json.RawMessage("null")
	p.Changes[2].Before, p.Changes[2].After, p.Changes[2].UPN = json.RawMessage("null"), json.RawMessage(plan.Now), ""
	p.Changes[2].Delegates = directory.Known([]plan.Delegate{})
	for range 10 {
		p.Changes[1].Delegates.Value = append(p.Changes[1].Delegates.Value, plan.Delegate{Name: "bo", Right: "send_as"})
	}
	p.Changes[1].Delegates.Known, p.Changes[1].Delegates.Why = false, "403"
	var b bytes.Buffer
	if err := plan.Show(&b, p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		", undoes run run-7\n",
		"+ shared0000@contoso.com (Account 100)", "accountEnabled: (none) → \"a@contoso.com\"",
		"- shared0001@contoso.com (Account 101)", "accountEnabled: \"a@contoso.com\" → (none)",
		"~ " + id(102), "accountEnabled: (none) → the time of the call", "nobody else uses its mailbox",
		"bo (send as), and 3 others; there may be more: 403",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

func TestSummary(t *testing.T) {
	in := input(t, contoso(shared(40)...))
	in.Limit = 40
	if got, want := build(t, in).Summary(), "Plan: 40 changes on 40 accounts in waves of 1, 5, 25, 9; 0 left out, 0 steps by hand."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	in = input(t, contoso(shared(1)...))
	in.Wanted = []plan.Wanted{{Account: id(100), Action: plan.Revoke}}
	if got, want := build(t, in).Summary(), "Plan: 1 change on 1 account; 0 left out, 0 steps by hand; 1 CANNOT BE UNDONE."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
