// Package memory tells the system how memory of the process is going to be
// used. All of it is advice: a program does the same without it, and a system that
// does not know or want it is asked for nothing else.
package memory

import "reflect"

// largeBytes is from where on a table is large: what is smaller would take more
// memory in huge pages, and hardly any time less.
const largeBytes = 1 << 20

// Huge asks for huge pages for what a list holds or has room for, where it is
// part of a table of so many items, and the table is large. Such memory comes
// in pieces of 2 MiB, with one fault in place of 512, and takes fewer look-ups to
// find. It is to be asked for before anything is written to the list; what lies
// beside the list in the heap comes with it.
func Huge[T any](list []T, items int) {
	size := int(reflect.TypeFor[T]().Size())
	if items*size >= largeBytes {
		huge(reflect.ValueOf(list).Pointer(), uintptr(cap(list)*size))
	}
}
