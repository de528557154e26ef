package source

import (
	"context"
	"errors"
	"sync"
)

// oneCaller is a copy of the files whose Progress may be called by several
// goroutines.
func (f *Files) oneCaller() *Files {
	all := *f
	if f.Progress != nil && f.Parallel > 1 {
		var mu sync.Mutex
		all.Progress = func(n int) {
			mu.Lock()
			defer mu.Unlock()
			f.Progress(n)
		}
	}
	return &all
}

// readAll reads files, Parallel at a time and begun in their order. The first
// error in that order ends the run: what was read besides is given up.
func (f *Files) readAll(ctx context.Context, list []found, h Handler) ([]inputs, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ledgers, errs := make([]inputs, len(list)), make([]error, len(list))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(f.atOnce(list), len(list)) {
		readers.Go(func() {
			for i := range next {
				ledgers[i].file = i
				if errs[i] = ctx.Err(); errs[i] != nil {
					continue
				}
				if errs[i] = f.file(ctx, list[i], &ledgers[i], h); errs[i] != nil {
					stop(errs[i])
				}
			}
		})
	}
	for i := range list {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	readers.Wait()
	return ledgers, firstError(ctx, errs)
}

// atOnce is how many files are read at a time: standard input named twice can
// only be read in turn.
func (f *Files) atOnce(list []found) int {
	streams := 0
	for _, in := range list {
		if in.path == "-" {
			streams++
		}
	}
	if streams > 1 {
		return 1
	}
	return max(1, f.Parallel)
}

// firstError is what ended the run: what a handler said rather than that the
// others were told to stop.
func firstError(ctx context.Context, errs []error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}
