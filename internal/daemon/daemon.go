// Package daemon is the roof: it builds the rooms from a configuration and
// lets the data walk through them, for commands and, later, for the daemon.
// It begins with the batch run over files.
package daemon
