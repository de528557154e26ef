// Package rig is a simulated tenant that can be read and written over HTTP:
// the objects of a directory and of its mailboxes, a login, and the parts of
// Microsoft Graph and of Exchange's administration interface that reach them.
//
// The state is real. Every object is kept as the JSON that its API returns,
// what is written is read back, a write has the side effects that it has in a
// tenant, and each one is recorded as the truth of what reached the tenant.
// Objects come from a scenario and a seed, or from a folder that a scan of
// some tenant exported; of such a folder nothing is dropped, however odd.
//
// It shares no code with the packages that read tenants, so that one misread
// property cannot cancel out in a test; it knows package sim, from which come
// the people and the logs. It decides nothing about accounts: the labels of a
// generated tenant are what its maker put there, by the published meaning of
// the verdicts. It reads no clock and no other source of randomness: the same
// scenario, seed and time give the same bytes.
package rig
