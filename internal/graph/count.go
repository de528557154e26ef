package graph

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
)

// Count reads the number of objects in a collection, such as "/users". The
// service counts on an index that lags behind writes, so it is good for a
// budget and for nothing that must be exact.
func (r *Reader) Count(ctx context.Context, path string) (int, error) {
	one, err := r.c.listCall(List{Path: path + "/$count", Top: -1, Eventual: true})
	if err != nil {
		return 0, err
	}
	n := 0
	one.read = func(a answer) (err error) {
		if n, err = strconv.Atoi(string(bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\ufeff"))))); err != nil || n < 0 {
			return fmt.Errorf("the answer is no number of objects")
		}
		return nil
	}
	if _, err := r.c.do(ctx, one); err != nil {
		return 0, err
	}
	return n, nil
}
