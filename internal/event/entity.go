package event

// Entity is somebody or something that an alert is about. Kinds: account, ip,
// app, service_principal, device, mailbox, session, group, role, domain,
// policy.
type Entity struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Entities are those that the record names and every shape of its log carries.
func (r *Record) Entities() []Entity {
	var all []Entity
	r.EachEntity(func(kind string, id, name []byte) {
		all = append(all, Entity{Kind: kind, ID: string(id), Name: string(name)})
	})
	return all
}

// EachEntity hands out what Entities lists, in the same order, without making
// strings. The bytes are valid until the next Read.
func (r *Record) EachEntity(yield func(kind string, id, name []byte)) {
	add := func(kind string, id, name []byte) {
		if len(id) == 0 {
			return
		}
		if len(name) == 0 {
			name = id
		}
		yield(kind, id, name)
	}
	text := r.coreText
	switch r.primary() {
	case SignIn:
		add("account", r.coreText(signInAccount), plainUPN(text(signInUPN)))
		add("service_principal", text(signInServicePrincipal), text(signInServicePrincipalName))
		add("ip", text(signInIP), nil)
		add("app", text(signInApp), text(signInAppName))
		add("device", text(signInDevice), text(signInDeviceName))
	case Audit:
		r.addParties(add)
		add("ip", text(auditIP), nil)
	case Risk:
		add("account", r.coreText(riskAccount), plainUPN(text(riskUPN)))
		add("ip", text(riskIP), nil)
	case Unified:
		user := text(unifiedUser)
		add("account", r.lower(user), user)
		owner := text(unifiedOwner)
		add("mailbox", r.lower(owner), owner)
		add("ip", text(unifiedIP), nil)
	case Activity:
		r.addActivity(add)
	}
}

func (r *Record) addParties(add func(kind string, id, name []byte)) {
	for _, t := range r.Targets() {
		if account := t.account; account != nil {
			add("account", account, plainUPN(t.UPN))
		}
	}
	switch a := r.Actor(); {
	case a.app:
		add("service_principal", a.ID, a.Name)
	case len(a.ID) > 0:
		add("account", a.ID, a.UPN)
	default:
		add("account", r.lower(a.UPN), a.UPN)
	}
}
