// Package hostile is a network and a service that treat a recorder badly, for tests and benchmarks.
//
// [Proxy] stands between a client and a service on this machine and cuts, resets, delays, throttles, freezes and falsifies what goes
// through, by toxiproxy's links and a toxic of our own (conditions.go). Its faults apply to all connections, those that are
// open and those to come.
//
// [Packets] does the like to UDP: it loses and delays packets, and lets them overtake each other.
//
// [Service] is a stand-in for Kinesis Video Streams that does with each fragment what a script says: refuses it with any ERROR,
// acknowledges it late, twice, backwards or never, or breaks the connection at the worst moments. It keeps what it got, so that a
// test can count frames.
//
//	s, err := hostile.Serve(hostile.ServiceOptions{Script: func(upload, fragment int) hostile.Act {
//		if upload == 1 && fragment == 3 {
//			return hostile.DieUntold // it is stored, and the client does not know
//		}
//		return hostile.Store
//	}})
package hostile
