package rig

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/sim"
)

// noon is what the clock of tests says.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func testOptions(seed uint64) Options {
	return Options{Clock: func() time.Time { return noon }, Seed: seed}
}

// scene loads one of the project's scenarios, with n accounts; 0 is its own.
func scene(t testing.TB, name string, n int) *sim.Scenario {
	t.Helper()
	s, err := sim.Load(os.DirFS("../../scenarios"), name)
	if err == nil && n > 0 {
		s, err = s.WithAccounts(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func generated(t testing.TB, name string, n int, seed uint64) (*State, []Label) {
	t.Helper()
	s, labels, err := Generate(scene(t, name, n), testOptions(seed))
	if err != nil {
		t.Fatal(err)
	}
	return s, labels
}

// fingerprint is a hash over every object of every part.
func fingerprint(s *State) string {
	h := fnv.New128a()
	for _, part := range PartNames() {
		for at, o := range s.Primary().All(part) {
			_, _ = fmt.Fprintf(h, "%s %s %s\n", part, s.Primary().Owner(part, at), o) // a hash never returns an error
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestSameSeedSameTenant(t *testing.T) {
	one, labels := generated(t, "small-business", 0, 7)
	same, sameLabels := generated(t, "small-business", 0, 7)
	other, _ := generated(t, "small-business", 0, 8)
	if fingerprint(one) != fingerprint(same) || !slices.Equal(labels, sameLabels) {
		t.Error("the same scenario and seed gave two tenants")
	}
	if fingerprint(one) == fingerprint(other) {
		t.Error("two seeds gave the same tenant")
	}
}

func TestTenantsHaveTheirSize(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int
	}{{"small-business", 10}, {"small-business", 64}, {"small-business", 500}, {"no-p1", 48}, {"all-traps", 10}, {"all-traps", 300}, {"all-traps", 10000}} {
		s, labels := generated(t, test.name, test.n, 1)
		if got := s.Primary().Len(Users); got != test.n || len(labels) != test.n {
			t.Errorf("%s with %d accounts: %d users and %d labels", test.name, test.n, got, len(labels))
		}
	}
}

// Logs and tenant are made apart: they must name the same people.
func TestLogsNamePeopleOfTheTenant(t *testing.T) {
	s, _ := generated(t, "small-business", 0, 3)
	v, n := s.Primary(), 0
	for _, rec := range v.All(SignIns) {
		user, ok := v.Get(Users, rec.Text("userId"))
		if !ok {
			t.Fatalf("sign-in of an unknown account: %s", rec)
		}
		if guest := user.Text("userType") == "Guest"; !guest && !strings.EqualFold(user.Text("userPrincipalName"), rec.Text("userPrincipalName")) {
			t.Fatalf("sign-in as %q of %q", rec.Text("userPrincipalName"), user.Text("userPrincipalName"))
		}
		if at := rec.Text("createdDateTime"); at > noon.Format(time.RFC3339) {
			t.Fatalf("a sign-in at %s, and now is %s", at, noon)
		}
		n++
	}
	if n < 500 {
		t.Errorf("only %d sign-ins", n)
	}
}

// What signInActivity says, the log says too, as far as it reaches back.
func TestActivityStandsInTheLog(t *testing.T) {
	s, labels := generated(t, "all-traps", 2000, 5)
	v := s.Primary()
	last := map[string]string{}
	for _, rec := range v.All(SignIns) {
		status, _ := rec.Field("status")
		if code, _ := Object(status).Field("errorCode"); string(code) == "0" {
			last[rec.Text("userId")] = rec.Text("createdDateTime")
		}
	}
	since, checked := noon.AddDate(0, 0, -30).Format(time.RFC3339), 0
	for _, l := range labels {
		if l.Sort == "" || l.Kind == "person" || l.Kind == "guest" || l.Kind == "system" {
			continue
		}
		user, _ := v.Get(Users, l.ID)
		activity, _ := user.Field("signInActivity")
		if at := Object(activity).Text("lastSuccessfulSignInDateTime"); at > since || last[l.ID] != "" {
			checked++
			if at != last[l.ID] {
				t.Errorf("%s: the directory says %q, the log %q", l.Sort, at, last[l.ID])
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d accounts had a success", checked)
	}
}

// The label of an account must follow from the objects that a scan reads. This
// is the decision table once more, over the objects and nothing else.
func TestLabelsFollowFromTheObjects(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int
		seed uint64
	}{{"all-traps", 0, 11}, {"all-traps", 700, 12}, {"all-traps", 40, 13}, {"small-business", 0, 14}, {"small-business", 900, 15}, {"no-p1", 0, 16}, {"no-p1", 300, 17}, {"big", 2000, 18}} {
		name := test.name
		s, labels := generated(t, name, test.n, test.seed)
		j := newJudge(s)
		seen := map[string]int{}
		for _, l := range labels {
			verdict := j.verdict(l.ID)
			if verdict != l.Verdict {
				t.Errorf("%s: %s %q: label %q (%s), the objects say %q", name, l.Sort, l.UPN, l.Verdict, l.Reason, verdict)
			}
			seen[verdict]++
		}
		t.Logf("%s: %v", name, seen)
	}
}

// judge holds what TestLabelsFollowFromTheObjects looks up.
type judge struct {
	v        View
	boxes    map[string]Object // by account id
	roles    map[string]bool   // principals with a role, members of groups included
	activity bool
}

func newJudge(s *State) *judge {
	j := &judge{v: s.Primary(), boxes: map[string]Object{}, roles: map[string]bool{}, activity: s.licence != "none"}
	for _, box := range j.v.All(Mailboxes) {
		id := strings.ToLower(box.Text("ExternalDirectoryObjectId"))
		if user, ok := j.v.Get(Users, box.Text("UserPrincipalName")); ok && id == "" {
			id = user.Text("id")
		}
		j.boxes[id] = box
	}
	for _, part := range []string{RoleAssignments, RoleEligibilities} {
		for _, a := range j.v.All(part) {
			j.roles[a.Text("principalId")] = true
			group, _ := j.v.Get(Groups, a.Text("principalId"))
			for _, m := range group.Items("members") {
				j.roles[m.Text("id")] = true
			}
		}
	}
	return j
}

func (j *judge) verdict(id string) string {
	user, _ := j.v.Get(Users, id)
	box := j.boxes[id]
	kind := box.Text("RecipientTypeDetails")
	room := kind == "RoomMailbox" && slices.ContainsFunc(user.Items("assignedLicenses"), func(l Object) bool {
		return slices.Contains([]string{skuNamed("Microsoft_Teams_Rooms_Pro").id, skuNamed("Microsoft_Teams_Rooms_Basic").id}, l.Text("skuId"))
	})
	switch {
	case kind == "DiscoveryMailbox" || strings.HasPrefix(user.Text("userPrincipalName"), "Sync_"):
		return NotYours
	case kind == "FutureMailbox":
		return Hold
	case !slices.Contains([]string{"SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox"}, kind) && !user.True("isResourceAccount"):
		return ""
	case !user.True("accountEnabled"):
		return Blocked
	case room:
		return Exception
	case user.True("onPremisesSyncEnabled"):
		return OnPremises
	case j.roles[id] || j.person(user, box) || !j.activity || j.used(user):
		return Hold
	}
	return Block
}

func (j *judge) person(user, box Object) bool {
	manager, _ := user.Field("manager")
	changed, _ := time.Parse("2006-01-02T15:04:05-07:00", box.Text("WhenChanged"))
	converted := box.Text("PreviousRecipientTypeDetails") == "UserMailbox" && noon.Sub(changed) < 90*24*time.Hour
	return user.Text("employeeId") != "" || len(manager) > 0 || converted
}

func (j *judge) used(user Object) bool {
	activity, _ := user.Field("signInActivity")
	at, err := time.Parse(time.RFC3339, Object(activity).Text("lastSuccessfulSignInDateTime"))
	return err == nil && noon.Sub(at) < 90*24*time.Hour
}

// Logs reach back beyond what the directory retains, and hold the visits to
// mailboxes that no life tells of.
func TestLogsReachBack(t *testing.T) {
	s, labels := generated(t, "no-p1", 0, 1)
	id, seen := ofSort(t, labels, "used_shared").ID, 0
	var last time.Time
	for _, rec := range s.Logs(noon.AddDate(0, 0, -100)) {
		if rec.Time.Before(last) || rec.Time.After(noon) {
			t.Fatalf("a record of %s after one of %s", rec.Time, last)
		}
		last = rec.Time
		if Object(rec.JSON).Text("userId") == id {
			seen++
		}
	}
	if seen != 3 {
		t.Errorf("%d visits to the mailbox, want 3", seen)
	}
	if oldest := s.Primary().At(SignIns, 0).Text("createdDateTime"); oldest < noon.AddDate(0, 0, -7).Format(time.RFC3339) {
		t.Errorf("the directory shows a sign-in of %s", oldest)
	}
}

func TestUnknownSortIsRefused(t *testing.T) {
	s := scene(t, "small-business", 0)
	s.Directory = &sim.Directory{Licence: "p1", Objects: map[string]int{"forgotten_shred": 1}}
	_, _, err := Generate(s, testOptions(1))
	if err == nil || !strings.Contains(err.Error(), `"forgotten_shred"`) || !strings.Contains(err.Error(), "forgotten_shared") {
		t.Errorf("error is %v", err)
	}
}

func TestEverySortIsInAllTraps(t *testing.T) {
	s := scene(t, "all-traps", 0)
	for _, sort := range Sorts() {
		if s.Directory.Objects[sort[0]] == 0 {
			t.Errorf("no %s in all-traps", sort[0])
		}
		if sort[1] == "" {
			t.Errorf("nothing says what %s is", sort[0])
		}
	}
}

func TestTheReportOmitsDisabledUsers(t *testing.T) {
	s, _ := generated(t, "all-traps", 1000, 2)
	v, rows := s.Primary(), 0
	for _, row := range v.All(Registrations) {
		user, ok := v.Get(Users, row.Text("id"))
		if !ok || !user.True("accountEnabled") {
			t.Fatalf("a row of a disabled or unknown user: %s", row)
		}
		rows++
	}
	missing := 0
	for _, user := range v.All(Users) {
		if _, ok := v.Get(Registrations, user.Text("id")); !ok && user.True("accountEnabled") {
			missing++
		}
	}
	if rows == 0 || missing == 0 {
		t.Errorf("%d rows, %d enabled users without one", rows, missing)
	}
}

func BenchmarkGenerate(b *testing.B) {
	s := scene(b, "big", 200000)
	for b.Loop() {
		if _, _, err := Generate(s, testOptions(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListUsers(b *testing.B) {
	s, _ := generated(b, "big", 20000, 1)
	for b.Loop() {
		n := 0
		for _, o := range s.Primary().All(Users) {
			n += len(o)
		}
		b.ReportMetric(float64(n)/20000, "bytes/user")
	}
}
