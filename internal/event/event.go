// Package event knows one record of a log: a sign-in, a directory audit, a
// risk detection or an entry of the unified audit log, in any of the shapes
// in which exports carry it.
//
// A record is not decoded into a struct. The package names the wanted paths
// (Schema.Wants), extract hands back the raw bytes at those paths, and a
// field is decoded when somebody asks for it. Which shape carries which field
// is one table (table.go); what is computed from other fields is another
// (derive.go). A field that the shape cannot carry is unknown, never empty.
//
// The package does no I/O, keeps no state between records and knows nothing
// of rules.
package event
