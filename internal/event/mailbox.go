package event

import (
	"bytes"
	"iter"
	"strconv"
	"strings"

	"vakt/internal/extract"
)

// affectedItems is how many messages a mailbox record is about; one where it
// has no list of them.
func affectedItems(r *Record, f *field) Values {
	n := 0
	for range extract.Elements(r.base(f, 0).First()) {
		n++
	}
	return r.one(strconv.AppendInt(nil, int64(max(n, 1)), 10), Number)
}

// mailSession is the session in which a mailbox record came about: its id,
// else the address of the client, else "none", so that no record is without.
func mailSession(r *Record, f *field) Values {
	for _, column := range f.from[0] {
		if v := r.Field(column); len(v.First()) > 0 {
			return v
		}
	}
	return r.one([]byte("none"), String)
}

// parentFolder is the folder of a record about the rights on a folder.
func (r *Record) parentFolder(f *field) []byte {
	return extract.Member(r.field(f.from[0][1]).First(), "ParentFolder")
}

// Where a grant says to whom, what and on which folder: the names of the
// parameters of a cmdlet, and the members of the folder where a client did it.
var (
	granteeKeys  = newNames("User", "Trustee", "GrantSendOnBehalfTo")
	rightsKeys   = newNames("AccessRights")
	identityKeys = newNames("Identity")
)

const (
	grantee     = "MemberUpn"
	grantRights = "MemberRights"
	grantPath   = "Path"
)

// peekGrant answers Record.Peek for texts of a grant: most records are none.
func peekGrant(of *names, member string) func(*Record, *field) ([]byte, Standing) {
	return func(r *Record, f *field) ([]byte, Standing) {
		is := r.holdsPairs(f, of)
		if is == Empty && extract.Member(r.parentFolder(f), member) != nil {
			is = Mixed
		}
		return nil, is
	}
}

// granted collects texts of a grant: those of parameters, and one member of
// the folder that a client changed the rights of.
func (r *Record) granted(f *field, names *names, member string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := range r.pairs(f, names) {
			for e := range leaves(raw) {
				if e != nil && !extract.IsNull(e) && !yield(r.textOf(e)) {
					return
				}
			}
		}
		if text := r.member(r.parentFolder(f), member); text != nil {
			yield(text)
		}
	}
}

// grantees are those who were given rights on a mailbox or a folder.
func grantees(r *Record, f *field) Values {
	return r.parts(r.granted(f, granteeKeys, grantee), ";")
}

// grantedRights are the rights that were given.
func grantedRights(r *Record, f *field) Values {
	return r.parts(r.granted(f, rightsKeys, grantRights), ",; ")
}

// grantFolders are the parts of the path of the folder that they were given
// on. A cmdlet names it behind the mailbox: ann@contoso.com:\Calendar.
func grantFolders(r *Record, f *field) Values {
	return r.parts(func(yield func([]byte) bool) {
		for text := range r.granted(f, identityKeys, grantPath) {
			_, path, ok := bytes.Cut(text, []byte(`:\`))
			if !ok && !bytes.HasPrefix(text, []byte(`\`)) {
				continue
			}
			if !ok {
				path = text
			}
			if !yield(path) {
				return
			}
		}
	}, `\`)
}

// parts cuts texts at any of the separators.
func (r *Record) parts(texts iter.Seq[[]byte], separators string) Values {
	return r.values(func(yield func(Value) bool) {
		for text := range texts {
			for part := range bytes.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
				if part = bytes.TrimSpace(part); len(part) > 0 && !yield(Value{Text: part}) {
					return
				}
			}
		}
	})
}
