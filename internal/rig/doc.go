// Package rig is what the benchmark and the screenshots stand on: the built programs, services for them to use, cameras
// whose pictures can be told apart, and eyes that tell them.
//
// The pictures carry their own number as black and white cells. A [Tape] is such media, coded once by FFmpeg and kept in
// [Dir]; a [Sender] uploads it in real time, over and over, and remembers when each frame was handed to the network; a
// [Watcher] reads the screen and remembers when each frame was first seen. The rest is subtraction.
//
// [Fill] makes an archive that looks as if a service had recorded it, [Serve] runs build/kinorad, [Window] runs build/kinora on a virtual display, and [Live] all of it. Programs are started
// in the module's root directory, where build/ is.
package rig

import "path/filepath"

// Dir keeps tapes, and what programs have printed.
var Dir = filepath.Join("build", "rig")
