// Package vakt carries the content folders of the project, so that one binary
// has them all: the rules, the checks and the simulator's scenarios, as the
// files stand in the tree. It holds nothing else and parses nothing; cmd and daemon hand the
// folders on to the rooms that read them.
package vakt

import "embed"

// Rules holds the built-in Sigma rules under "rules/", each with its events
// that must match (.hit.jsonl) and its events that must not (.miss.jsonl).
//
//go:embed rules
var Rules embed.FS

// Checks holds the built-in checks under "checks/", each with facts that it
// must find something in (.hit.jsonl) and facts that it must not (.miss.jsonl).
//
//go:embed checks
var Checks embed.FS

// Scenarios holds the simulated tenants under "scenarios/", one YAML file each.
//
//go:embed scenarios
var Scenarios embed.FS
