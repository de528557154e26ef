package main

import (
	"slices"
	"testing"
)

func TestFit(t *testing.T) {
	f := func(width int, widths, want []int) {
		t.Helper()
		got := slices.Clone(widths)
		fit(got, width)
		if !slices.Equal(got, want) {
			t.Errorf("%v in %d columns are %v, want %v", widths, width, got, want)
		}
	}
	f(100, []int{10, 20, 30}, []int{10, 20, 30})
	f(50, []int{10, 20, 30}, []int{10, 20, 16})          // the widest gives way
	f(40, []int{10, 30, 40}, []int{10, 14, 12})          // then the next
	f(20, []int{40, 13, 9, 8, 30}, []int{4, 4, 4, 4, 4}) // no less, whatever the terminal
	f(30, []int{49, 13, 5, 9}, []int{6, 6, 5, 7})        // all alike: a first column of nothing tells nothing
}
