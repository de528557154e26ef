package event

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalAddress(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := isIPv4([]byte(text)) || isIPv6([]byte(text)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	f("192.0.2.7", true)
	f("0.0.0.0", true)
	f("255.255.255.255", true)
	f("192.0.2.256", false)
	f("192.0.2.07", false)
	f("192.0.2", false)
	f("192.0.2.", false)
	f("192.0.2.7.1", false)
	f("192.0.2.7:443", false)
	f("2001:db8::7", true)
	f("2001:db8::", true)
	f("2001:db8:1:2:3:4:5:6", true)
	f("2001:db8:1:2:3:4::", true)
	f("2001:db8:1:2:3:4:5::", false)
	f("2001:db8:", false)
	f("2001:db8:::1", false)
	f("2001:db8::1::2", false)
	f("2001:DB8::7", false)
	f("2001:0db8::7", false)
	f("2001:db8::0", false)
	f("2001:db81f::", false)
	f("::1", false)
	f("::ffff:c000:207", false)
	f("2001:db8::7%eth0", false)
	f("", false)
	f("::", false)
}

// What is said to be in its one form is an address, and that is its form; and
// most addresses are found to be.
func TestCanonicalAddressIsWhatIsWritten(t *testing.T) {
	text := rapid.OneOf(
		rapid.StringMatching(`[0-9a-f:]{0,24}`),
		rapid.StringMatching(`([0-9a-f]{1,4}:){1,7}:?[0-9a-f]{0,4}`),
		rapid.StringMatching(`([0-9]{1,3}\.){2,4}[0-9]{0,3}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		checkCanonical(t, text.Draw(t, "text"))
		var bytes [16]byte
		for i := range bytes {
			bytes[i] = byte(rapid.IntRange(1, 255).Draw(t, "byte"))
		}
		written := netip.AddrFrom16(bytes).Unmap().String()
		if short := netip.AddrFrom4([4]byte(bytes[:4])).String(); !isIPv6([]byte(written)) || !isIPv4([]byte(short)) {
			t.Fatalf("%s or %s is not seen to be in its one form", written, short)
		}
	})
}

func FuzzCanonicalAddress(f *testing.F) {
	for _, seed := range []string{"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "2001:db8::", "1:2:3:4:5:6:7:8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkCanonical(t, text) })
}

func checkCanonical(t interface{ Fatalf(string, ...any) }, text string) {
	if !isIPv4([]byte(text)) && !isIPv6([]byte(text)) {
		return
	}
	if a, ok := ParseAddress([]byte(text)); !ok || a.String() != text {
		t.Fatalf("%q is said to be in the form of %v (%t)", text, a, ok)
	}
}
