package sim

import "time"

// entry is one sign-in of a month.
type entry struct {
	at     time.Time
	seed   uint64
	first  uint64 // seed of the first request of the same attempt, else 0
	who    account
	place  origin
	device device
	app    app
	code   int32
	quiet  bool
	alone  bool   // no second factor was asked for
	of     string // session, where it is not that of the device
	flow   string
	says   string
	tenant string
	policy string // which policy blocks
	risk   string // what Entra ID Protection says of it
}

// The policies that block in everyday life.
const (
	placeBlock    = ""
	everydayBlock = "0d1c2b3a-4f5e-4a6b-8c7d-000000000004"
)

// lifeApps are what people use on a computer, and on a telephone.
var lifeApps = map[bool][]app{
	false: {apps[0], apps[0], apps[1], apps[1], apps[2], apps[3], apps[3],
		{"26a7ee05-5602-4d76-a7ba-eae8b7b67941", "Windows Search", "00000003-0000-0000-c000-000000000000", "Microsoft Graph", "Mobile Apps and Desktop clients"},
		{"ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine", "00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online", "Mobile Apps and Desktop clients"},
		{"7c8d9eaf-b0c1-4d3e-8f4a-5b6c7d8e9f01", "Contoso Ekonomi", "7c8d9eaf-b0c1-4d3e-8f4a-5b6c7d8e9f01", "Contoso Ekonomi", "Browser"}},
	true: {apps[4], apps[4], apps[4], apps[1], apps[1],
		{"4813382a-8fa7-425e-ab75-3b753aab3abb", "Microsoft Authenticator App", "00000003-0000-0000-c000-000000000000", "Microsoft Graph", "Mobile Apps and Desktop clients"}},
}

// deviceSession is how long the session of a device lasts: of a browser a day
// or two, of a program weeks, wherever the device goes.
func (e *entry) deviceSession() string {
	days := int64(21)
	if e.app.client == "Browser" {
		days = 2
	}
	return e.who.id + e.device.id + e.app.client + time.Unix(dayOf(e.at)/days*days*86400, 0).Format(time.DateOnly)
}

// signIn writes a sign-in into the diary.
func (d *diary) signIn(c *company, e *entry) {
	known := *e
	d.add(SignIn, e.at, func() []byte { return c.signInText(&known) })
}

func (c *company) signInText(e *entry) []byte {
	s := signIn{
		writer: &writer{b: make([]byte, 0, 6<<10)}, w: c.w, who: e.who, place: e.place, device: e.device, app: e.app, out: outcomes[e.code],
		e:     &event{kind: evSignIn, attack: -1, at: e.at.Truncate(time.Second).UnixNano(), seed: e.seed, first: e.first, code: e.code, quiet: e.quiet, note: e.risk},
		alone: e.alone, of: e.of, flow: e.flow, says: e.says, tenant: e.tenant,
	}
	if s.out.access == "failure" && !s.out.second {
		s.blocked = e.policy
	}
	if s.of == "" {
		s.of = e.deviceSession()
	}
	r := random(mix(e.seed, useDetail))
	s.write(&r)
	return s.b
}
