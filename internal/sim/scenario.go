package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"
)

// Scenario says what a simulated tenant contains and what happens in it. A
// Scenario that Load returned is valid; it is not changed by its methods.
type Scenario struct {
	// Name is the scenario's id and the stem of its file.
	Name string `yaml:"name"`
	// Title says in one line what happens.
	Title string `yaml:"title"`
	// Tenant is the directory.
	Tenant Tenant `yaml:"tenant"`
	// Start is the first instant, midnight UTC.
	Start time.Time `yaml:"start"`
	// Days is how many UTC days the logs cover, 1 to 366.
	Days int `yaml:"days"`
	// Life is what goes on when nobody attacks.
	Life Life `yaml:"life"`
	// Attacks are the incidents, in any order.
	Attacks []Attack `yaml:"attacks"`
	// Directory is what the tenant holds besides people; nil is nothing.
	Directory *Directory `yaml:"directory"`
	// Month makes people live as those of a company do; nil is plain traffic.
	Month *Month `yaml:"month"`

	written   int        // tenant.accounts as the file has it
	residents []Resident // of the directory, where somebody else made it
}

// Tenant describes the directory of a scenario.
type Tenant struct {
	// Name is the first label of the initial domain NAME.onmicrosoft.com.
	Name string `yaml:"name"`
	// ID is the tenant's lower-case UUID.
	ID string `yaml:"id"`
	// Domain is the domain of its accounts.
	Domain string `yaml:"domain"`
	// Accounts is how many accounts it has, 20 to 1,000,000; where nobody
	// attacks it may be 10.
	Accounts int `yaml:"accounts"`
}

// Life is the everyday traffic of a tenant. Weekends have a sixth of it.
type Life struct {
	// SignIns is the mean number of sign-ins of an account on a weekday.
	SignIns float64 `yaml:"signins_per_account_per_day"`
	// FailureRate is the share of interactive sign-ins with a wrong password.
	FailureRate float64 `yaml:"failure_rate"`
	// NonInteractive is the share of non-interactive sign-ins.
	NonInteractive float64 `yaml:"noninteractive_share"`
	// Audits is the number of directory audits on a weekday.
	Audits int `yaml:"audits_per_day"`
	// Mailbox is the number of mailbox records on a weekday.
	Mailbox int `yaml:"mailbox_records_per_day"`
}

// Load reads NAME.yml from the folder of scenarios. Errors name the file, the
// line where there is one, and what would be right; an unknown key is an
// error.
func Load(fsys fs.FS, name string) (*Scenario, error) {
	file := name + ".yml"
	data, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no scenario %q: there are %s", name, strings.Join(scenarioNames(fsys), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return parseScenario(file, data)
}

// WithAccounts returns the same scenario for a tenant of n accounts.
func (s *Scenario) WithAccounts(n int) (*Scenario, error) {
	resized := *s
	resized.Tenant.Accounts = n
	return resized.checked()
}

// WithDays returns the same scenario over n days. Attacks that would begin or
// end later are an error.
func (s *Scenario) WithDays(n int) (*Scenario, error) {
	resized := *s
	resized.Days = n
	return resized.checked()
}

func (s *Scenario) checked() (*Scenario, error) {
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	return s, nil
}

func scenarioNames(fsys fs.FS) []string {
	files, err := fs.Glob(fsys, "*.yml")
	if err != nil || len(files) == 0 {
		return []string{"none in this folder"}
	}
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".yml")
	}
	return files
}

