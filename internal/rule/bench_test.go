package rule

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/event"
)

// benchRules makes n rules of mixed kinds, most of which share fields and some
// of which share predicates, as real rules do.
func benchRules(b *testing.B, n int) *Set {
	var text strings.Builder
	for i := range n {
		detection := []string{
			fmt.Sprintf("s:\n  result: [%d, 50126]\n  app: app%d\ncondition: s\n", 50000+i, i),
			fmt.Sprintf("s:\n  app|contains: [word%d, other%d]\nf:\n  result: 0\ncondition: s and not f\n", i, i),
			fmt.Sprintf("s:\n  result: 0\n  ip|cidr: 198.51.%d.0/24\ncondition: s\n", i%256),
			fmt.Sprintf("s_one:\n  country: X%d\ns_two:\n  actor|endswith: '@team%d.example.com'\ncondition: 1 of s_*\n", i, i),
			fmt.Sprintf("s:\n  account|re: '^svc-%d-[0-9]+'\n  result: 0\ncondition: s\n", i),
		}[i%5]
		fmt.Fprintf(&text, "---\nname: rule-%d\n%s", i, plain(detection))
	}
	return mustCompile(b, text.String(), nil)
}

// BenchmarkMatch is one record against more and more rules, of which none
// matches.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 200, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := benchRules(b, n).NewMatcher()
			var out []Outcome
			records := benchRecords(b)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				out = m.Match(records[i%len(records)], event.Risk, out[:0])
			}
			if len(out) != 0 {
				b.Fatalf("%d outcomes", len(out))
			}
		})
	}
}

// benchRecords are sign-ins of many accounts from many addresses, more than a
// matcher remembers.
func benchRecords(b *testing.B) []*quietRecord {
	records := make([]*quietRecord, 10_000)
	for i := range records {
		who := i * i % 2003 // some come more often than others
		records[i] = (*quietRecord)(rec(b, fmt.Sprintf("result=#%d", 50126*(i%2)), "app=Office 365 Exchange Online", fmt.Sprintf("ip=192.0.2.%d", i%256),
			"country=SE", fmt.Sprintf("actor=Anna.Berg%d@contoso.example.com", who), fmt.Sprintf("account=%08d-2222-3333-4444-555555555555", who)).expose())
	}
	return records
}
