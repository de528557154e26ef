package extract

import "encoding/binary"

// Records of one exporter have their brackets in a few orders. What closes what
// is found out once for each of them, and later read off.

// forms are the orders in which the brackets of values have come: a tree of
// runs. No order is the beginning of another, as a value ends where its first
// bracket is closed.
type forms struct {
	runs   []formRun // 0 is the root, with no brackets
	held   int       // orders in the tree
	misses int       // values that found it full
}

// formRun is a stretch of brackets that all orders below it share.
type formRun struct {
	kinds []byte    // the brackets
	next  [4]uint32 // the run that follows, by its first bracket; 0: there is none
	form  *form     // of the order that ends here
}

// form is one order.
type form struct {
	link  []uint32 // by opening bracket, how many brackets behind it the one is that closes it
	lists []uint32 // the brackets that open lists at the first level
}

// Bounds of what is held: orders, brackets of one, and the values without room
// after which the tree begins anew.
const (
	formsMost     = 256
	formLargest   = 1 << 10
	formsPatience = 1 << 12
)

// branchOf numbers the four brackets.
func branchOf(bracket byte) int { return int(bracket>>1)&1 | int(bracket>>4)&2 }

// find follows the brackets at some places of buf. It is walked, with a form,
// where they begin with an order that is known, further where they end before
// one does, and unsure else.
func (f *forms) find(buf []byte, at []uint32) (*form, progress) {
	if f.held == 0 {
		return nil, unsure
	}
	run := &f.runs[0]
	for {
		kinds := run.kinds
		if len(kinds) > len(at) {
			kinds = kinds[:len(at)]
		}
		if !stand(buf, at[:len(kinds)], kinds) {
			return nil, unsure
		}
		at = at[len(kinds):]
		switch {
		case len(kinds) < len(run.kinds):
			return nil, further
		case run.form != nil:
			return run.form, walked
		case len(at) == 0:
			return nil, further
		}
		n := run.next[branchOf(buf[at[0]])]
		if n == 0 {
			return nil, unsure
		}
		run = &f.runs[n]
	}
}

// stand reports whether brackets stand at as many places of buf. It is the inner
// loop of find, four brackets at a time.
func stand(buf []byte, at []uint32, kinds []byte) bool {
	i, end := 0, min(len(at), len(kinds))
	for ; i <= end-4; i += 4 {
		four := (*[4]uint32)(at[i : i+4 : i+4])
		w := uint32(buf[four[0]]) | uint32(buf[four[1]])<<8 | uint32(buf[four[2]])<<16 | uint32(buf[four[3]])<<24
		if w != binary.LittleEndian.Uint32(kinds[i:i+4:i+4]) {
			return false
		}
	}
	for ; i < end; i++ {
		if buf[at[i]] != kinds[i] {
			return false
		}
	}
	return true
}

// learn adds the order of a value: the places of its brackets, and what
// closes what.
func (f *forms) learn(buf []byte, at, link []uint32) {
	if len(at) > formLargest {
		return
	}
	if f.held == formsMost {
		if f.misses++; f.misses < formsPatience {
			return
		}
		*f = forms{}
	}
	kinds := make([]byte, len(at))
	for i, place := range at {
		kinds[i] = buf[place]
	}
	if f.runs == nil {
		f.runs = append(f.runs, formRun{})
	}
	f.add(kinds, newForm(kinds, link))
}

// newForm copies what is found out of an order.
func newForm(kinds []byte, link []uint32) *form {
	f := &form{link: append([]uint32(nil), link...)}
	for i := 1; i < len(kinds)-1; i += int(link[i]) + 1 {
		if kinds[i] == '[' {
			f.lists = append(f.lists, uint32(i))
		}
	}
	return f
}

// add puts an order into the tree.
func (f *forms) add(kinds []byte, end *form) {
	for run := 0; ; {
		same := sharedPrefix(f.runs[run].kinds, kinds)
		if kinds = kinds[same:]; len(kinds) == 0 {
			return
		}
		if same < len(f.runs[run].kinds) {
			f.split(run, same)
		}
		to := &f.runs[run].next[branchOf(kinds[0])]
		if *to == 0 {
			*to = uint32(len(f.runs))
			f.runs = append(f.runs, formRun{kinds: kinds, form: end})
			f.held++
			return
		}
		run = int(*to)
	}
}

// split cuts a run in two.
func (f *forms) split(run, after int) {
	rest := f.runs[run]
	f.runs[run] = formRun{kinds: rest.kinds[:after]}
	rest.kinds = rest.kinds[after:]
	f.runs[run].next[branchOf(rest.kinds[0])] = uint32(len(f.runs))
	f.runs = append(f.runs, rest)
}
