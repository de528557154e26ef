//go:build unix

package main

import (
	"bufio"
	"io/fs"
	"os"

	"vakt"
	"vakt/internal/sim"
)

// generate writes about size bytes of the busy scenario's Graph records.
func generate(file string, size int64) (bytes int64, events int, err error) {
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		return 0, 0, err
	}
	s, err := sim.Load(folder, "busy")
	if err != nil {
		return 0, 0, err
	}
	f, err := os.Create(file)
	if err != nil {
		return 0, 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for r := range s.Generate(1) {
		if r.Log == sim.Unified {
			continue
		}
		n, err := w.Write(append(r.JSON, '\n'))
		if err != nil {
			return 0, 0, err
		}
		bytes, events = bytes+int64(n), events+1
		if bytes >= size {
			break
		}
	}
	if err := w.Flush(); err != nil {
		return 0, 0, err
	}
	return bytes, events, f.Close()
}
