package rig

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strconv"
)

// listing is a collection on its way into pages.
type listing struct {
	op options
	// from goes through the objects from a place on.
	from func(place int) iter.Seq2[int, Object]
	// shape makes an object what the API shows of it, nil for as it is.
	shape func(Object) Object
	// broken says that the part is known to go on where nothing is known: the
	// enumeration must not come to an end.
	broken bool
}

// listPart answers a page of the route's part.
func (c *call) listPart() *answer {
	return c.listOf(func(place int) iter.Seq2[int, Object] { return c.view.From(c.route.part, place) }, nil)
}

// listOf answers a page of objects.
func (c *call) listOf(from func(int) iter.Seq2[int, Object], shape func(Object) Object) *answer {
	op, bad := c.options(c.route.typ)
	if bad == nil && c.route.class == classDirectory {
		bad = c.advanced(op)
	}
	if bad != nil {
		return bad
	}
	l := listing{op: op, from: from, shape: shape}
	if c.route.part != "" {
		state, _ := c.s.state.PartState(c.route.part)
		l.broken = state == Partial
	}
	return c.page(l)
}

// page answers one page of a listing.
func (c *call) page(l listing) *answer {
	now, bad := c.position()
	if bad != nil {
		return bad
	}
	size, bad := c.pageSize(l.op)
	if bad != nil {
		return bad
	}
	if l.op.order != "" {
		l = l.sorted()
	}
	if c.suffers(FaultPageEmpty) && now.times == 0 {
		return c.listAnswer(l, nil, now, &cursor{now.place, now.about, 1})
	}
	items, then, more := l.collect(now, size)
	switch {
	case more:
		return c.listAnswer(l, items, now, &then)
	case l.broken && now.times < 2:
		return c.listAnswer(l, items, now, &cursor{then.place, then.about, 2})
	case l.broken:
		return c.denied()
	}
	return c.listAnswer(l, items, now, nil)
}

// collect gathers the objects of a page, and the place at which the next
// begins if there is one.
func (l listing) collect(now cursor, size int) (items []Object, then cursor, more bool) {
	then = now
	then.times = 0
	for at, o := range l.from(now.place) {
		o = l.shaped(o)
		if o == nil || l.op.filter != nil && !l.op.filter(scope{object: o}) {
			continue
		}
		if len(items) == size {
			then.place = at
			return items, then, true
		}
		items = append(items, o)
		then.place = at + 1
	}
	return items, then, false
}

func (l listing) shaped(o Object) Object {
	if l.shape == nil {
		return o
	}
	return l.shape(o)
}

// pageSize is how many objects a page holds. Above the ceiling $top is
// refused for users, and lowered elsewhere.
func (c *call) pageSize(op options) (int, *answer) {
	most := c.route.most
	if most == 0 {
		most = 999
	}
	if c.readsActivity() {
		most = mostWithActivity
	}
	switch {
	case op.top > most && c.route.class == classDirectory:
		return 0, badRequest("Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", op.top, most)
	case op.top > 0:
		return min(op.top, most), nil
	case c.route.page > 0:
		return min(c.route.page, most), nil
	}
	return min(100, most), nil
}

// matching goes through the objects that belong to the listing, as the API
// shows them.
func (l listing) matching() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for _, o := range l.from(0) {
			if o = l.shaped(o); o != nil && (l.op.filter == nil || l.op.filter(scope{object: o})) && !yield(o) {
				return
			}
		}
	}
}

// sorted is the listing in the order that was asked for. A place is then a
// position in that order.
func (l listing) sorted() listing {
	all := slices.Collect(l.matching())
	slices.SortStableFunc(all, func(a, b Object) int {
		x, _ := a.Field(l.op.order)
		y, _ := b.Field(l.op.order)
		if l.op.falling {
			x, y = y, x
		}
		return compareFields(x, y)
	})
	l.from, l.shape, l.op.filter = inSlice(all), nil, nil
	return l
}

// inSlice goes through a slice from a place on.
func inSlice(all []Object) func(int) iter.Seq2[int, Object] {
	return func(place int) iter.Seq2[int, Object] {
		return func(yield func(int, Object) bool) {
			for at := place; at < len(all); at++ {
				if !yield(at, all[at]) {
					return
				}
			}
		}
	}
}

// compareFields orders two values, null before everything.
func compareFields(x, y []byte) int {
	if len(x) == 0 || len(y) == 0 || string(x) == "null" || string(y) == "null" {
		return cmp.Compare(len(textOf(x)), len(textOf(y)))
	}
	order, _ := ordered(x, y)
	return order
}

// listAnswer writes a page.
func (c *call) listAnswer(l listing, items []Object, now cursor, then *cursor) *answer {
	body := append([]byte(`{"@odata.context":`), quoted(c.context())...)
	if l.op.count && now.place == 0 {
		body = strconv.AppendInt(append(body, `,"@odata.count":`...), int64(l.total()), 10)
	}
	if then != nil {
		body = append(append(body, `,"@odata.nextLink":`...), quoted(c.next(now, *then))...)
	}
	body = append(body, `,"value":[`...)
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, c.project(item, l.op, c.route.defaults)...)
	}
	return rawAnswer(http.StatusOK, append(body, ']', '}'))
}

// total counts the objects that match.
func (l listing) total() int {
	n := 0
	for range l.matching() {
		n++
	}
	return n
}

// counted answers GET …/$count with a number as text.
func (c *call) counted() *answer {
	if c.query.Set("$count", "true"); !c.eventual() {
		return unsupportedQuery("$count is not supported without the header ConsistencyLevel: eventual.")
	}
	op, bad := c.options(c.route.typ)
	if bad != nil {
		return bad
	}
	l := listing{op: op, from: func(place int) iter.Seq2[int, Object] { return c.view.From(c.route.part, place) }}
	a := rawAnswer(http.StatusOK, strconv.AppendInt(nil, int64(l.total()), 10))
	a.header.Set("Content-Type", "text/plain")
	a.typ = "-"
	return a
}
