package rule

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

func TestFieldref(t *testing.T) {
	f := func(item string, want Truth, pairs ...string) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), nil), rec(t, pairs...)); got != want {
			t.Errorf("%s on %q: %v, want %v", item, pairs, got, want)
		}
	}
	same := "account|fieldref: actor"
	f(same, True, "account=Anna", "actor=ANNA")
	f(same, False, "account=Anna", "actor=Bo")
	f(same, True, "account=a", "account=b", "actor=c", "actor=B")
	f(same, False, "account=a")
	f(same, False, "actor=a")
	f(same, False)
	f(same, Unknown, "account=?", "actor=a")
	f(same, Unknown, "account=a", "actor=?")
	f(same, Unknown, "account=?", "actor=?")
	f(same, False, "account=?")
	f(same, True, "account=", "actor=")
	f(same, True, "account=#1.0", "actor=#1")
	f(same, False, "account=1.0", "actor=#1")
	f("account|fieldref|cased: actor", False, "account=Anna", "actor=ANNA")
	f("account|fieldref|neq: actor", False, "account=a", "actor=a")
	f("account|fieldref|neq: actor", True, "account=a", "actor=b")
	f("account|fieldref|neq: actor", Unknown, "account=a", "actor=?")
	f("account|fieldref|startswith: actor", True, "account=anna@contoso.com", "actor=Anna")
	f("account|fieldref|startswith: actor", False, "account=xanna", "actor=anna")
	f("account|fieldref|endswith: domain", True, "account=anna@contoso.com", "domain=contoso.com")
	f("account|fieldref|contains: domain", True, "account=anna@contoso.com.x", "domain=contoso.com")
	f("account|fieldref|contains: domain", False, "account=anna", "domain=")
	f("account|fieldref: [actor, ip]", True, "account=a", "ip=a")
	f("account|fieldref|all: [actor, ip]", False, "account=a", "ip=a")
	f("account|fieldref|all: [actor, ip]", True, "account=a", "ip=a", "actor=a")
}

func TestFieldrefIsSeenAndBlind(t *testing.T) {
	set := mustCompile(t, one("account|fieldref: actor"), nil)
	want := []event.Field{id(t, "account"), id(t, "actor")}
	if c := set.Rules()[0]; !slices.Equal(c.Fields, want) {
		t.Errorf("reads %v, want %v", c.Fields, want)
	}
	if _, o := verdict(set, rec(t, "account=?", "actor=?")); !slices.Equal(o.Blind, want) {
		t.Errorf("blind to %v, want %v", o.Blind, want)
	}
	for _, lack := range []string{"account", "actor"} {
		fully, partly := set.Rules()[0].CanMatch(func(f event.Field) bool { return f != id(t, lack) })
		if fully || partly {
			t.Errorf("without %s: %v %v", lack, fully, partly)
		}
	}
	_, problems := Compile(mustParse(t, one("account|fieldref: resultt")), schema, nil)
	if len(problems) != 1 || problems[0].Line == 0 {
		t.Errorf("a field that is not there: %v", problems)
	}
}

func TestTimeParts(t *testing.T) {
	f := func(item, text string, want bool) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), nil), rec(t, "result="+text)); (got == True) != want {
			t.Errorf("%s on %s: %v, want %v", item, text, got, want)
		}
	}
	const at = "2026-03-05T07:08:09Z" // a Thursday
	f("result|minute: 8", at, true)
	f("result|hour: 7", at, true)
	f("result|hour: 7", "2026-03-05T09:08:09+02:00", true)
	f("result|hour: [6, 7]", at, true)
	f("result|hour|neq: 7", at, false)
	f("result|hour|neq: 7", "2026-03-05T08:00:00Z", true)
	f("result|hour|gte: 7", at, true)
	f("result|hour|gt: 7", at, false)
	f("result|lte|hour: 7", at, true)
	f("result|hour|lt: 7", at, false)
	f("result|day: 5", at, true)
	f("result|month: 3", at, true)
	f("result|year: 2026", at, true)
	f("result|year|gt: 2026", at, false)
	f("result|week: 10", at, true)
	f("result|week: 53", "2021-01-01T00:00:00Z", true)
	f("result|week: 1", "2024-12-30T00:00:00Z", true)
	f("result|hour: 7", "3/5/2026 7:08:09 AM", true)
	f("result|hour: 7", "7", false)
	f("result|hour: 7", "#7", false)
	f("result|hour: 7", "not a time", false)
	if got, _ := verdict(mustCompile(t, one("result|hour: 7"), nil), rec(t, "result=?")); got != Unknown {
		t.Errorf("an unknown time: %v", got)
	}
}

