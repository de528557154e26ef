// Package source is where events come from. It begins with files: it walks
// folders, opens archives, inflates and splits, and hands over batches of
// records, one input after the other. It keeps the coverage ledger, in which
// every record of every input is accounted for.
//
// It does not look inside a record, save at the dates of CSV (dates.go): what a record is and whether it is in
// scope is said by whoever takes the batches.
package source

import "strconv"

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
