package rule

import (
	"regexp"
	"testing"
)

// formTexts are texts of each form, and their neighbours.
var formTexts = []string{
	"", "a", "A.b-c_9", "a b", "å", "%", "%%", "%a%", "%a", "a%", "%a b%", "%a%b%", "\n", "a\n", "%a%\n",
	"11f0e7ce-e273-4403-8ca0-6e0fbcd0c25e", "11F0E7CE-E273-4403-8CA0-6E0FBCD0C25E", "11f0e7ce-e273-4403-8ca0-6e0fbcd0c25", "11f0e7ceae273-4403-8ca0-6e0fbcd0c25e",
	"11f0e7ce-e273-4403-8ca0-6e0fbcd0c25g", "11f0e7ce-e273-4403-8ca0-6e0fbcd0-25e",
	"attack.t1078.004", "attack", ".t", "attack.", "attack..", "Attack.t1", "a_b-c.d_e-f", "G11", "g11", "G1", "G111", "Gaa",
	"15m", "1d", "m", "15", "0s", "123456789y", "1234567890y", "1M", "1x", "-1d",
}

// FuzzForms holds the forms against the regular expressions that they stand for.
func FuzzForms(f *testing.F) {
	for _, text := range formTexts {
		f.Add(text)
	}
	placeholder := regexp.MustCompile(`^%([A-Za-z0-9_.-]+)%$`)
	forms := []struct {
		is   func(string) bool
		form *regexp.Regexp
	}{
		{isName, regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)},
		{isUUID, regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)},
		{isTag, regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)},
		{isRow, regexp.MustCompile(`^[A-Z][0-9]{2}$`)},
		{isTimespan, regexp.MustCompile(`^[0-9]{1,9}[smhdwMy]$`)},
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, x := range forms {
			if x.is(text) != x.form.MatchString(text) {
				t.Errorf("%q of the form %s: %t", text, x.form, x.is(text))
			}
		}
		name, ok := listName(text)
		m := placeholder.FindStringSubmatch(text)
		if ok != (m != nil) || ok && name != m[1] {
			t.Errorf("%q: the list %q, %t", text, name, ok)
		}
	})
}
