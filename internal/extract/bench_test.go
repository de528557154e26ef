package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// benchRecord is a record of about 5 KB shaped like those of cloud logs: many
// short members, some nested lists that nobody reads.
func benchRecord(n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":"66ea54eb-6301-4ee5-be62-%012d","createdDateTime":"2026-05-01T16:03:35Z"`, n)
	for i := range 50 {
		fmt.Fprintf(&b, `,"propertyNumber%d":"some text of usual length %d"`, i, n+i)
	}
	b.WriteString(`,"status":{"errorCode":50126,"failureReason":"Invalid username or password.","additionalDetails":null}`)
	b.WriteString(`,"location":{"city":"Umeå","countryOrRegion":"SE","geo":{"latitude":63.8,"longitude":20.2}}`)
	b.WriteString(`,"policies":[`)
	for i := range 14 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%08d-0000-0000-0000-000000000000","displayName":"Policy %d","enforced":["Mfa","Block"],"result":"notApplied"}`, i, i)
	}
	b.WriteString(`],"details":[{"method":"Password","succeeded":true,"at":"2026-05-01T16:03:35Z"}]}`)
	return []byte(b.String())
}

// benchWants are 60 paths, most of them there.
func benchWants() []Want {
	wants := []Want{
		{Path: "id"}, {Path: "createdDateTime"}, {Path: "status.errorCode"}, {Path: "status.failureReason"},
		{Path: "location.city"}, {Path: "location.countryOrRegion"}, {Path: "location.geo.latitude"},
		{Path: "details", Whole: true}, {Path: "absent"}, {Path: "absent.too"},
	}
	for i := range 50 {
		path := fmt.Sprintf("propertyNumber%d", i)
		if i%2 == 1 {
			path = fmt.Sprintf("properties.number%d", i)
		}
		wants = append(wants, Want{Path: path})
	}
	return wants
}

func benchProjection(b *testing.B, read func(*Projection, []byte, *Row) error) {
	p, err := NewProjection(benchWants())
	if err != nil {
		b.Fatal(err)
	}
	row, rec := p.NewRow(), benchRecord(1)
	b.SetBytes(int64(len(rec)))
	b.ReportAllocs()
	for b.Loop() {
		if err := read(p, rec, row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFast(b *testing.B) { benchProjection(b, (*Projection).Fast) }

func BenchmarkStrict(b *testing.B) { benchProjection(b, (*Projection).Strict) }

func BenchmarkSplit(b *testing.B) {
	var lines [][]byte
	for i := range 2000 {
		lines = append(lines, benchRecord(i))
	}
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"lines", bytes.Join(lines, []byte("\n"))},
		{"array", []byte("[" + string(bytes.Join(lines, []byte(","))) + "]")},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				err := Split(b.Context(), bytes.NewReader(c.in), Limits{}, func(b *Batch) error {
					n += len(b.Items)
					b.Release()
					return nil
				})
				if err != nil || n != len(lines) {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkKernel is the search for structure alone.
func BenchmarkKernel(b *testing.B) {
	var in []byte
	for i := range 50 {
		in = append(append(in, benchRecord(i)...), '\n')
	}
	for _, k := range Kernels() {
		b.Run(k.String(), func(b *testing.B) {
			x := &index{kernel: k}
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				x.fit(len(in))
				x.extend(in, len(in))
			}
		})
	}
}
