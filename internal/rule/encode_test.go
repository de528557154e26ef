package rule

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The bytes are those of the specification's appendix on modifiers.
func TestForms(t *testing.T) {
	f := func(mods, text string, want ...string) {
		t.Helper()
		m, fault := parseModifiers(mods, true)
		if fault != "" {
			t.Fatal(fault)
		}
		list, fault := m.forms(parsePattern(text))
		if fault != "" {
			t.Fatalf("%s of %q: %s", mods, text, fault)
		}
		var got []string
		for _, p := range list {
			got = append(got, p.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s of %q:\n%s", mods, text, diff)
		}
	}
	f("base64", "foo", "Zm9v")
	f("base64", "/bin/sh", "L2Jpbi9zaA==")
	f("base64offset|contains", "foobar", "Zm9vYmFy", "Zvb2Jhc", "mb29iYX")
	f("base64offset", "ping ", "cGluZy", "Bpbmcg", "waW5nI")
	f("base64offset", "é", "w6", "Op", "Dq")
	f("wide|base64", "cmd", "YwBtAGQA")
	f("utf16le|base64", "cmd", "YwBtAGQA")
	f("utf16be|base64", "cmd", "AGMAbQBk")
	f("utf16|base64", "cmd", "//5jAG0AZAA=")
	f("wide|base64", "é", "6QA=")
	f("wide|base64", "\U0001f600", "PdgA3g==")
	f("wide", "cm*d", "c\x00m\x00*d\x00")
	f("utf16be", "cmd", "\x00c\x00m\x00d")
	f("windash", "-enc /c a-b - x", "-enc -c a-b - x")
	f("windash|base64", "-a", "LWE=", "L2E=", "4oCTYQ==", "4oCUYQ==", "4oCVYQ==")
}

func TestWindashMatches(t *testing.T) {
	set := mustCompile(t, one(`result|windash|contains: ' -param-name x /c*'`), nil)
	f := func(text string, want bool) {
		t.Helper()
		if got, _ := verdict(set, rec(t, "result="+text)); (got == True) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	f("run -param-name x /c y", true)
	f("run /PARAM-NAME X -c", true)
	f("run \u2013param-name x \u2014c", true)
	f("run \u2015param-name x \u2015c", true)
	f("run -param/name x /c", false)
	f("run param-name x /c", false)
	f("run _param-name x /c", false)
}

// A fragment of base64offset stands in the base64 of every longer text, at its
// own offset, and says nothing that the value does not say.
func TestBase64OffsetFindsTheValueAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(2, 40, -1).Filter(func(s string) bool { return len(s) > 1 }).Draw(t, "value")
		before := rapid.StringN(0, 10, -1).Draw(t, "before")
		after := rapid.StringN(0, 10, -1).Draw(t, "after")
		fragment := base64At([]byte(value), len(before)%3)
		whole := base64.StdEncoding.EncodeToString([]byte(before + value + after))
		if !strings.Contains(whole, fragment) {
			t.Fatalf("%q is not in %q", fragment, whole)
		}
		other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff", len(before)) + value + strings.Repeat("\xff", 3)))
		if !strings.Contains(other, fragment) {
			t.Fatalf("%q depends on what stands around the value", fragment)
		}
	})
}

// The dash wildcard and the texts written out say the same.
func TestWindashWildcardIsTheTextsWrittenOut(t *testing.T) {
	letters := rapid.SampledFrom([]string{"-", "/", "\u2013", "\u2014", "\u2015", "a", "_", " ", "é"})
	rapid.Check(t, func(t *rapid.T) {
		value := strings.Join(rapid.SliceOfN(letters, 0, 6).Draw(t, "value"), "")
		text := strings.Join(rapid.SliceOfN(letters, 0, 6).Draw(t, "text"), "")
		list, fault := dashed(value)
		if fault != "" {
			t.Skip(fault)
		}
		want := false
		for _, form := range list {
			want = want || form == text
		}
		if got := plainPattern(value).windash().match([]byte(text)); got != want {
			t.Fatalf("%q matches %q: %v, want %v", value, text, got, want)
		}
	})
}

func TestEncodingOfAnyTextIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Filter(utf8.ValidString).Draw(t, "text")
		le, be := encodeUTF16(text, "wide"), encodeUTF16(text, "utf16be")
		if string(encodeUTF16(text, "utf16")) != "\xff\xfe"+string(le) || len(le) != len(be) {
			t.Fatal("utf16 is not wide after a byte order mark")
		}
		for i := 0; i < len(le); i += 2 {
			if le[i] != be[i+1] || le[i+1] != be[i] {
				t.Fatalf("% x and % x", le, be)
			}
		}
	})
}
