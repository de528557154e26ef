package daemon

import (
	"errors"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"vakt/internal/plan"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

// Config is the whole configuration: what vakt.yaml says, with every path
// taken from the folder that the file lies in.
type Config struct {
	// File is where it was read from.
	File string
	// Tenants are the tenants to look at.
	Tenants tenant.Config
	// Baseline is the path of the baseline; empty: the defaults.
	Baseline string
	// Exceptions is the path of the exceptions; empty: there are none.
	Exceptions string
	// State is the path of the database; empty: the place that the system
	// keeps for state.
	State string
	// Plan says how plans are approved, and by whom.
	Plan plan.Config
	// Keep says whether new resource accounts are kept blocked.
	Keep plan.Keep
}

// sections are the keys of the configuration that belong to the roof; the
// others belong to rooms, which read their own.
type sections struct {
	Tenants    yaml.Node `yaml:"tenants"`
	Baseline   string    `yaml:"baseline"`
	Exceptions string    `yaml:"exceptions"`
	State      struct {
		DSN string `yaml:"dsn"`
	} `yaml:"state"`
	Approval  string          `yaml:"approval"`
	Approvers []plan.Approver `yaml:"approvers"`
	Keep      plan.Keep       `yaml:"keep_blocked"`
}

// ParseConfig reads a configuration. It is strict: an unknown key is an error
// that names file, line and the nearest known key. The error joins one problem
// for each thing that is wrong.
func ParseConfig(file string, data []byte) (*Config, error) {
	tenants, err := tenant.Parse(file, data, "baseline", "exceptions", "state", "approval", "approvers", "keep_blocked")
	if err != nil {
		return nil, err
	}
	var s sections
	if root, _ := text.Document(data, ""); root == nil { // what is wrong with it was told above
		return nil, tenant.Problem{File: file, Message: "the configuration is empty: `vakt config init --config FILE` writes one to begin with"}
	}
	if err := yaml.Load(data, &s, yaml.WithKnownFields()); err != nil {
		return nil, placed(file, err)
	}
	beside := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(filepath.Dir(file), path)
	}
	approval := plan.Config{Approval: s.Approval, Approvers: s.Approvers}
	if err := errors.Join(approval.Validate(), s.Keep.Validate()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Config{File: file, Tenants: tenants, Baseline: beside(s.Baseline), Exceptions: beside(s.Exceptions), State: beside(s.State.DSN), Plan: approval, Keep: s.Keep}, nil
}

// placed puts file and line before what the YAML reader has to say.
func placed(file string, err error) error {
	var many *yaml.LoadErrors
	if !errors.As(err, &many) {
		return fmt.Errorf("%s: %w", file, err)
	}
	var all []error
	for _, e := range many.Errors {
		all = append(all, tenant.Problem{File: file, Line: e.Mark.Line, Message: e.Message})
	}
	return errors.Join(all...)
}
