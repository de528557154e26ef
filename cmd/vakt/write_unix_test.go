//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe, as a device, is written to and stays what it is.
func TestWriteWholeReplacesNoPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		data, err := os.ReadFile(pipe)
		if err != nil {
			data = []byte(err.Error())
		}
		read <- string(data)
	}()
	err := writeWhole(pipe, func(w io.Writer) error { _, err := io.WriteString(w, "the ledger"); return err })
	info, after := os.Lstat(pipe)
	if err != nil || after != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("writing gives %v; then the pipe is %v (%v)", err, info, after)
	}
	if got := <-read; got != "the ledger" {
		t.Errorf("the reader got %q", got)
	}
}
