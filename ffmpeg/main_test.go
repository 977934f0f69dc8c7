package ffmpeg

import (
	"log/slog"
	"os"
	"testing"
)

// Without this FFmpeg tells the terminal about each byte of damage.
func TestMain(m *testing.M) {
	if os.Getenv("FFMPEG_LOG") != "" {
		Log(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})))
	} else {
		Log(slog.New(slog.DiscardHandler))
	}
	os.Exit(m.Run())
}
