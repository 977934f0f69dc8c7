// Command bench measures Kinora from outside and compares it with its peers. Nothing it reports is the program's own
// word: what a person would see is read from the screen, what it costs from /proc, what the service does from the
// network.
//
//	go run ./internal/bench [-only latency,ingest] [-minutes 30]
//
// Frames whose number can be read from the screen, and everything else that is needed to run the programs, come from
// package rig.
//
// Each part in parts.go yields figures with the bar they must hold. They are printed as a table and written to
// build/bench.json. The exit status is 1 when a part could not be measured, 0 otherwise: on a machine that is slower
// than the one the bars were set for, a missed bar is a fact and not a fault.
package main
