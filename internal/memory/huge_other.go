//go:build !linux

package memory

// huge is not asked for elsewhere.
func huge(_, _ uintptr) {}
