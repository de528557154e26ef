package event

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func listed(text string) string {
	var all []string
	for a := range addresses([]byte(text)) {
		all = append(all, string(a))
	}
	return strings.Join(all, " ")
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"a@fabrikam.com":                "a@fabrikam.com",
		" A@Fabrikam.COM. ":             "a@fabrikam.com",
		"smtp:a@fabrikam.com":           "a@fabrikam.com",
		"SMTP:a@fabrikam.com":           "a@fabrikam.com",
		"mailto:a@fabrikam.com":         "a@fabrikam.com",
		"a@fabrikam.com;b@example.com":  "a@fabrikam.com b@example.com",
		"a@fabrikam.com, b@example.com": "a@fabrikam.com b@example.com",
		"a@fabrikam.com\r\nb@x.se":      "a@fabrikam.com b@x.se",
		`"Ann Å" [SMTP:a@fabrikam.com]`: "a@fabrikam.com",
		`"Ann" <a@fabrikam.com>`:        "a@fabrikam.com",
		`Ann a@fabrikam.com`:            "a@fabrikam.com",
		`"Lind; Ann, Dr" [SMTP:a@fabrikam.com];b@example.com`:        "a@fabrikam.com b@example.com",
		`Lind, Ann [SMTP:a@fabrikam.com]`:                            "a@fabrikam.com",
		`"boss@contoso.com" [SMTP:a@fabrikam.com]`:                   "a@fabrikam.com",
		`"unpaired [SMTP:a@fabrikam.com];"x" <b@example.com>`:        "a@fabrikam.com b@example.com",
		`["a@fabrikam.com","b@example.com"]`:                         "a@fabrikam.com b@example.com",
		`"Ann" [EX:/o=ExchangeLabs/ou=Group/cn=Recipients/cn=a@b.c]`: "",
		"annalind":              "",
		"@fabrikam.com":         "",
		"a@":                    "",
		`"a@fabrikam.com"`:      "a@fabrikam.com",
		"<a@fabrikam.com":       "a@fabrikam.com",
		`a"b@fabrikam.com`:      "",
		"a@b@fabrikam.com":      "a@b@fabrikam.com",
		"Åsa@FABRIKAM.se":       "åsa@fabrikam.se",
		"x <a@y.se> [b@z.se]":   "a@y.se b@z.se",
		"sip:a@fabrikam.com":    "",
		"a@fabrikam.com:\\Inkp": "",
	} {
		if got := listed(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever a text holds: an address is in lower case, has one form, and is
// found again in every list that it is written into.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{`"A; b" [SMTP:a@b.se];c@d`, "smtp:a@b,<c@d>", `"[[<@>`, "a@b:c", "\xff@\xfe", "İ@I"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for a := range addresses(text) {
			if !bytes.Contains(a, []byte("@")) || bytes.ContainsAny(a, " \t\r\n;,\"<>[]") {
				t.Fatalf("%q gives %q", text, a)
			}
			for _, form := range []string{"%", "SMTP:%", `"N" [SMTP:%]`, "x@y.se;%"} {
				again := slices.Collect(addresses([]byte(strings.ReplaceAll(form, "%", string(a)))))
				if len(again) == 0 || !bytes.Equal(again[len(again)-1], a) {
					t.Fatalf("%q of %q is not found again in %q: %q", a, text, form, again)
				}
			}
		}
	})
}
