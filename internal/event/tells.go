package event

// Tells tells of a shape that each of its records, of the log, tells of a
// field: its value, or that it has none. So the field is never unknown there.
// False says nothing.
func (l *Layout) Tells(s Shape, log Log, f Field) bool {
	if l.plain[s][f].log&log != 0 {
		return true
	}
	d := l.fields[f]
	if d.derive == nil || d.derive.alone&log == 0 {
		return false
	}
	for _, column := range d.from[0] {
		if l.plain[s][column].log&log != 0 {
			return true
		}
	}
	return false
}