// The parts agree with those that the standard library formats.
func TestTimePartsAreThoseOfTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1<<32, 1<<33).Draw(t, "second"), 0).UTC()
		for part, layout := range map[string]string{"minute": "4", "hour": "15", "day": "2", "month": "1", "year": "2006"} {
			want, err := strconv.Atoi(at.Format(layout))
			if err != nil {
				t.Fatal(err)
			}
			if got := timePart(at.Unix(), part); got != want {
				t.Fatalf("%s of %s: %d, want %d", part, at, got, want)
			}
		}
		// The week is that of its Thursday.
		thursday := at.AddDate(0, 0, 3-(int(at.Weekday())+6)%7)
		if got, want := timePart(at.Unix(), "week"), (thursday.YearDay()-1)/7+1; got != want {
			t.Fatalf("week of %s: %d, want %d", at, got, want)
		}
	})
}

func TestPlaceholdersWithinText(t *testing.T) {
	baseline := fakeLists{lists: map[string]Expansion{
		"users":  {Items: []Item{{Value: "anna"}, {Value: "bo*", Until: 100}}},
		"homes":  list("contoso.com", "fabrikam.com"),
		"unread": {Unread: "needs --directory"},
		"none":   {Optional: true},
	}}
	f := func(item string, want Truth, pairs ...string) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), baseline), rec(t, pairs...)); got != want {
			t.Errorf("%s on %q: %v, want %v", item, pairs, got, want)
		}
	}
	f("result|expand: 'x-%users%@%homes%'", True, "result=X-Anna@fabrikam.com")
	f("result|expand: 'x-%users%@%homes%'", False, "result=anna@fabrikam.com")
	f("result|expand: '*-%users%@?%homes%'", True, "result=y-anna@9contoso.com")
	f("result|expand: '%users%@x'", True, "result=bo*@x", "time=99")
	f("result|expand: '%users%@x'", False, "result=bo*@x", "time=100")
	f("result|expand: '%users%@x'", False, "result=bob@x", "time=99")
	f("result|contains|expand: '\\%users%@'", True, "result=..\\anna@..")
	f("result|re|expand: '^%users%@[a-z]+$'", True, "result=anna@x")
	f("result|expand: '%unread%@x'", Unknown, "result=a@x")
	f("result|expand: '%none%@x'", False, "result=a@x")
	f("result|expand: ['%users%', plain]", True, "result=plain")
	f("result|expand|all|contains: ['%users%', '%homes%']", True, "result=anna@contoso.com")
	f("result|expand|all|contains: ['%users%', '%homes%']", False, "result=anna@example.com")
	f("result|expand|base64: '%users%'", True, "result=YW5uYQ==")
	f("result|expand|base64offset|contains: '%users%'", True, "result=xxFubm")
	text := mustCompile(t, one("result|expand: 'x-%users%'"), baseline).Rules()[0].Explain()
	if want := `"x-%users%" (the baseline lists users: "anna", "bo*" until 1970-01-01T00:01:40Z)`; !strings.Contains(text, want) {
		t.Errorf("%s\nlacks %s", text, want)
	}
}

func TestKeywordModifiers(t *testing.T) {
	f := func(item, text string, want bool) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), nil), rec(t, "text="+text)); (got == True) != want {
			t.Errorf("%s on %q: %v", item, text, got)
		}
	}
	f("'|re': '^ab+$'", "abbb", true)
	f("'|re': '^ab+$'", "xabbb", false)
	f("'|re|i': '^AB+$'", "abbb", true)
	f("'|contains': [bb]", "abbb", true)
	f("'|windash': [' -x']", "a /x", true)
	f("'|base64offset': [secret]", "eHhzZWNyZXR4", true)
	f("'|neq': [bb]", "abbb", false)
	f("'|neq': [zz]", "abbb", true)
}
