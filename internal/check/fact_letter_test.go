package check

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
)

// brought reads a fact of ann@contoso.com where these files lie beside the
// export; "?" is unknown.
func brought(t *testing.T, fact string, files map[string]string) []string {
	t.Helper()
	all := fstest.MapFS{"users.json": {Data: []byte(`[{"id":"a","userPrincipalName":"ann@contoso.com","mail":"Ann.Berg@contoso.com"}]`)}}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := directory.Load(all)
	if err != nil {
		t.Fatal(err)
	}
	v := &view{a: &s.Accounts[0], j: &judge{s: s, scamTo: 2, ownDomains: directory.Known(map[string]bool{"contoso.com": true})}}
	if files["domains"] == "unread" {
		v.j.ownDomains = directory.Unknown[map[string]bool]("no")
	}
	for _, f := range accountTable {
		if f.name == fact {
			if got := f.get(v); !got.unknown {
				return got.texts()
			}
			return []string{"?"}
		}
	}
	t.Fatalf("no fact %q", fact)
	return nil
}

func TestBlockedSender(t *testing.T) {
	f := func(list string, want ...string) {
		t.Helper()
		files := map[string]string{}
		if list != "" {
			files["blockedSenders.json"] = list
		}
		if d := cmp.Diff(append([]string{}, want...), brought(t, "mailbox.blocked_sender", files)); d != "" {
			t.Errorf("%s: %s", list, d)
		}
	}
	f("", "?")
	f(`[]`)
	f(`[{"SenderAddress":"bo@contoso.com","Reason":"x"}]`)
	f(`[{"SenderAddress":"ANN@contoso.com","Reason":"x"}]`, "x")
	f(`[{"SenderAddress":"ann.berg@contoso.com"}]`, "blocked")
	f(`[{"SenderAddress":"bo@contoso.com"},{}]`, "?")
	f(`[{"SenderAddress":"ann@contoso.com"},{}]`, "blocked")
}

func TestSignature(t *testing.T) {
	f := func(html, words, domains string) {
		t.Helper()
		files := map[string]string{"messageConfiguration.json": fmt.Sprintf(`{"a":{"SignatureHtml":%q}}`, html)}
		if got := strings.Join(brought(t, "mailbox.signature", files), "|"); got != words {
			t.Errorf("words of %q: %q, want %q", html, got, words)
		}
		if got := strings.Join(brought(t, "mailbox.signature_domain", files), "|"); got != domains {
			t.Errorf("domains of %q: %q, want %q", html, got, domains)
		}
	}
	f("", "", "")
	f("<style>p { color: red }</style><p>Ann<br>Berg &amp; Co</p><!-- iban -->", "Ann Berg & Co", "")
	f("gift<b></b> card", "gift card", "")
	f(`<a href="https://www.Example.com/x?y=1">Us</a> <a href='mailto:ann@contoso.com'>me</a>`, "Us me", "example.com")
	f(`<a href="https://login.contoso.com.example.net">Contoso</a>`, "Contoso", "login.contoso.com.example.net")
	f(`<a href="mailto:x@example.net?subject=y">x</a>`, "x", "example.net")
	f(`<a href="http://%zz">x</a> <a href="https://">y</a>`, "x y", "")
	f("a < b", "a < b", "")
	if got := brought(t, "mailbox.signature", nil); got[0] != "?" {
		t.Errorf("not read: %q", got)
	}
	files := map[string]string{"messageConfiguration.json": `{"a":{"SignatureText":"see https://example.net"}}`}
	if got := brought(t, "mailbox.signature", files); got[0] != "see https://example.net" {
		t.Errorf("plain text: %q", got)
	}
	files["domains"] = "unread"
	if got := brought(t, "mailbox.signature_domain", files); got[0] != "?" {
		t.Errorf("domains not read: %q", got)
	}
}

func TestMassMail(t *testing.T) {
	to := func(subject string, to ...string) string {
		for i := range to {
			to[i] = fmt.Sprintf(`{"emailAddress":{"address":%q}}`, to[i])
		}
		return fmt.Sprintf(`{"subject":%q,"bodyPreview":"p","toRecipients":[%s]}`, subject, strings.Join(to, ","))
	}
	f := func(list string, want ...string) {
		t.Helper()
		files := map[string]string{}
		if list != "" {
			files["mailSearch.json"] = `{"a":` + list + `}`
		}
		if d := cmp.Diff(append([]string{}, want...), brought(t, "mailbox.mass_mail", files)); d != "" {
			t.Errorf("%s: %s", list, d)
		}
	}
	f("", "?")
	f("[]")
	f("["+to("Pay", "x@example.com", "y@example.com")+"]", "Pay p")
	f("["+to("Pay", "x@example.com")+","+to(" PAY", "Y@example.com")+","+to("Lunch", "x@example.com")+"]", "PAY p", "Pay p")
	f("[" + to("Pay", "x@example.com", "X@example.com") + "]")
	f("[" + to("Pay", "x@example.com", "bo@contoso.com") + "]")
	f("["+to("Pay", "x@example.com", "y@example.com")+",7]", "Pay p")
	f("["+to("Pay", "x@example.com")+",7]", "?")
	f(`{"error":{"code":"ErrorAccessDenied"}}`, "?")
}
