package event_test

import (
	"testing"
	"time"

	"vakt/internal/event"
)

func TestParseTime(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := "refused"
		if seconds, ok := event.ParseTime([]byte(in)); ok {
			got = time.Unix(seconds, 0).UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("ParseTime(%q) = %s, want %s", in, got, want)
		}
	}
	const want = "2024-03-05T19:08:09Z"
	f("2024-03-05T19:08:09Z", want)
	f("2024-03-05T19:08:09", want)
	f("2024-03-05 19:08:09", want)
	f("2024-03-05T19:08:09.1234567Z", want)
	f("2024-03-05T19:08:09.123456789+00:00", want)
	f("2024-03-05T21:08:09+02:00", want)
	f("2024-03-05T13:38:09-0530", want)
	f("2024-03-05T19:08:09.0000000Z ", want)
	f("2024-03-05T7:08:09.120Z", "2024-03-05T07:08:09Z")
	f("3/5/2024 7:08:09 PM", want)
	f("03/05/2024 07:08:09 pm", want)
	f("3/5/2024, 7:08:09.123 PM", want)
	f("3/5/2024 19:08:09", want)
	f("3/5/2024 7:08:09 PM +00:00", want)
	f("3/5/2024 12:08:09 AM", "2024-03-05T00:08:09Z")
	f("/Date(1709665689000)/", want)
	f(`\/Date(1709665689123)\/`, want)

	for _, bad := range []string{
		"", " ", "2023-10-10T17:08:65", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z", "13/5/2024 7:08:09 PM", "2024-03-05", "2024-03-05T25:00:00Z",
		"2024-03-05T19:08:09Zjunk", "2024-03-05T19:08:09+99:00", "3/5/2024 13:08:09 AM", "2024-03-05T19:08:09.", "yesterday", "1709665689", "/Date()/", "/Date(12",
		"2024-03-05T19:08:09.1234567890Z", "0000-01-01T00:00:00Z",
	} {
		f(bad, "refused")
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2024-03-05T19:08:09.1Z", "3/5/2024, 7:08:09.123 PM", "/Date(1)/", "2024-03-05 1:02:03 +0130"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		seconds, ok := event.ParseTime(text)
		if !ok {
			return
		}
		round := time.Unix(seconds, 0).UTC().Format(time.RFC3339)
		if again, ok := event.ParseTime([]byte(round)); ok && again != seconds {
			t.Fatalf("%q is %d, but %q is %d", text, seconds, round, again)
		}
	})
}

func TestParseAddress(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := "refused"
		if a, ok := event.ParseAddress([]byte(in)); ok {
			got = a.String()
		}
		if got != want {
			t.Errorf("ParseAddress(%q) = %s, want %s", in, got, want)
		}
	}
	f("192.0.2.7", "192.0.2.7")
	f("192.0.2.7:49155", "192.0.2.7")
	f("[192.0.2.7]:49155", "192.0.2.7")
	f("[192.0.2.7]", "192.0.2.7")
	f("::ffff:192.0.2.7", "192.0.2.7")
	f("2001:db8::1", "2001:db8::1")
	f("[2001:DB8::1]", "2001:db8::1")
	f("[2001:db8::1]:443", "2001:db8::1")
	f("fe80::1%eth0", "fe80::1")
	for _, bad := range []string{"", "123.456.7.89", "localhost", "host.example.com:443", "<invited-user-ip>", "192.0.2.7:port"} {
		f(bad, "refused")
	}
}
