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
// Life: New starts nothing. Run starts and awaits the poller and the player; a recording runs from Start until its end,
// whether or not Run is running, and Close waits for each, for at most five seconds.
package app
