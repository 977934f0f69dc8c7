// Torture records through a network that fails, with a recorder and a service that are killed, and judges what the service has
// kept afterwards.
//
//	go run ./internal/torture -runs 200
//
// A run is decided by its seed. It starts kinorad, a fault proxy in front of it, and a recorder in a process of its own, which is
// this program again (recorder.go): a camera whose every frame is known (camera.go), the recorder's rooms as the app joins them, and
// the client. Media time passes faster than the wall clock. Meanwhile the faults of the seed happen (faults.go): cuts, resets,
// delays, throttles, connections that freeze, and at the same time kill -9 of the recorder and of the service, alone, together and
// again while they recover. A killed recorder begins again as a new life on the same spool, some of them on a disk that is full.
// Clocks of cameras are set by an hour in both directions, within a life and between two. One run in four has a spool that cannot keep
// all. Both orders of upload and both numbers of connections take turns. When the time is over the faults end, the last life records its
// camera to the end, and what waits is sent.
//
// Then the judge (judge.go) reads the stream as any consumer would, by ListFragments and GetMedia, and compares it with the
// cameras: of each life, the frames from the first on, byte for byte, at their time, none twice, none missing in between, at least up
// to the last one that was on disk when the life ended. Only what the spool itself says it had to evict may be missing.
package main
