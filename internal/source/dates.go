package source

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// A CSV file that a spreadsheet has saved again, or that was written under
// another locale, can hold dates with the day first. Read month first, some of
// them would be refused and the others would move by months. So the dates of a
// CSV file are looked at before any record of it is handed over, and a file
// that seems to have the day first is refused unless --dates says which it is.

// dates gathers what the dates of one file tell about their order.
type dates struct {
	columns []string
	count   int
	day     sighting // the first date with more than 12 in its first place
	month   sighting // the same in its second place

	asMonth, asDay run
}

// sighting is a date on a line.
type sighting struct {
	line int
	text string
}

// run tells whether times come in order, up or down.
type run struct {
	last     int64
	up, down bool
	broken   sighting // the first time that fits neither way
}

// see takes the next time.
func (r *run) see(seconds int64, ok bool, at sighting) {
	if !ok {
		return
	}
	r.up = r.up || seconds > r.last && r.last != 0
	r.down = r.down || seconds < r.last && r.last != 0
	if r.up && r.down && r.broken.line == 0 {
		r.broken = at
	}
	r.last = seconds
}

// see takes a record as it stands.
func (d *dates) see(it *extract.Item) {
	for _, column := range d.columns {
		raw := extract.Member(it.Raw, column)
		if extract.Kind(raw) != '"' {
			continue
		}
		text := extract.AppendText(nil, raw)
		first, second, ok := event.SlashDate(text)
		if !ok {
			continue
		}
		at := sighting{it.Line, string(text[:min(len(text), 30)])}
		d.count++
		if first > 12 && d.day.line == 0 {
			d.day = at
		}
		if second > 12 && d.month.line == 0 {
			d.month = at
		}
		seconds, ok := event.ParseTimeAs(text, event.MonthFirst)
		d.asMonth.see(seconds, ok, at)
		seconds, ok = event.ParseTimeAs(text, event.DayFirst)
		d.asDay.see(seconds, ok, at)
		return
	}
}

// unsure says why the dates cannot be taken month first.
func (d *dates) unsure() error {
	const say = "say --dates day-first (or month-first)"
	switch out := d.asMonth.broken; {
	case d.day.line > 0 && d.month.line > 0:
		return &dateError{fmt.Sprintf("dates are mixed: line %d has %s, line %d has %s: %s; what does not fit is then quarantined", d.day.line, d.day.text, d.month.line, d.month.text, say)}
	case d.day.line > 0:
		return &dateError{fmt.Sprintf("dates look day-first (line %d: %s): %s", d.day.line, d.day.text, say)}
	case d.month.line == 0 && out.line > 0 && d.asDay.broken.line == 0:
		return &dateError{fmt.Sprintf("dates look day-first (line %d: %s is out of order if the month comes first): %s", out.line, out.text, say)}
	}
	return nil
}

// dateError refuses an input for its dates.
type dateError struct{ what string }

func (e *dateError) Error() string { return e.what }

// limits are those of the files, and the question which CSV files are logs.
// Where nobody said how dates are to be read, the dates of a known one are
// looked at first, in a reading of its own.
func (f *Files) limits(ctx context.Context, in stream) extract.Limits {
	lim := f.Limits
	lim.Header = func(columns []string) error {
		if err := event.KnownHeader(columns); err != nil {
			return err
		}
		times := event.TimeColumns(columns)
		if f.Dates != event.AnyOrder || len(times) == 0 || in.again == nil {
			return nil
		}
		return f.look(ctx, in, times)
	}
	return lim
}

// look reads an input for its dates alone. What else is wrong with it shows
// itself when it is read for its records.
func (f *Files) look(ctx context.Context, in stream, columns []string) error {
	r, err := in.again()
	if err != nil {
		return fmt.Errorf("read it twice, for its dates: %w", err)
	}
	defer r.Close() //nolint:errcheck // read only
	plain, _, err := extract.Inflate(r, f.Limits)
	if err != nil {
		return err
	}
	defer plain.Close() //nolint:errcheck // read only
	text, _, err := extract.UTF8(plain)
	if err != nil {
		return err
	}
	d := &dates{columns: columns}
	lim := f.Limits
	lim.Header = event.KnownHeader
	_ = extract.Split(ctx, text, lim, func(b *extract.Batch) error {
		for i := range b.Items {
			d.see(&b.Items[i])
		}
		b.Release()
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.unsure()
}

// spool makes CSV with dates readable again, if it can be read only once, by
// way of a temporary file. Anything else is read as it comes.
func (f *Files) spool(ctx context.Context, in *stream, text io.Reader) (_ io.Reader, done func(), err error) {
	done = func() {}
	b := bufio.NewReaderSize(text, 64<<10)
	if in.again != nil || f.Dates != event.AnyOrder || !hasDates(b) {
		return b, done, nil
	}
	kept, err := f.keep(ctx, in.path, b)
	if err != nil {
		return nil, done, &stopped{err}
	}
	section := func() *io.SectionReader { return io.NewSectionReader(kept, 0, kept.size) }
	in.again = func() (io.ReadCloser, error) { return io.NopCloser(section()), nil }
	return io.MultiReader(section(), ended{kept.broken}), func() { _ = kept.Close() }, nil
}

// ended is the end of an input that broke off, or came to its end.
type ended struct{ err error }

func (e ended) Read([]byte) (int, error) {
	if e.err == nil {
		return 0, io.EOF
	}
	return 0, e.err
}

// hasDates says whether an input is CSV of a known log with columns of dates.
func hasDates(b *bufio.Reader) bool {
	for n := 1; ; n++ {
		head, err := b.Peek(n)
		if err != nil {
			return false
		}
		switch head[n-1] {
		case ' ', '\t', '\r', '\n':
			continue
		case '{', '[':
			return false
		}
		head, _ = b.Peek(b.Size()) // an error shows itself again
		columns := extract.Columns(head)
		return columns != nil && event.KnownHeader(columns) == nil && len(event.TimeColumns(columns)) > 0
	}
}
