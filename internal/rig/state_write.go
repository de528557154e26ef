package rig

import (
	"fmt"
	"maps"
	"slices"
)

// Update sets members of the object that has the key and returns it as it
// then is. Members of a Patch that it does not have are added.
func (s *State) Update(part, key string, patch Patch, w Who) (Object, error) {
	at, err := s.place(part, key)
	if err != nil {
		return nil, err
	}
	return s.UpdateAt(part, at, patch, w)
}

// UpdateAt is Update for the object at a place.
func (s *State) UpdateAt(part string, place int, patch Patch, w Who) (Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, before, err := s.standing(part, place)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(patch))
	after := before.With(s.cleaned(part, patch))
	s.put(t, place, after)
	s.record(w, t.subject(place, before), before.Only(names...), after.Only(names...), true)
	s.afterUpdate(part, before, after, names, w)
	return after, nil
}

// Replace puts another object in the place of the one that has the key: of a
// part by owner, another list body.
func (s *State) Replace(part, key string, o Object, w Who) error {
	place, err := s.place(part, key)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, before, err := s.standing(part, place)
	if err != nil {
		return err
	}
	s.put(t, place, o)
	s.record(w, t.subject(place, before), before, o, true)
	s.afterReplace(part, t.subject(place, before), before, o, w)
	return nil
}

// Insert adds an object at the end of a part; of a part by owner it is the
// owner's list body. It returns the object's place.
func (s *State) Insert(part, owner string, o Object, w Who) (int, error) {
	t := s.ready(part)
	s.mu.Lock()
	defer s.mu.Unlock()
	if t == nil || t.state == Absent {
		return 0, fmt.Errorf("write %s: %w", part, ErrAbsent)
	}
	place := s.append(t, owner, o)
	s.record(w, t.subject(place, o), nil, o, true)
	s.afterInsert(part, o, w)
	return place, nil
}

// Delete removes the object that has the key. A deleted user goes to
// DeletedUsers, as in the directory.
func (s *State) Delete(part, key string, w Who) error {
	place, err := s.place(part, key)
	if err != nil {
		return err
	}
	return s.DeleteAt(part, place, w)
}

// DeleteAt is Delete for the object at a place.
func (s *State) DeleteAt(part string, place int, w Who) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, before, err := s.standing(part, place)
	if err != nil {
		return err
	}
	s.put(t, place, nil)
	s.record(w, t.subject(place, before), before, nil, true)
	s.afterDelete(part, before, w)
	return nil
}

// Restore brings a deleted user back, with the mailbox.
func (s *State) Restore(user string, w Who) (Object, error) {
	place, err := s.place(DeletedUsers, user)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, before, err := s.standing(DeletedUsers, place)
	if err != nil {
		return nil, err
	}
	after := before.Without("deletedDateTime")
	s.put(t, place, nil)
	s.append(s.tables[Users], "", after)
	s.restored(after)
	s.record(w, after.Text("id"), before.Only("deletedDateTime"), after.Only("deletedDateTime"), true)
	s.audit(w, deed{activity: "Restore user", category: "UserManagement", operation: "Update", kind: "User", target: after})
	return after, nil
}

// Revoke ends the sessions of a user: signInSessionsValidFromDateTime becomes
// now.
func (s *State) Revoke(user string, w Who) error {
	_, err := s.Update(Users, user, Patch{"signInSessionsValidFromDateTime": timeText(s.Now())}, w)
	return err
}

// place finds the object that a write concerns, on the primary.
func (s *State) place(part, key string) (int, error) {
	if state, _ := s.PartState(part); state == Absent {
		return 0, fmt.Errorf("write %s: %w", part, ErrAbsent)
	}
	for at := range s.Primary().Find(part, key) {
		return at, nil
	}
	return 0, fmt.Errorf("write %s %q: %w", part, key, ErrNotFound)
}

// standing returns the object at a place; the caller holds the lock.
func (s *State) standing(part string, place int) (*table, Object, error) {
	t := s.tables[part]
	if t == nil || place < 0 || place >= len(t.rows) || t.newest(place) == nil {
		return nil, nil, fmt.Errorf("write %s at %d: %w", part, place, ErrNotFound)
	}
	return t, t.newest(place), nil
}

// subject is the id under which a write stands in the truth: the owner, or
// the first key that the object has.
func (t *table) subject(at int, o Object) string {
	if t.kind.byOwner {
		return t.owners[at]
	}
	for _, name := range t.kind.keys {
		if key := o.Text(name); key != "" {
			return key
		}
	}
	return ""
}
