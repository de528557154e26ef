package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// startPercent is how much garbage may gather while a run is prepared, in
// hundredths of what is in use and of no less than 4 MB.
const startPercent = 400

// Patience keeps the garbage collector waiting while rules are loaded and
// compiled: most of what is made then stays, and each of its rounds takes
// about as long as to read all rules. It is over when the function returned has
// been called, which may be called again, and the collector has made a round:
// until then at most 16 MB are in use, and a run over a few records ends before
// it would be worth its while. As it concerns the whole process, it is for the
// beginning of a command. Whoever sets GOGC knows better.
func Patience() (over func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(startPercent)
	var awaited atomic.Int32
	awaited.Store(2)
	came := func() {
		if awaited.Add(-1) == 0 {
			debug.SetGCPercent(before)
		}
	}
	runtime.AddCleanup(new([4]uintptr), func(func()) { came() }, nil) // the first round finds it
	return sync.OnceFunc(came)
}
