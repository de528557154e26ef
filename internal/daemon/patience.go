package daemon

import (
	"os"
	"runtime/debug"
	"sync"
)

// startPercent is how much garbage may gather while a run is prepared, in
// hundredths of what is in use and of no less than 4 MB.
const startPercent = 400

// Patience keeps the garbage collector waiting while rules are loaded and
// compiled: most of what is made then stays, and each of its rounds takes
// about as long as to read all rules. It is over when the function returned is
// called, which may be called again. As it concerns the whole process, it is
// for the beginning of a command. Whoever sets GOGC knows better.
func Patience() (over func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(startPercent)
	return sync.OnceFunc(func() { debug.SetGCPercent(before) })
}
