// Package hostile is a network and a service that treat a recorder badly, for tests and benchmarks.
//
// [Proxy] stands between a client and a service on this machine and cuts, resets, delays, throttles, freezes and falsifies what goes
// through; it is toxiproxy with toxics of our own (toxics.go). Its faults apply to all connections, those that are open and those
// to come.
package hostile
