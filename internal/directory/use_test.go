package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/directory"
)

func TestAttemptIsNotUse(t *testing.T) {
	now := day(2026, 4, 1)
	since := now.AddDate(0, 0, -90)
	f := func(activity directory.Fact[directory.Activity], want string, records ...directory.Record) {
		t.Helper()
		s := &directory.Snapshot{Accounts: []directory.Account{{ID: "a", UPN: "Info@contoso.com", Activity: activity}}}
		e := directory.NewEvidence()
		for _, r := range records {
			e.Add(r)
		}
		s.Use(e)
		got := s.UsedSince(&s.Accounts[0], since, now)
		text := "?" + got.Why
		if got.Known {
			text = map[bool]string{true: "used", false: "idle"}[got.Value]
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%v %v: %q, want %q", activity, records, text, want)
		}
	}
	recent, old := now.AddDate(0, 0, -89), now.AddDate(0, 0, -91)
	f(directory.Known(directory.Activity{LastSuccess: recent}), "used")
	f(directory.Known(directory.Activity{LastSuccess: since}), "used")
	f(directory.Known(directory.Activity{LastSuccess: old, LastAttempt: recent, LastNonInteractive: recent}), "idle")
	f(directory.Known(directory.Activity{}), "idle")
	unread := directory.Unknown[directory.Activity]("no P1")
	f(unread, "?no P1; no logs were given")
	f(directory.Fact[directory.Activity]{Value: directory.Activity{LastAttempt: old}, Why: "no successes"}, "idle")
	f(directory.Fact[directory.Activity]{Value: directory.Activity{LastAttempt: recent}, Why: "no successes"}, "?no successes")
	record := func(log, what string, at time.Time) directory.Record {
		return directory.Record{Log: log, Account: "INFO@contoso.com", Time: at, What: what}
	}
	edge := func(log string, at time.Time) directory.Record { return directory.Record{Log: log, Time: at} }
	f(unread, "used", record("interactive", directory.UseSMTP, recent))
	f(directory.Known(directory.Activity{}), "used", record("unified", directory.UseOwner, recent)) // the directory lags
	f(unread, "?no P1; the unified log reaches from 2026-01-02", record("unified", directory.UseRefused, recent), edge("unified", now))
	f(unread, "idle", record("unified", directory.UseRefused, recent), edge("unified", now), edge("unified", old))
	f(unread, "?no P1; the logs given show one sort", edge("interactive", now), edge("interactive", old))
	f(unread, "idle", edge("interactive", now), edge("interactive", old), edge("noninteractive", now), edge("noninteractive", old))
	f(unread, "?no P1; the unified log reaches from 2025-12-31 to 2026-01-02", edge("unified", old), edge("unified", recent)) // it ends too early
}

func TestUseOf(t *testing.T) {
	f := func(log, client, code, want string) {
		t.Helper()
		if got, _ := directory.UseOf(log, client, code); got != want {
			t.Errorf("%s %s %s: %s, want %s", log, client, code, got, want)
		}
	}
	f(directory.LogInteractive, "Browser", "0", directory.UseSignIn)
	f(directory.LogNonInteractive, "Mobile Apps and Desktop clients", "0", directory.UseNonInteractive)
	f(directory.LogNonInteractive, "Authenticated SMTP", "0", directory.UseSMTP)
	f(directory.LogInteractive, "IMAP4", "0", directory.UseLegacy)
	f(directory.LogInteractive, "Authenticated SMTP", "50126", directory.UseRefused)
	f(directory.LogInteractive, "Browser", "50057", directory.UseDisabled)
}

// The order of records, and how they are spread over several readings, changes
// nothing.
func TestEvidenceInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOf(rapid.Custom(func(t *rapid.T) directory.Record {
			return directory.Record{
				Log:     rapid.SampledFrom([]string{"interactive", "unified"}).Draw(t, "log"),
				Account: rapid.SampledFrom([]string{"a", "B", "info@contoso.com", ""}).Draw(t, "account"),
				Time:    day(2026, 1, rapid.IntRange(1, 28).Draw(t, "day")),
				What:    rapid.SampledFrom([]string{directory.UseSignIn, directory.UseRefused, ""}).Draw(t, "what"),
				Client:  rapid.SampledFrom([]string{"x", "y"}).Draw(t, "client"),
			}
		})).Draw(t, "records")
		result := func(parts ...[]directory.Record) *directory.Snapshot {
			s := &directory.Snapshot{Accounts: []directory.Account{{ID: "a", UPN: "info@contoso.com"}, {ID: "b", UPN: "b@contoso.com"}}}
			for _, part := range parts {
				e := directory.NewEvidence()
				for _, r := range part {
					e.Add(r)
				}
				s.Use(e)
			}
			return s
		}
		cut := rapid.IntRange(0, len(records)).Draw(t, "cut")
		other := rapid.Permutation(records).Draw(t, "order")
		if diff := cmp.Diff(result(records), result(other[:cut], other[cut:]), bare); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Logs of Exchange call a mailbox by any of its names. One that two mailboxes
// have, or none, shows that somebody's conversion is not known.
func TestLogsCallMailboxesByOtherNames(t *testing.T) {
	f := func(name, want string, unresolved int) {
		t.Helper()
		s := load(t, map[string]string{
			"users.json": `[{"id":"a","userPrincipalName":"info@contoso.com"},{"id":"b","userPrincipalName":"anna@contoso.com"}]`,
			"mailboxes.json": `[{"ExternalDirectoryObjectId":"A","Alias":"info","Name":"Info","Guid":"G-1","DistinguishedName":"CN=Info,DC=x","PrimarySmtpAddress":"hello@contoso.com","RecipientTypeDetails":"SharedMailbox"},
				{"ExternalDirectoryObjectId":"b","Alias":"anna","Name":"Twin","PrimarySmtpAddress":"anna@contoso.com","RecipientTypeDetails":"UserMailbox"},
				{"ExternalDirectoryObjectId":"gone","Alias":"orphan","Name":"Twin","RecipientTypeDetails":"SharedMailbox"}]`,
		})
		e := directory.NewEvidence()
		e.Add(directory.Record{Log: directory.LogUnified, Account: name, Time: noon, What: directory.UseConverted})
		s.Use(e)
		got := ""
		for _, a := range s.Accounts {
			if len(a.Use) > 0 {
				got += a.ID
			}
		}
		if got != want || s.Unresolved != unresolved {
			t.Errorf("%s: account %q and %d unresolved, want %q and %d", name, got, s.Unresolved, want, unresolved)
		}
	}
	for _, name := range []string{"A", "Info", "g-1", "cn=info,dc=x", "hello@contoso.com", "INFO@contoso.com"} {
		f(name, "a", 0)
	}
	f("anna", "b", 0)
	f("orphan", "", 0) // known, and nobody's
	f("Twin", "", 1)
	f("stranger", "", 1)
}
