package ffmpeg

import (
	"log/slog"
	"os"
	"testing"
)

// Without this FFmpeg tells the terminal about each byte of damage.
func TestMain(m *testing.M) {
	Log(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}
