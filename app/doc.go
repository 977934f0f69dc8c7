// Package app is what the program is, without its windows: the accounts, the streams of the chosen one, the stream that
// is being watched and the recordings that run. It knows neither Fyne nor AWS nor FFmpeg; cmd/kinora hands it accounts,
// codecs and cameras, and ui shows its values and calls its methods.
//
//	a := app.New(app.Options{Accounts: accounts, Codecs: codecs, Cameras: cameras})
//	go a.Run(ctx)             // polls, plays and keeps figures until ctx ends or Close is called
//	a.Streams.List().Watch(…) // the streams and how fresh they are
//	a.Watch.Select("gate")    // plays it; Watch.Now says what is being played
//	a.Recordings.Start("gate", camera)
//	a.Close()                 // ends recordings gracefully and waits for everything
//
// What changes is a [Value]: anybody may read it or watch it, only its owner sets it. Methods that take a context block
// and are meant for a goroutine of the caller; all others return at once and are safe from any goroutine.
//
// What is watched is one stream or several side by side, live or at one time of their archives: [Watch] makes players or decks of
// them, seeking enters the archive, and its end leads back to live. A [Link] names such a moment.
//
// A recording is a camera's [recorder.Intake] that writes to the spool, and an [upload.Uploader] that sends what the spool
// holds; neither needs the other. Recordings go on whatever the network, the service or the device does, and begin again
// by themselves after a crash ([Options].Data). Show previews a camera, Begin records it without opening it again, Takes and Spans tell how
// far each second has come, and Safety whether the computer can be switched off.
//
// Life: New starts nothing. Run starts and awaits the poller, the player and the uploads of what waits on the disk; a
// recording and its upload run from Start until their end, whether or not Run is running. Close makes each recording safe on the disk,
// gives them up to five seconds to be sent, and waits; what remains is sent at the next start.
package app
