package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLatelyMetTextsAreTheirOwn: a number is that of the text, whatever other texts
// had its place before, and a text that comes twice in a row has one.
func TestLatelyMetTextsAreTheirOwn(t *testing.T) {
	w := bare(MaxWindow).newWorker()
	places := map[*textSlot]bool{}
	for i := range 3 * memoSlots {
		text := fmt.Appendf(nil, "text %d", i)
		places[w.lately.slot(w.d.salt.sum(text))] = true
		if n := w.met(text); n != 0 {
			t.Fatalf("%q has the number of %q when it comes first", text, w.words.text(n))
		}
		if n := w.met(text); string(w.words.text(n)) != string(text) {
			t.Fatalf("%q has the number of %q", text, w.words.text(n))
		}
	}
	if len(places) > memoSlots {
		t.Errorf("%d places are remembered, of at most %d", len(places), memoSlots)
	}
}

// TestLatelyMetGroupsAreTheirOwn: the group of a record is its own in lower case,
// whatever text stands in its place, and the same when it is remembered.
func TestLatelyMetGroupsAreTheirOwn(t *testing.T) {
	d := detectorOf(t, strings.Replace(failedSignIn, "group: [ip]", "group: [userDisplayName]", 1))
	field := d.usesAt[0][0].group[0]
	w := d.newWorker()
	for i, name := range []string{"Ann", "ANN", "Bob", "ann", `B\u006fb`, "Ånn", ""} {
		r := recordOf(t, d, signIn(strconv.Itoa(i), "10:00:00", "192.0.2.1", "userDisplayName", `"`+name+`"`))
		if !r.Plain(field) {
			t.Fatal("the field is not plain")
		}
		slot := w.lately.slot(d.salt.sum(appendLower(nil, r.Field(field).First())))
		for _, other := range []textSlot{*slot, {}, {sum: slot.sum ^ 1<<63, number: w.words.put([]byte("other"))}} {
			*slot = other
			w.number++
			var texts []string
			for _, n := range w.single(r, field).groups {
				texts = append(texts, string(w.words.text(n)))
			}
			if want := lowered(r.Field(field)); !slices.Equal(texts, want) {
				t.Errorf("%q is in groups %q, not %q", name, texts, want)
			}
		}
	}
}
