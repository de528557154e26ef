package main

import (
	"bytes"
	"compress/gzip"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// compress makes a gzip file, whole or cut short: gz FROM TO [BYTES].
func compress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: gz FROM TO [cut]")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(ts.ReadFile(args[0]))); err != nil {
		ts.Fatalf("%v", err)
	}
	if err := z.Close(); err != nil {
		ts.Fatalf("%v", err)
	}
	data := b.Bytes()
	if len(args) == 3 {
		data = data[:len(data)/2]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}
