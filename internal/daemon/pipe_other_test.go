//go:build !unix

package daemon_test

import "os"

// makePipe makes an empty file, where there are no named pipes.
func makePipe(path string) error { return os.WriteFile(path, nil, 0o600) }
