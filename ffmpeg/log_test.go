package ffmpeg

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
)

// logTo collects FFmpeg's messages for the test's length.
func logTo(t *testing.T, level slog.Level) *bytes.Buffer {
	old := sink.Load()
	var b bytes.Buffer
	Log(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	t.Cleanup(func() { Log(old.log) })
	return &b
}

func TestLogLevelsAndComponents(t *testing.T) {
	b := logTo(t, levelTrace)
	for _, m := range []struct {
		level astiav.LogLevel
		text  string
	}{{astiav.LogLevelFatal, "f"}, {astiav.LogLevelError, "e"}, {astiav.LogLevelWarning, "w"}, {astiav.LogLevelInfo, "i"}, {astiav.LogLevelVerbose, "v"}, {astiav.LogLevelDebug, "d"}} {
		astiav.Log(nil, m.level, "%s\n", m.text)
	}
	want := `level=ERROR msg="ffmpeg: f" component=""
level=ERROR msg="ffmpeg: e" component=""
level=WARN msg="ffmpeg: w" component=""
level=DEBUG msg="ffmpeg: i" component=""
level=DEBUG-4 msg="ffmpeg: v" component=""
`
	if b.String() != want {
		t.Errorf("logged\n%swant\n%s", b, want)
	}
	b.Reset()
	cc := astiav.AllocCodecContext(astiav.FindEncoderByName("libx264"))
	defer cc.Free()
	astiav.Log(cc, astiav.LogLevelError, "in %s", "pieces")
	if b.Len() != 0 {
		t.Errorf("half a line was logged: %s", b)
	}
	astiav.Log(cc, astiav.LogLevelError, " of %s\n", "a line")
	if want := "level=ERROR msg=\"ffmpeg: in pieces of a line\" component=libx264\n"; b.String() != want {
		t.Errorf("logged %s, want %s", b, want)
	}
}

func TestLogKeepsToTheLevelAsked(t *testing.T) {
	b := logTo(t, slog.LevelWarn)
	astiav.Log(nil, astiav.LogLevelInfo, "%s\n", "chatter")
	astiav.Log(nil, astiav.LogLevelWarning, "%s\n", "attention")
	if got := b.String(); strings.Contains(got, "chatter") || !strings.Contains(got, "attention") {
		t.Errorf("logged %s", got)
	}
}

func TestLogSurvivesLongLines(t *testing.T) {
	b := logTo(t, slog.LevelWarn)
	astiav.Log(nil, astiav.LogLevelError, "%s\n", strings.Repeat("x", 5000))
	astiav.Log(nil, astiav.LogLevelError, "%s\n", "after")
	if got := b.String(); !strings.Contains(got, strings.Repeat("x", 1000)) || strings.Count(got, "\n") != 2 || !strings.Contains(got, `"ffmpeg: after"`) {
		t.Errorf("logged %s", got)
	}
}

func TestLogCountsRepeats(t *testing.T) {
	var b bytes.Buffer
	s := &logSink{log: slog.New(slog.NewTextHandler(&b, nil))}
	now := time.Unix(1000, 0)
	for i := range 25 { // one a second
		s.write(slog.LevelWarn, "h264", "error while decoding MB\n", now.Add(time.Duration(i)*time.Second))
	}
	s.write(slog.LevelWarn, "h264", "something else", now.Add(25*time.Second))
	got := b.String()
	if strings.Count(got, "\n") != 5 || strings.Count(got, "repeated=10") != 2 || strings.Count(got, "repeated=4") != 1 || !strings.Contains(got, "something else") {
		t.Errorf("logged\n%s", got)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	for in, want := range map[string]string{
		"rtsp://admin:pass%40word@10.0.0.7:554/live":                           "rtsp://***@10.0.0.7:554/live",
		"Opening 'https://h/a.m3u8?SessionToken=CiA&x=1' for reading":          "Opening 'https://h/a.m3u8?SessionToken=***&x=1' for reading",
		"https://h/?X-Amz-Credential=AK%2F1&X-Amz-Signature=ab12&Expires=3600": "https://h/?X-Amz-Credential=***&X-Amz-Signature=***&Expires=3600",
		"http://h/?user=eve&pwd=hush":                                          "http://h/?user=eve&pwd=***",
		"rtsp://10.0.0.7/user=eve_password=hush_channel=1_stream=0.sdp":        "rtsp://10.0.0.7/user=eve_password=***",
		"rtsp://eve:hu@sh@10.0.0.7/live":                                       "rtsp://***@10.0.0.7/live",
		"nothing secret: a@b = c?":                                             "nothing secret: a@b = c?",
	} {
		if got := mask(in); got != want {
			t.Errorf("mask(%q) = %q, want %q", in, got, want)
		}
	}
	b := logTo(t, slog.LevelWarn)
	astiav.Log(nil, astiav.LogLevelError, "%s\n", "cannot open rtsp://eve:hush@host/")
	if strings.Contains(b.String(), "hush") {
		t.Errorf("logged %s", b)
	}
}
