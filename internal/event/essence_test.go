package event_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
	"vakt/internal/sim"
)

// told is what an alert shows of a record.
type told struct {
	ID       string
	Attempt  event.Key
	Updated  int64
	Entities []event.Entity
}

func tell(r *event.Record) told {
	return told{string(r.ID()), r.Attempt(), r.Updated(), r.Entities()}
}

// TestEssenceTellsTheSame compares each record of a day, in every shape that
// has essences, with what its essence says of it.
func TestEssenceTellsTheSame(t *testing.T) {
	s, err := sim.Load(os.DirFS("../../scenarios"), "first-look")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := event.NewSchema().Layout()
	if err != nil {
		t.Fatal(err)
	}
	var r, revived event.Record
	for _, shape := range []sim.Shape{sim.GraphV1, sim.GraphBeta, sim.AzureMonitor, sim.LogAnalytics} {
		compared := 0
		for rec := range s.Generate(1) {
			lines, err := sim.RenderOne(shape, rec, sim.Options{})
			if err != nil {
				continue // the shape does not carry the log
			}
			for _, line := range lines {
				compared += compareEssence(t, layout, line, &r, &revived)
			}
		}
		if compared < 50 {
			t.Errorf("%v: only %d records have an essence", shape, compared)
		}
	}
	// What is rare: ids in capitals, null or no text, escapes, another request.
	for _, line := range []string{
		`{"id":"ABCDEF01-0000-0000-0000-000000000001","createdDateTime":"2026-03-02T00:00:13Z","userId":"ABCDEF01-0000-0000-0000-000000000002","userPrincipalName":"Ann@contoso.com","appId":null,"ipAddress":"::ffff:192.0.2.1","status":{"errorCode":0}}`,
		`{"id":"a","createdDateTime":"2026-03-02T00:00:13Z","originalRequestId":"b","userId":"00000000-0000-0000-0000-000000000000","userPrincipalName":"\u0041nn@contoso.com","appDisplayName":"a \"b\"","appId":"a","status":{"errorCode":0}}`,
		`{"id":null,"createdDateTime":"2026-03-02T00:00:13Z","originalRequestId":"abcdef01-0000-0000-0000-000000000001","userId":"","userPrincipalName":"ann@contoso.com","appId":"a","ipAddress":"192.0.2.1","conditionalAccessStatus":"success","deviceDetail":{"deviceId":"","displayName":"PC"},"status":{"errorCode":0}}`,
	} {
		if compareEssence(t, layout, []byte(line), &r, &revived) == 0 {
			t.Errorf("no essence: %s", line)
		}
	}
}

// compareEssence returns how many records had one.
func compareEssence(t *testing.T, layout *event.Layout, line []byte, r, revived *event.Record) int {
	t.Helper()
	if err := layout.Read(line, r); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if r.Logs() == event.NoLog || r.Check() != nil {
		return 0
	}
	essence, ok := r.AppendEssence(nil)
	if !ok {
		return 0
	}
	revived.Revive(layout, r.Shape(), r.Logs(), r.Key(), essence)
	if diff := cmp.Diff(tell(r), tell(revived)); diff != "" {
		t.Fatalf("the essence tells otherwise (-record +essence):\n%s\n%s", diff, line)
	}
	return 1
}
