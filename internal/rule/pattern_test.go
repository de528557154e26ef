package rule

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A pattern matches as the regular expression does that says the same.
func TestPatternAgreesWithRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringOfN(rapid.SampledFrom([]rune(`ab*?\é`)), 0, 8, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune(`ab*?\éc`)), 0, 10, -1).Draw(t, "text")
		var b strings.Builder
		p := parsePattern(raw)
		for _, part := range p {
			switch part.wild {
			case '*':
				b.WriteString(`.*`)
			case '?':
				b.WriteString(`.`)
			default:
				b.WriteString(regexp.QuoteMeta(part.text))
			}
		}
		want := regexp.MustCompile(`^(?s:` + b.String() + `)$`).MatchString(text)
		if got := p.match([]byte(text)); got != want {
			t.Fatalf("%q matches %q: %v, want %v", raw, text, got, want)
		}
		shape, with := p.shape()
		if shape != shapeGlob && shape.compare([]byte(text), []byte(with)) != want {
			t.Fatalf("the shape of %q disagrees on %q", raw, text)
		}
	})
}

func TestPatternIsNotSlow(t *testing.T) {
	p := parsePattern(strings.Repeat("*a", 50) + "b")
	if p.match(bytes.Repeat([]byte("a"), 20_000)) {
		t.Error("matched")
	}
}

// Folding makes equal exactly what the standard library calls equal.
func TestFoldAgreesWithEqualFold(t *testing.T) {
	letters := []rune("aAkK\u212AſsSßẞéÉσςΣiIİıµμΜÅåΩωΩ日🙂")
	gen := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(letters), 0, 3, -1), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		a, b := gen.Draw(t, "a"), gen.Draw(t, "b")
		if got, want := foldText(a) == foldText(b), strings.EqualFold(a, b); got != want {
			t.Fatalf("%q and %q: %v, want %v", a, b, got, want)
		}
		if foldText(foldText(a)) != foldText(a) {
			t.Fatalf("folding %q twice changes it", a)
		}
		if isFolded([]byte(a)) && foldText(a) != a {
			t.Fatalf("%q counts as folded and is not", a)
		}
	})
}

func TestFoldKeepsBrokenBytes(t *testing.T) {
	if got := foldText("A\xffB\xc3"); got != "a\xffb\xc3" {
		t.Errorf("folded to %q", got)
	}
}

func TestParseNumber(t *testing.T) {
	f := func(text string, want float64, ok bool) {
		t.Helper()
		got, isNumber := parseNumber([]byte(text))
		if got != want || isNumber != ok {
			t.Errorf("%q: %v %v, want %v %v", text, got, isNumber, want, ok)
		}
	}
	f("1", 1, true)
	f("-1.5e3", -1500, true)
	f("+007", 7, true)
	f("1e-2", 0.01, true)
	for _, bad := range []string{"", "-", "1.", ".5", "1e", "1e+", "0x1", "1_000", "inf", "NaN", " 1", "1 ", "1,5", "--1"} {
		f(bad, 0, false)
	}
}
