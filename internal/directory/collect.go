package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"vakt/internal/graph"
)

// Reader is what collecting needs of a *graph.Reader.
type Reader interface {
	List(ctx context.Context, l graph.List, resume string, page func(graph.Page) error) error
	Get(ctx context.Context, l graph.List) (json.RawMessage, error)
	Batch(ctx context.Context, subs []graph.Sub, each func(id string, status int, body json.RawMessage, err error) error) error
	Cmdlet(ctx context.Context, c graph.Cmdlet, resume string, page func(graph.Page) error) error
	Purposes(ctx context.Context, ids []string, each func(id, purpose string, err error) error) error
}

// Sink keeps what is collected, page by page. It is used by several goroutines
// at once, but by one for each part.
type Sink interface {
	// Position tells how far a part was read before: the position behind its
	// last page, and what became of it. A part never begun is absent.
	Position(ctx context.Context, part string) (resume string, p PartState, err error)
	// Begin empties a part: it is read from its beginning.
	Begin(ctx context.Context, part string) error
	// Put keeps a page and the position behind it, both or neither.
	Put(ctx context.Context, part string, items []Item, resume string) error
	// End says what became of a part. Its Count is what was put.
	End(ctx context.Context, p PartState) error
	// Parts are the parts as they stand.
	Parts(ctx context.Context) Parts
}

// Options are what collecting may do beside the usual.
type Options struct {
	// Rules reads the inbox rules of every enabled account with a mailbox: one
	// part of a batch for each.
	Rules bool
	// Progress is told of every page, by one goroutine at a time; nil: nobody.
	Progress func(PartState)
}

// Collect reads a tenant into the sink. Accounts, mailboxes and all else that
// can be listed are read by the page; one by one are read only enabled resource
// accounts (methods and mailbox permissions) and the groups that roles and
// policies name. A part that the service refuses, for want of a permission or a
// licence or for any other reason, becomes absent or partial with that reason,
// and the rest is read. An error means that nothing more can be read: the
// credential is refused, the sink is broken or ctx is done. Collecting into the
// same sink again goes on where it ended.
func Collect(ctx context.Context, r Reader, sink Sink, o Options) error {
	c := &collector{reader: r, sink: sink, options: o}
	lanes := [][]func(context.Context) error{
		c.steps(directoryLists), c.steps(activityLists), c.steps(reportLists), c.steps(policyLists), c.steps(exchangeLists),
	}
	lanes[2] = append(lanes[2], c.refused)
	lanes[3] = append(lanes[3], c.policies)
	if err := parallel(ctx, lanes...); err != nil {
		return fmt.Errorf("collect the tenant: %w", err)
	}
	if err := c.details(ctx); err != nil {
		return fmt.Errorf("collect the tenant: %w", err)
	}
	return nil
}

// collector is one run of Collect.
type collector struct {
	reader  Reader
	sink    Sink
	options Options
	mu      sync.Mutex // for Progress
}

// parallel runs each lane's steps one after the other, and the lanes at the
// same time: they wait for different limits. The first error ends all.
func parallel(ctx context.Context, lanes ...[]func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, lane := range lanes {
		wg.Go(func() {
			for _, step := range lane {
				if err := step(ctx); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (c *collector) steps(lists []listing) []func(context.Context) error {
	var out []func(context.Context) error
	for _, l := range lists {
		out = append(out, func(ctx context.Context) error { return c.list(ctx, l) })
	}
	return out
}

// list reads one part to its end, or to where the service ends it.
func (c *collector) list(ctx context.Context, l listing) error {
	return c.part(ctx, l.part, func(ctx context.Context, resume string, put putter) error {
		page := func(p graph.Page) error {
			items := make([]Item, len(p.Items))
			for i, raw := range p.Items {
				items[i].Raw = raw
			}
			if p.Restarted {
				if err := c.sink.Begin(ctx, l.part); err != nil {
					return sinkError{err}
				}
			}
			if err := put(items, p.Next); err != nil || p.Next != "" {
				return err
			}
			// The list is whole: whoever goes on from here need not begin anew.
			if err := c.sink.End(ctx, PartState{Name: l.part, State: StateComplete}); err != nil {
				return sinkError{err}
			}
			return nil
		}
		if l.cmdlet.Name != "" {
			return c.reader.Cmdlet(ctx, l.cmdlet, resume, page)
		}
		return c.reader.List(ctx, l.list, resume, page)
	})
}

// putter keeps items and the position behind them.
type putter func(items []Item, resume string) error

// sinkError is an error of the sink on its way through the reader.
type sinkError struct{ err error }

func (e sinkError) Error() string { return e.err.Error() }
func (e sinkError) Unwrap() error { return e.err }

// part runs the reading of one part: from its beginning, or from where it
// stopped before. A position that the service no longer takes begins it anew.
func (c *collector) part(ctx context.Context, name string, read func(ctx context.Context, resume string, put putter) error) error {
	resume, before, err := c.sink.Position(ctx, name)
	if err != nil {
		return err
	}
	if before.State == StateComplete {
		return nil
	}
	if resume != "" {
		err := c.once(ctx, name, resume, read)
		if !c.stale(err) {
			return c.end(ctx, name, err)
		}
	}
	if err := c.sink.Begin(ctx, name); err != nil {
		return err
	}
	return c.end(ctx, name, c.once(ctx, name, "", read))
}

// stale is true where the position that was kept is of no more use.
func (c *collector) stale(err error) bool {
	var e *graph.Error
	return errors.As(err, &e) && (e.Kind == graph.Gone || e.Kind == graph.BadRequest || e.Kind == graph.Malformed)
}

func (c *collector) once(ctx context.Context, name, resume string, read func(context.Context, string, putter) error) error {
	count := 0
	return read(ctx, resume, func(items []Item, next string) error {
		if err := c.sink.Put(ctx, name, items, next); err != nil {
			return sinkError{err}
		}
		count += len(items)
		c.tell(PartState{Name: name, State: StatePartial, Count: count})
		return nil
	})
}

// end writes down what became of a part, and gives back what ends the run.
func (c *collector) end(ctx context.Context, name string, err error) error {
	p := PartState{Name: name, State: StateComplete}
	var broken sinkError
	var e *graph.Error
	switch {
	case err == nil:
	case errors.As(err, &broken):
		return broken.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &e), slices.Contains(fatal, e.Kind):
		return err
	default:
		p.State, p.Why, p.Licence = StatePartial, reason(e), licenceOf(e)
	}
	if err := c.sink.End(ctx, p); err != nil {
		return err
	}
	_, p, err = c.sink.Position(ctx, name)
	c.tell(p)
	return err
}

// fatal are failures that every part would meet.
var fatal = []graph.Kind{graph.Unauthorized, graph.WrongTenant, graph.Refused}

func licenceOf(e *graph.Error) string {
	if e.Kind == graph.NotLicensed {
		return string(e.Licence)
	}
	return ""
}

// reason says why a part is not whole, in words for people.
func reason(e *graph.Error) string {
	switch e.Kind {
	case graph.NotPermitted:
		if e.Permission != "" {
			return noPermission + e.Permission
		}
		return notPermitted
	case graph.NotLicensed:
		return "the tenant has no " + e.Licence.Title()
	}
	return e.Error()
}

func (c *collector) tell(p PartState) {
	if c.options.Progress == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Progress(p)
}
