package text_test

import (
	"testing"
	"unicode/utf8"

	"vakt/internal/text"
)

func TestNearest(t *testing.T) {
	words := []string{"falsepositives", "references", "level", "tags"}
	f := func(word, want string) {
		t.Helper()
		if got := text.Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	f("falsepositive", "falsepositives")
	f("False-Positives", "falsepositives")
	f("refrences", "references")
	f("levle", "level")
	f("tag", "tags")
	f("condition", "")
	f("", "")
}

func TestTerminal(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := text.Terminal(in); got != want {
			t.Errorf("Terminal(%q) = %q, want %q", in, got, want)
		}
	}
	f("Åsa Öström", "Åsa Öström")
	f("\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`)
	f("gpj\u202etxt.exe", `gpj\u202etxt.exe`)
	f("a\u200bb\u2066c\ufeffd", `a\u200bb\u2066c\ufeffd`)
	f("line\nbreak\ttab\r\x00\x7f", `line\nbreak\ttab\x0d\x00\x7f`)
	f("\u009b31m", `\u009b31m`)
	f("bad \xff byte", `bad \xff byte`)
	f("kept \ufffd as it is", "kept \ufffd as it is")
	f("tag \U000e0041", `tag \U000e0041`)
	f("no-break\u00a0space", `no-break\u00a0space`)
	f("", "")
}

func TestCut(t *testing.T) {
	f := func(in string, width int, want string) {
		t.Helper()
		if got := text.Cut(in, width); got != want || text.Width(got) > width {
			t.Errorf("Cut(%q, %d) = %q, want %q", in, width, got, want)
		}
	}
	f("short", 10, "short")
	f("exactly ten", 11, "exactly ten")
	f("exactly ten", 10, "exactly t…")
	f("日本語の名前", 7, "日本語…")
	f("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301")
}

// Whatever comes in, nothing that a terminal acts upon goes out.
func FuzzTerminal(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b]0;title\x07", "\u202e", "\xff\xfe", "å"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := text.Terminal(s)
		if !utf8.ValidString(out) {
			t.Fatalf("Terminal(%q) is not UTF-8: %q", s, out)
		}
		for _, c := range out {
			if c < 0x20 || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
				t.Fatalf("Terminal(%q) lets %U through", s, c)
			}
		}
		if again := text.Terminal(out); again != out {
			t.Fatalf("Terminal is not stable: %q, then %q", out, again)
		}
	})
}