func parseScenario(file string, data []byte) (*Scenario, error) {
	var s Scenario
	if err := yaml.Load(data, &s, yaml.WithKnownFields()); err != nil {
		return nil, placedError(file, err)
	}
	s.written = s.Tenant.Accounts
	if s.Name+".yml" != file {
		return nil, fmt.Errorf("%s: name is %q: it must be the file's stem", file, s.Name)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &s, nil
}

// placedError puts file and line before each thing that the YAML loader has
// to say.
func placedError(file string, err error) error {
	var many *yaml.LoadErrors
	if !errors.As(err, &many) {
		return fmt.Errorf("%s: %w", file, err)
	}
	var all []error
	for _, e := range many.Errors {
		text := e.Message
		if field, _, ok := strings.Cut(text, " not found in type "); ok {
			text = fmt.Sprintf("unknown key %q", strings.TrimPrefix(field, "field "))
		}
		all = append(all, fmt.Errorf("%s:%d: %s", file, e.Mark.Line, text))
	}
	return errors.Join(all...)
}

// maxDaily bounds the records of one kind a day: a day's events are held in
// memory, about 100 bytes each.
const maxDaily = 5_000_000

// Patterns of the values in a scenario that end up in every record.
var (
	uuidPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	})
	labelPattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9]{0,39}$`) })
	domainPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z0-9-]+\.)+[a-z]{2,}$`) })
)

func (s *Scenario) validate() error {
	var bad []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	refuse(s.Title == "", "title is missing")
	refuse(!labelPattern().MatchString(s.Tenant.Name), "tenant.name is %q: give a lower-case label", s.Tenant.Name)
	refuse(!uuidPattern().MatchString(s.Tenant.ID), "tenant.id is %q: give a lower-case UUID", s.Tenant.ID)
	refuse(!domainPattern().MatchString(s.Tenant.Domain), "tenant.domain is %q: give a domain such as contoso.com", s.Tenant.Domain)
	least := 20
	if len(s.Attacks) == 0 {
		least = 10
	}
	refuse(s.Tenant.Accounts < least || s.Tenant.Accounts > 1_000_000, "tenant.accounts is %d: give %d to 1000000", s.Tenant.Accounts, least)
	refuse(s.Start.IsZero() || !s.Start.Equal(s.Start.UTC().Truncate(24*time.Hour)), "start is %s: give a midnight in UTC", s.Start.Format(time.RFC3339))
	refuse(s.Days < 1 || s.Days > 366, "days is %d: give 1 to 366", s.Days)
	refuse(s.Life.SignIns < 0 || s.Life.SignIns > 500, "life.signins_per_account_per_day is %v: give 0 to 500", s.Life.SignIns)
	for _, share := range []struct {
		key   string
		value float64
	}{{"failure_rate", s.Life.FailureRate}, {"noninteractive_share", s.Life.NonInteractive}} {
		refuse(!(share.value >= 0 && share.value <= 1), "life.%s is %v: give a share from 0 to 1", share.key, share.value)
	}
	for _, n := range []int{s.Life.Audits, s.Life.Mailbox} {
		refuse(n < 0 || n > maxDaily, "life.audits_per_day and life.mailbox_records_per_day: give 0 to %d", maxDaily)
	}
	refuse(s.Life.SignIns*float64(s.Tenant.Accounts) > maxDaily, "more than %d sign-ins a day: lower life.signins_per_account_per_day or tenant.accounts", maxDaily)
	for _, err := range []error{s.Directory.validate(), s.Month.validate(s)} {
		if err != nil {
			bad = append(bad, err)
		}
	}
	if len(bad) > 0 {
		return errors.Join(bad...)
	}
	for i := range s.Attacks {
		if err := s.Attacks[i].validate(s.peopled()); err != nil {
			return fmt.Errorf("attack %d (%s): %w", i+1, s.Attacks[i].Kind, err)
		}
	}
	return nil
}

// Attackers' addresses: kept apart from those that life uses, so that what
// happens at one of them is the attack's alone.
var attackerNets = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:bad::/48")}

// sharedEgress is where an office that life does not use goes out.
var sharedEgress = netip.MustParsePrefix("192.0.2.224/27")

func inAny(nets []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(nets, func(n netip.Prefix) bool { return n.Contains(ip) })
}
