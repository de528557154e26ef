//go:build race

package plan_test

// racing is true under the race detector, which makes everything take some ten
// times as long.
const racing = true
