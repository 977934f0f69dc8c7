package ffmpeg

/*
#cgo pkg-config: libavutil
#include <libavutil/log.h>
#include "log.h"
*/
import "C"

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Log sends FFmpeg's messages to l from now on, for the whole process. Its errors and warnings keep their level; what
// FFmpeg calls info is for its developers and becomes debug. Each record carries the component ("h264", "libx264") that
// wrote it. Lines that repeat are counted instead, and secrets in addresses are masked. l's handler is called on
// whatever thread FFmpeg works on.
func Log(l *slog.Logger) {
	level := C.AV_LOG_ERROR
	for _, v := range []struct {
		slog slog.Level
		av   int
	}{{slog.LevelWarn, C.AV_LOG_WARNING}, {slog.LevelDebug, C.AV_LOG_INFO}, {levelTrace, C.AV_LOG_VERBOSE}} {
		if l.Enabled(context.Background(), v.slog) {
			level = v.av
		}
	}
	sink.Store(&logSink{log: l})
	C.forward_log(C.int(level))
}

const levelTrace = slog.LevelDebug - 4

var sink atomic.Pointer[logSink]

// logger is where Log's messages go, the default logger before Log was called.
func logger() *slog.Logger {
	if s := sink.Load(); s != nil {
		return s.log
	}
	return slog.Default()
}

//export goLog
func goLog(level C.int, component, line *C.char) {
	if s := sink.Load(); s != nil {
		s.write(logLevel(int(level)), C.GoString(component), C.GoString(line), time.Now())
	}
}

func logLevel(av int) slog.Level {
	switch {
	case av <= C.AV_LOG_ERROR:
		return slog.LevelError
	case av <= C.AV_LOG_WARNING:
		return slog.LevelWarn
	case av <= C.AV_LOG_INFO:
		return slog.LevelDebug
	default:
		return levelTrace
	}
}

// logSink drops lines that say the same as the line before, and says how many they were with the next line that
// differs, or every repeatEvery while they go on.
type logSink struct {
	log *slog.Logger

	mu       sync.Mutex
	level    slog.Level
	last     string // component and line
	repeats  int
	reported time.Time
}

const repeatEvery = 10 * time.Second

func (s *logSink) write(level slog.Level, component, line string, now time.Time) {
	line = mask(strings.TrimSpace(line))
	if line == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := component + "\x00" + line
	if key == s.last {
		s.repeats++
		if now.Sub(s.reported) < repeatEvery {
			return
		}
	}
	s.reportRepeats()
	s.reported = now
	if key == s.last {
		return
	}
	s.last, s.level = key, level
	s.log.Log(context.Background(), level, "ffmpeg: "+line, "component", component)
}

func (s *logSink) reportRepeats() {
	if s.repeats == 0 {
		return
	}
	component, line, _ := strings.Cut(s.last, "\x00")
	s.log.Log(context.Background(), s.level, "ffmpeg: "+line, "component", component, "repeated", s.repeats)
	s.repeats = 0
}

var (
	userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]*@`)
	tokens   = regexp.MustCompile(`(?i)([?&;/_][^=&;\s]*(?:token|key|secret|sign|password|passwd|pwd|credential|auth|session)[^=&;\s]*=)[^&;\s'"]+`)
)

// mask hides user:password@ and the values of parameters that grant access. Some cameras want theirs in the path.
func mask(s string) string {
	if strings.Contains(s, "@") {
		s = userInfo.ReplaceAllString(s, "${1}***@")
	}
	if strings.Contains(s, "=") {
		s = tokens.ReplaceAllString(s, "${1}***")
	}
	return s
}
