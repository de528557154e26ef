//go:build unix

package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// ownPeak is the most memory that this process has had at once, in bytes; 0
// where the system does not tell. What Linux tells of a process that has ended
// is no less than what the process that started it had, as both are one until
// the new one runs its program: a bench that made a large input would make every
// way look as large.
func ownPeak() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			if err != nil {
				return 0
			}
			return kb * 1024
		}
	}
	return 0
}

// peakOf is what a process that has ended had, in bytes: what it says itself,
// or else what the system tells.
func peakOf(said float64, usage *syscall.Rusage) float64 {
	if said > 0 {
		return said
	}
	return float64(usage.Maxrss) * rssUnit()
}

// rssUnit is what Maxrss counts: kilobytes, on macOS bytes.
func rssUnit() float64 {
	if runtime.GOOS == "darwin" {
		return 1
	}
	return 1024
}
