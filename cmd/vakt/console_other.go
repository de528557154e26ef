//go:build !windows

package main

import "os"

// understandsEscapes says whether a terminal acts on escape sequences: outside
// Windows all do, save those that TERM calls dumb.
func understandsEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }
