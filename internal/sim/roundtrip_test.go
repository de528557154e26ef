package sim

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// gist is what must be the same of a record in every shape.
type gist struct {
	id, code, name string
	at             time.Time // whole seconds
}

// decoded is a JSON object as encoding/json reads it.
type decoded = map[string]any

func at(t *testing.T, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if when, err := time.Parse(layout, text); err == nil {
			return when.UTC().Truncate(time.Second)
		}
	}
	t.Fatalf("no time: %q", text)
	return time.Time{}
}

// dig follows keys into objects, and into JSON text that holds objects.
func dig(value any, path ...string) any {
	for _, key := range path {
		if text, ok := value.(string); ok && (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) {
			value = nil
			_ = json.Unmarshal([]byte(text), &value) // broken text digs up nothing
		}
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		o, _ := value.(decoded)
		value = o[key]
	}
	return value
}

func word(value any, path ...string) string {
	switch v := dig(value, path...).(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprint(v)
	}
}

// gistOf reads a row of a shape on its own.
func gistOf(t *testing.T, shape Shape, row decoded) gist {
	t.Helper()
	switch shape {
	case AzureMonitor:
		g := gistOfGraph(t, asObject(row["properties"]))
		if code := word(row, "resultType"); code != "" && code != g.code {
			t.Errorf("resultType %q beside %q", code, g.code)
		}
		return g
	case LogAnalytics:
		return gistOfRow(t, row)
	case ManagementActivity, AuditLogRecord, UnifiedExport:
		for _, key := range []string{"auditData", "AuditData"} {
			if row[key] != nil {
				row = decoded{"d": row[key]}
				return gist{id: word(row, "d", "Id"), code: word(row, "d", "Operation"), at: at(t, word(row, "d", "CreationTime"))}
			}
		}
		return gist{id: word(row, "Id"), code: word(row, "Operation"), at: at(t, word(row, "CreationTime"))}
	}
	return gistOfGraph(t, row)
}

func gistOfGraph(t *testing.T, o decoded) gist {
	when := word(o, "createdDateTime") + word(o, "activityDateTime")
	code := word(o, "status", "errorCode") + word(o, "riskEventType") + word(o, "activityDisplayName")
	return gist{word(o, "id"), code, word(o, "userDisplayName") + word(o, "targetResources", "displayName"), at(t, when)}
}

func gistOfRow(t *testing.T, o decoded) gist {
	when := word(o, "CreatedDateTime") + word(o, "ActivityDateTime")
	code := word(o, "ResultType") + word(o, "RiskEventType") + word(o, "ActivityDisplayName")
	if inner := word(o, "Status", "errorCode"); inner != "" && inner != word(o, "ResultType") {
		t.Errorf("ResultType %q beside %q", word(o, "ResultType"), inner)
	}
	return gist{word(o, "Id"), code, word(o, "UserDisplayName") + word(o, "TargetResources", "displayName"), at(t, when)}
}

// expected is the gist of a record that was generated.
func expected(t *testing.T, shape Shape, rec Record) gist {
	t.Helper()
	var o decoded
	decode(t, rec, &o)
	if rec.Log == Unified {
		return gistOf(t, ManagementActivity, o)
	}
	g := gistOfGraph(t, o)
	if shape.Carries(Unified) {
		return expectedUnified(rec, g)
	}
	return g
}

// expectedUnified is the gist of an audit or a sign-in in the unified log.
func expectedUnified(rec Record, g gist) gist {
	switch {
	case rec.Log == Audit:
		return gist{id: unifiedID(g.id), code: g.code + ".", at: g.at}
	case g.code == "0":
		return gist{id: g.id, code: "UserLoggedIn", at: g.at}
	}
	return gist{id: unifiedID(g.id), code: "UserLoginFailed", at: g.at}
}

// unpack reads the rows out of a container with encoding/json alone.
func unpack(t *testing.T, container Container, data []byte) []decoded {
	t.Helper()
	var rows []decoded
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var value any
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			t.Fatalf("%s: %v", container, err)
		}
		switch container {
		case Object, Lines:
			rows = append(rows, asObject(value))
		case Array, Pretty:
			rows = append(rows, objects(value)...)
		case Page:
			rows = append(rows, objects(asObject(value)["value"])...)
		case Records, EventHub:
			rows = append(rows, objects(asObject(value)["records"])...)
		case Table:
			for _, table := range objects(asObject(value)["tables"]) {
				rows = append(rows, cells(table)...)
			}
		}
	}
}

func objects(list any) []decoded {
	var all []decoded
	for _, e := range asList(list) {
		all = append(all, asObject(e))
	}
	return all
}

func cells(table decoded) []decoded {
	var all []decoded
	columns := objects(table["columns"])
	for _, row := range asList(table["rows"]) {
		o := decoded{}
		for i, cell := range asList(row) {
			o[word(columns[i], "name")] = cell
		}
		all = append(all, o)
	}
	return all
}

