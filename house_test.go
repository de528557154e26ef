package vakt_test

import (
	"fmt"
	"math/rand"
	randv2 "math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"
)

// corridor lists every package below internal and cmd, from the top of the
// house to its bottom. A package may import only what stands above it.
// HOUSE.md shows the same list with what each room is for.
var corridor = []string{
	// Tools: know no word of the domain.
	"internal/memory",
	"internal/db",
	"internal/web",
	"internal/extract",
	"internal/geo",
	"internal/text",
	// Words and engines: no I/O of their own.
	"internal/tenant",
	"internal/event",
	"internal/rule",
	// Doors outward.
	"internal/graph",
	"internal/source",
	"internal/archive",
	// Rooms: one feature each.
	"internal/directory",
	"internal/baseline",
	"internal/check",
	"internal/detect",
	"internal/alert",
	"internal/cases",
	"internal/action",
	"internal/plan",
	"internal/playbook",
	"internal/report",
	"internal/notify",
	"internal/console",
	// Roof.
	"internal/daemon",
	"cmd/vakt",
	"cmd/bench",
}

// apart lists the rooms outside the corridor, each seeing only those before
// it: cmd and external test packages see them, and they see nobody else.
var apart = []string{"internal/sim", "internal/rig"}

// roof lists the packages that build the others: they may read the clock,
// take the content folders and open the store.
var roof = []string{"internal/daemon", "cmd/vakt", "cmd/bench"}

// speaksHTTP lists the packages that may import net/http.
var speaksHTTP = []string{
	"internal/web", "internal/console", "internal/graph", "internal/source", "internal/notify",
	"internal/archive", "internal/rig", "internal/daemon", "cmd/vakt",
}

// sqlDrivers lists the modules that register a SQL driver. Only internal/db
// imports them.
var sqlDrivers = []string{"modernc.org/sqlite"}

// emptyNames are package names that say nothing about what is inside.
var emptyNames = []string{"util", "common", "helper", "model", "types", "misc", "shared", "core"}

// outside are the functions through which time and an end of the process get
// in. They are held as functions, not as names, so that a name which no longer
// exists does not compile.
var outside = []any{time.Now, time.Since, time.Until, os.Exit}

// guarded are import paths with few allowed importers, each shown by one of
// its functions for the same reason.
var guarded = struct{ http, rand, randV2 any }{http.Get, rand.Int, randv2.Int}

// A gate is a function that may be named in few files only.
type gate struct {
	room, function string   // where it is declared
	callers        []string // path.Match patterns
}

// gates hold the way to a client that can write to a tenant shut. They bind
// as soon as their room exists.
var gates = []gate{
	{"internal/graph", "NewWriter", []string{"internal/action/*.go"}},
	{"internal/action", "Open", []string{
		"internal/plan/apply*.go", "internal/plan/rollback*.go", "internal/plan/policy*.go",
	}},
}

// A law is one promise about the whole tree.
type law struct {
	name  string
	says  string
	why   string
	check func(*house) []breach
}

// A breach is one place where a law does not hold.
type breach struct {
	at   string // file:line, or the file or folder
	what string
}

var laws = []law{
	{
		"corridor", "every package has a place in the corridor, and is named after its folder",
		"a package that nobody placed can be imported from anywhere, and soon is", checkCorridor,
	},
	{
		"imports", "a package imports only what stands above it",
		"who depends on whom can then be read off one list, and no cycle can begin", checkImports,
	},
	{
		"apart", "sim and rig never meet the rest, except in cmd and in external test packages",
		"a misreading shared by simulator and product would cancel out in every test", checkApart,
	},
	{
		"content", "only the roof imports the content folders",
		"rooms are handed the files they read, so that tests can hand them others", checkContent,
	},
	{
		"driver", "SQL drivers are imported in internal/db only",
		"the engine can then be exchanged in one place", checkDrivers,
	},
	{
		"store", "internal/db is imported by store*.go, daemon and cmd only",
		"what a room keeps is found in one file, and decisions stay free of SQL", checkStores,
	},
	{
		"tables", "a room's SQL names its own tables; console may read others' views",
		"a table that two rooms write has no owner who can change it", checkTables,
	},
	{
		"http", "net/http is imported by the doors and the pages only",
		"a reader must be able to tell which code can talk to the network", checkHTTP,
	},
	{
		"writer", "the writing client is opened by action.Open, called by apply, rollback and policy runs",
		"every change to a tenant has to pass the plan, its approval and the journal", checkGates,
	},
	{
		"names", "no package is called util, common, helper or the like",
		"such a name lets anything in and tells nobody what is there", checkNames,
	},
	{
		"init", "there is no init function",
		"what runs by mere import can be neither ordered, handed a clock nor left out by a test", checkInit,
	},
	{
		"globals", "no package variable is assigned after its declaration",
		"two runs in one process, or two tests at once, would see each other", checkGlobals,
	},
	{
		"outside", "time.Now, math/rand and os.Exit are used by cmd and daemon only",
		"time, chance and the end of the process come in from outside, so that a run can be repeated", checkOutside,
	},
	{
		"documented", "every exported name has a comment, and every package has one in exactly one file",
		"the contract is what callers may rely on; without it they rely on what they saw", checkDocumented,
	},
	{
		"dependencies", "every imported module has its reason in docs/decisions",
		"each one is code that we did not write and must answer for", checkDependencies,
	},
	{
		"itself", "no file outside tests names a place on some machine",
		"the project has to read and work the same on every machine", checkItself,
	},
	{
		"plan", "HOUSE.md shows the corridor in this order and marks the rooms that exist",
		"a plan that differs from the house misleads whoever trusts it", checkPlan,
	},
}

func TestHouse(t *testing.T) {
	h, err := openHouse(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			for _, b := range l.check(h) {
				t.Errorf("%s: %s\n\tlaw: %s\n\twhy: %s", b.at, b.what, l.says, l.why)
			}
		})
	}
}

// TestHouseNamesStillExist keeps the tables above free of names that no longer
// stand for anything: a law about a misspelt or vanished name never fails.
func TestHouseNamesStillExist(t *testing.T) {
	h, err := openHouse(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range checkTablesOfNames(h) {
		t.Errorf("%s: %s", b.at, b.what)
	}
}

// checkTablesOfNames looks up what the tables name: rooms in the corridor,
// and in rooms that exist the functions and drivers that belong to them.
func checkTablesOfNames(h *house) []breach {
	var out []breach
	for _, room := range append(append([]string{}, roof...), speaksHTTP...) {
		if rank(room) < 0 && !slices.Contains(apart, room) {
			out = append(out, breach{"house_test.go", fmt.Sprintf("names %q, which the corridor does not list", room)})
		}
	}
	for _, g := range gates {
		if h.exists(g.room) && !h.declares(g.room, g.function) {
			out = append(out, breach{g.room, fmt.Sprintf("does not declare %s, which the law of the writing client guards", g.function)})
		}
	}
	for _, driver := range sqlDrivers {
		if h.exists("internal/db") && !h.imports("internal/db", driver) {
			out = append(out, breach{"internal/db", fmt.Sprintf("does not import the driver %q that the law names", driver)})
		}
	}
	return out
}
