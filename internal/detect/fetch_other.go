//go:build !amd64

package detect

// fetch does nothing where nobody has measured that it is worth it.
func fetch(*seen) {}
