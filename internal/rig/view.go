package rig

// fieldNames lists the names of an object's members, of anything else none.
func (o Object) fieldNames() []string {
	var names []string
	for name := range o.Fields() {
		names = append(names, name)
	}
	return names
}

// patch is the object as a write of all its members, save annotations.
func (o Object) patch() Patch {
	p := Patch{}
	for name, value := range o.Fields() {
		if name != "" && name[0] != '@' {
			p[name] = value
		}
	}
	return p
}

func (o Object) raw() []byte { return o }
