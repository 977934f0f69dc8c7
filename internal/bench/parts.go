package main

import (
	"context"
	"time"
)

// A part measures one thing, independent of the others.
type part struct {
	name, what string
	measure    func(context.Context, setting) ([]figure, error)
}

// A setting is what a part is given.
type setting struct {
	dir    string        // empty, its own
	memory time.Duration // how long memory is watched
	outage time.Duration // how long the network is away
}

var parts = []part{
	{"latency", "from the network to the screen, 720p30 in a window", measureLatency},
	{"first", "from the choice of a stream to its first picture", measureFirst},
	{"cpu", "app and service while one 720p30 tile plays in a window", measureCPU},
	{"fullscreen", "1080p30 on the full screen, in turn with mpv", measureFullscreen},
	{"ingest", "the service with ten producers of 1080p at 4 Mb/s", measureIngest},
	{"forward", "from a producer through the service to a reader", measureForward},
	{"players", "HLS sessions of a live stream of 720p30, one and fifty", measurePlayers},
	{"lowlatency", "HLS in hls.js, in parts and in whole fragments", measureLowLatency},
	{"overhead", "recording 720p30, beside ffmpeg with the same x264 settings", measureOverhead},
	{"outage", "recording 4 Mb/s while the network is away, and when it comes back", measureOutage},
	{"recovery", "opening a spool of 10,000 fragments after a crash", measureRecovery},
	{"clip", "cutting ten minutes, beside ffmpeg from a local file", measureClip},
	{"archive", "a stream of 1,000,000 fragments, beside one of 10,000", measureArchive},
	{"timeline", "a month with a million fragments on the timeline", measureTimeline},
	{"lookup", "the client in a stream of 1,000,000 fragments", measureLookup},
	{"seek", "to random moments of a day of 720p, beside mpv in a file", measureSeek},
	{"drag", "the playhead of a day of 720p, for ten seconds", measureDrag},
	{"fast", "a day of 720p at 32 times its speed", measureFast},
	{"call", "from a click to the first picture of a call", measureCall},
	{"glass", "from a master's frame to the screen, 720p30 in a window, beside GetMedia", measureGlass},
	{"avsync", "from a flash on the screen to its click at the device, by a call and beside GetMedia", measureSkew},
	{"viewers", "ten viewers of one 720p master, beside ten readers of GetMedia", measureViewers},
	{"memory", "app and service over minutes", measureMemory},
	{"allocs", "allocations for each frame", measureAllocs},
}
