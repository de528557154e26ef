package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsEscapes asks the Windows console to act on escape sequences, and
// says whether it does. Old consoles, and cmd.exe by default, print them.
func understandsEscapes(f *os.File) bool {
	handle := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(handle, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
