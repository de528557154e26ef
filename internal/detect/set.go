package detect

import "slices"

// set holds different values in the order in which they came. Most sets are of
// a few values and need no map.
type set[T comparable] struct {
	list   []T
	places map[T]struct{} // nil while there are few
}

const fewValues = 16

// add takes a value in, and is false if it was there.
func (s *set[T]) add(v T) bool {
	if s.places == nil {
		if slices.Contains(s.list, v) {
			return false
		}
	} else if _, known := s.places[v]; known {
		return false
	}
	s.list = append(s.list, v)
	switch {
	case s.places != nil:
		s.places[v] = struct{}{}
	case len(s.list) > fewValues:
		s.places = make(map[T]struct{}, 2*len(s.list))
		for _, known := range s.list {
			s.places[known] = struct{}{}
		}
	}
	return true
}

// empty makes it ready to be used again.
func (s *set[T]) empty() { s.list, s.places = s.list[:0], nil }

// texts holds different texts in the order in which they came.
type texts struct {
	list   []string
	places map[string]struct{} // nil while there are few
}

// add takes a copy of a text in, and is false if it was there.
func (s *texts) add(text []byte) bool {
	if s.places == nil {
		for _, known := range s.list {
			if known == string(text) {
				return false
			}
		}
	} else if _, known := s.places[string(text)]; known {
		return false
	}
	s.list = append(s.list, string(text))
	switch {
	case s.places != nil:
		s.places[s.list[len(s.list)-1]] = struct{}{}
	case len(s.list) > fewValues:
		s.places = make(map[string]struct{}, 2*len(s.list))
		for _, known := range s.list {
			s.places[known] = struct{}{}
		}
	}
	return true
}

// empty makes it ready to be used again.
func (s *texts) empty() { s.list, s.places = s.list[:0], nil }
