package detect

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// traceRun is the traces of a target that went into a file together, sorted by
// tag.
type traceRun struct {
	target   int
	followed bool
	at       int64
	count    int
	marks    [traceRanges + 1]int // places at which the ranges of tags begin, and the end
}

// writeTraces puts the traces of every target into the file, and their origins
// into theirs.
func (w *Worker) writeTraces() error {
	w.origins.file = w.spill.origins
	if err := w.origins.write(); err != nil {
		return err
	}
	s := w.spill
	out := bufio.NewWriterSize(io.NewOffsetWriter(s.traceFile, s.traceSize), 256<<10)
	var line [traceBytes]byte
	for t := range w.traces {
		for _, followed := range []bool{false, true} {
			from := &w.traces[t].counted
			if followed {
				from = &w.traces[t].followed
			}
			if from.len() == 0 {
				continue
			}
			list := from.take()
			slices.SortFunc(list, func(a, b trace) int { return cmp.Compare(a.tag, b.tag) })
			run := traceRun{target: t, followed: followed, at: s.traceSize, count: len(list)}
			for r := range traceRanges {
				first, _ := tagRange(r, traceRanges)
				run.marks[r], _ = slices.BinarySearchFunc(list, first, func(t trace, tag uint32) int { return cmp.Compare(t.tag, tag) })
			}
			run.marks[traceRanges] = len(list)
			for i := range list {
				list[i].encode(&line)
				if _, err := out.Write(line[:]); err != nil {
					return err
				}
			}
			s.traces = append(s.traces, run)
			s.traceSize += int64(len(list)) * traceBytes
		}
	}
	for _, table := range w.tables {
		table.empty()
	}
	return out.Flush()
}

// readTraces reads those of a run that are in one of a number of ranges, and hands
// them out in a block, as many at a time as it has room for.
func (s *spill) readTraces(run *traceRun, part, ranges int, block []trace, see func([]trace)) error {
	each := traceRanges / ranges
	from, to := run.marks[part*each], run.marks[(part+1)*each]
	if from == to {
		return nil
	}
	section := io.NewSectionReader(s.traceFile, run.at+int64(from)*traceBytes, int64(to-from)*traceBytes)
	in := bufio.NewReaderSize(section, min(runBuffer, (to-from)*traceBytes))
	var line [traceBytes]byte
	for left := to - from; left > 0; left -= len(block) {
		block = block[:min(left, len(block))]
		for i := range block {
			if _, err := io.ReadFull(in, line[:]); err != nil {
				return fmt.Errorf("read what did not fit into memory: %w", err)
			}
			block[i].decode(&line)
		}
		see(block)
	}
	return nil
}

func (t *trace) encode(b *[traceBytes]byte) {
	binary.LittleEndian.PutUint32(b[:], t.tag)
	binary.LittleEndian.PutUint32(b[4:], t.origin)
	binary.LittleEndian.PutUint64(b[8:], t.value)
}

func (t *trace) decode(b *[traceBytes]byte) {
	t.tag, t.origin, t.value = binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint64(b[8:])
}
