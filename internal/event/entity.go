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
	add := func(kind string, id, name []byte) {
		if len(id) == 0 {
			return
		}
		if len(name) == 0 {
			name = id
		}
		all = append(all, Entity{Kind: kind, ID: string(id), Name: string(name)})
	}
	log := r.primary()
	ip := r.core(log, "ip").First()
	switch log {
	case SignIn:
		add("account", r.core(log, "account").First(), plainUPN(r.core(log, "userPrincipalName").First()))
		add("service_principal", r.core(log, "servicePrincipalId").First(), r.core(log, "servicePrincipalName").First())
		add("ip", ip, nil)
		add("app", r.core(log, "appId").First(), r.core(log, "appDisplayName").First())
		add("device", r.core(log, "deviceDetail.deviceId").First(), r.core(log, "deviceDetail.displayName").First())
	case Audit:
		r.addParties(add)
		add("ip", ip, nil)
	case Risk:
		add("account", r.core(log, "account").First(), plainUPN(r.core(log, "userPrincipalName").First()))
		add("ip", ip, nil)
	case Unified:
		user := r.core(log, "UserId").First()
		add("account", r.lower(user), user)
		owner := r.core(log, "MailboxOwnerUPN").First()
		add("mailbox", r.lower(owner), owner)
		add("ip", ip, nil)
	}
	return all
}

func (r *Record) addParties(add func(kind string, id, name []byte)) {
	for _, t := range r.Targets() {
		if account := t.account(); account != nil {
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
