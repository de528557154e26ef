package detect

// fetch asks the processor to bring a sight near, without waiting for it.
//
//go:noescape
func fetch(s *seen)