func expand(t *testing.T, how Compression, data []byte) []byte {
	t.Helper()
	var r io.Reader
	var err error
	switch how {
	case Gzip:
		r, err = gzip.NewReader(bytes.NewReader(data))
	case Zstd:
		r, err = zstd.NewReader(bytes.NewReader(data))
	case Zip:
		var archive *zip.Reader
		if archive, err = zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			if len(archive.File) != 1 || archive.File[0].Name != "logs/a.json" {
				t.Fatalf("members of the zip: %v", archive.File)
			}
			r, err = archive.File[0].Open()
		}
	default:
		return data
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryShapeAndContainerTellsTheSame renders records every way and reads
// them back: the same records, ids, times, codes and names, hostile ones too.
func TestEveryShapeAndContainerTellsTheSame(t *testing.T) {
	t.Parallel()
	records := samples(t)
	for _, shape := range jsonShapes() {
		var want []gist
		for _, rec := range records {
			if shape.Carries(rec.Log) {
				want = append(want, expected(t, shape, rec))
			}
		}
		if !shape.Carries(SignIn) && !shape.Carries(Unified) {
			continue // no scenario has Azure activity: see TestActivityForms
		}
		if len(want) < 20 {
			t.Fatalf("only %d records to render as %s", len(want), shape)
		}
		for _, container := range Containers(shape) {
			want := slices.Clone(want)
			var got []gist
			for _, row := range unpack(t, container, render(t, shape, container, records, Options{PageSize: 7})) {
				got = append(got, gistOf(t, shape, row))
			}
			if container == Table { // one table a log: another order
				sortGists(got)
				sortGists(want)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(gist{})); diff != "" {
				t.Errorf("%s as %s (-want +got):\n%.2000s", shape, container, diff)
			}
		}
	}
}

// jsonShapes are the shapes that are not CSV.
func jsonShapes() []Shape {
	return slices.DeleteFunc(Shapes(), func(s Shape) bool { return slices.Contains(Containers(s), CSV) })
}

// sameFile leaves the records that go to the same file as the first one that
// the shape carries.
func sameFile(shape Shape, records []Record) []Record {
	var same []Record
	for _, rec := range records {
		if shape.Carries(rec.Log) && (len(same) == 0 || fileOf(shape, rec) == fileOf(shape, same[0])) {
			same = append(same, rec)
		}
	}
	return same
}

func TestCompressionsHoldTheSameAndAreReproducible(t *testing.T) {
	t.Parallel()
	all := samples(t)
	for _, shape := range Shapes() {
		records := sameFile(shape, all)
		records = records[:min(4, len(records))] // a scenario has no Azure activity
		for _, container := range Containers(shape) {
			plain := render(t, shape, container, records, Options{})
			for _, how := range []Compression{Gzip, Zstd, Zip} {
				opts := Options{Compression: how, Member: "logs/a.json"}
				packed := render(t, shape, container, records, opts)
				if !bytes.Equal(packed, render(t, shape, container, records, opts)) {
					t.Errorf("%s as %s, %s: not the same bytes twice", shape, container, how)
				}
				if !bytes.Equal(expand(t, how, packed), plain) {
					t.Errorf("%s as %s, %s: not the same content", shape, container, how)
				}
			}
		}
	}
}

func sortGists(all []gist) {
	slices.SortFunc(all, func(a, b gist) int { return strings.Compare(a.id, b.id) })
}

// TestHostileNamesSurvive looks for each hostile name in every shape that has
// room for it.
func TestHostileNamesSurvive(t *testing.T) {
	for _, name := range hostileNames {
		who := quoted(name)
		signIn := Record{Log: SignIn, JSON: []byte(`{"id":"1","createdDateTime":"2026-03-05T19:08:09Z","isInteractive":false,"userDisplayName":` + who + `,"deviceDetail":{"displayName":` + who + `}}`)}
		audit := Record{Log: Audit, JSON: []byte(`{"id":"1","activityDateTime":"2026-03-05T19:08:09Z","targetResources":[{"displayName":` + who + `}]}`)}
		for shape, path := range map[Shape][]string{
			GraphBeta: {"deviceDetail", "displayName"}, GraphV1: {"userDisplayName"}, PortalJSON: {"userDisplayName"},
			AzureMonitor: {"properties", "deviceDetail", "displayName"}, LogAnalytics: {"DeviceDetail", "displayName"},
		} {
			if got := word(renderedOne(t, shape, signIn), path...); got != name {
				t.Errorf("%s: %q became %q", shape, name, got)
			}
		}
		for shape, path := range map[Shape][]string{
			ManagementActivity: {"Target", "ID"}, AuditLogRecord: {"auditData", "Target", "ID"}, UnifiedExport: {"AuditData", "Target", "ID"},
		} {
			if got := word(renderedOne(t, shape, audit), path...); got != name {
				t.Errorf("%s: %q became %q", shape, name, got)
			}
		}
	}
}

func renderedOne(t *testing.T, shape Shape, rec Record) decoded {
	t.Helper()
	rows, err := RenderOne(shape, rec, Options{})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %d rows, %v", shape, len(rows), err)
	}
	var o decoded
	if err := json.Unmarshal(rows[0], &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// asObject is a decoded value as an object; nil where it is none.
func asObject(v any) decoded {
	o, _ := v.(decoded)
	return o
}

// asList is a decoded value as a list; nil where it is none.
func asList(v any) []any {
	l, _ := v.([]any)
	return l
}
