package plan_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/plan"
)

func TestParseWanted(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []plan.Wanted
	}{
		"a list": {"# ours\na@contoso.com\n\n b@contoso.com \r\n", []plan.Wanted{{Account: "a@contoso.com", File: "x", Line: 2}, {Account: "b@contoso.com", File: "x", Line: 4}}},
		"a table": {"\ufeffReason,Account,action\n\"left, long ago\",a@contoso.com,sessions.revoke\n", []plan.Wanted{
			{Account: "a@contoso.com", Action: plan.Revoke, Reason: "left, long ago", File: "x", Line: 2}}},
	} {
		got, err := plan.ParseWanted("x", []byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for in, want := range map[string]string{
		"":                                    "names no account",
		"# nothing\n":                         "names no account",
		"account,action\na@contoso.com\n":     "x:2: 1 values, want 2",
		"account,acton\n":                     `x:1: unknown or repeated column "acton": did you mean "action"?`,
		"account,account\n":                   "repeated column",
		"a@contoso.com,account.disable\n":     "x:1: the first line is no header",
		"account,action\na@b.c,account.eat\n": `x:2: unknown action "account.eat"`,
		"account,reason\n,x\n,y\n":            "x:3: it names no account",
		"account\n\"a\n":                      "x:",
		"\xff\n":                              "not UTF-8",
	} {
		list, err := plan.ParseWanted("x", []byte(in))
		wantError(t, err, want)
		if list != nil {
			t.Errorf("%q gives %v", in, list)
		}
	}
}

func FuzzParseWanted(f *testing.F) {
	f.Add([]byte("account,action,reason\na@contoso.com,account.disable,\"x,y\"\n"))
	f.Add([]byte("a\nb\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := plan.ParseWanted("x", file)
		if (err == nil) != (len(list) > 0) {
			t.Errorf("%d accounts, %v", len(list), err)
		}
		for _, w := range list {
			if w.Account == "" || w.Line < 1 || !utf8.ValidString(w.Account) {
				t.Errorf("%+v", w)
			}
		}
	})
}
