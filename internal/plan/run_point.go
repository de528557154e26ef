package plan

import "slices"

// The calls to a tenant, between which and the rows of the journal a run can
// break off.
const (
	callOpen   = "open"   // the token that writes
	callFresh  = "fresh"  // the read before a write
	callWrite  = "write"  // the write itself
	callVerify = "verify" // the reads after it
	callSettle = "settle" // the reads that tell what became of a write that nobody answered
)

// pointCalls and pointPhases are what a run does that leaves a trace.
var (
	pointCalls  = []string{callOpen, callFresh, callWrite, callVerify, callSettle}
	pointPhases = []Phase{
		Started, Resumed, Intent, Acked, Rejected, Unsettled, Ineffective, Verified, Diverged, Drifted, Gone, Denied, Protected, Left, Undone, Stopped, Finished,
	}
)

// Points are the names of every place at which a run can break off so that it
// matters: before and after each call to the tenant, and before and after each
// row of the journal. Deps.Point is told of them as they are passed.
//
// "call.write.before" lies between the intent, which is on the disk, and the
// first byte of the request; between it and "call.write.after" the tenant may
// have done what was asked.
func Points() []string {
	var names []string
	for _, c := range pointCalls {
		names = append(names, "call."+c+".before", "call."+c+".after")
	}
	for _, p := range pointPhases {
		names = append(names, "journal."+string(p)+".before", "journal."+string(p)+".after")
	}
	return slices.Clip(names)
}
