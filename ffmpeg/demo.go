package ffmpeg

/*
#cgo pkg-config: libavfilter
#include <libavfilter/avfilter.h>

static int try_graph(const char *chain)
{
	AVFilterGraph *g = avfilter_graph_alloc();
	int r = g ? avfilter_graph_parse_ptr(g, chain, NULL, NULL, NULL) : AVERROR(ENOMEM);
	if (r >= 0)
		r = avfilter_graph_config(g, NULL);
	avfilter_graph_free(&g);
	return r;
}
*/
import "C"

import (
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// DemoCamera is a generated camera: a moving 1280x720 test picture at 30 pictures a second, with the local time to the
// millisecond and the name burnt in, and a tone with a beep each second. The name also picks the colours, so that two
// cameras can be told apart. The time in a picture is that picture's own, Epoch+PTS. Where no font is found the picture
// has no text, and the log says so.
func DemoCamera(name string) CaptureOptions {
	h := fnv.New32a()
	h.Write([]byte(name))
	hue := h.Sum32() % 360
	return CaptureOptions{
		Realtime: true,
		Inputs: []Input{
			{Format: "lavfi", Graph: func(start time.Time) string { return demoPicture(name, hue, demoClock(start), demoFont()) }},
			{Format: "lavfi", Graph: func(time.Time) string { return demoSound(hue) }},
		},
	}
}

// DemoFile is a file as a camera: played in real time, again and again.
func DemoFile(path string) CaptureOptions {
	return CaptureOptions{Realtime: true, Loop: true, Inputs: []Input{{URL: path}}}
}

// demoPicture is the filter graph of a demo camera's picture, with drawtext's expression for the clock; no font, no text.
func demoPicture(name string, hue uint32, clock, font string) string {
	graph := fmt.Sprintf("testsrc2=s=1280x720:r=30,format=yuv420p,hue=h=%d", hue)
	if font == "" {
		return graph
	}
	style := font + ":fontcolor=white:box=1:boxcolor=black@0.7:boxborderw=12"
	return graph +
		",drawtext=" + style + ":fontsize=96:x=(w-tw)/2:y=40:text=" + escape(clock, graphSpecial) +
		",drawtext=" + style + ":fontsize=48:x=40:y=h-100:expansion=none:text=" + escape(escape(name, optionSpecial), graphSpecial)
}

// demoClock is drawtext's expression for the local time of a picture, 15:04:05.000, in a graph that starts at start.
//
// FFmpeg 5.1 has no fractions in %{localtime}, and that is when a picture is drawn, not when it is due. So: the seconds
// from the picture's time stamp, and the milliseconds computed from the same. A tenth of a millisecond keeps both clear
// of rounding, as pictures come at multiples of a 30th of a second.
func demoClock(start time.Time) string {
	ms := start.UnixMilli()
	return fmt.Sprintf(`%%{pts\:localtime\:%d.%03d1\:%%T}.%%{eif\:mod(floor((t+0.%03d1)*1000),1000)\:d\:3}`,
		ms/1000, ms%1000, ms%1000)
}

// demoSound is a quiet tone with a beep each second.
func demoSound(hue uint32) string {
	return fmt.Sprintf("sine=frequency=%d:beep_factor=4:sample_rate=48000", 220+hue)
}

// The characters that have a meaning in the value of a filter's option, and in a graph around it.
const (
	optionSpecial = `\':`
	graphSpecial  = `\'[],;`
)

// escape puts a backslash before each of the special characters.
func escape(s, special string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// demoFont is drawtext's option for a font that works here, empty when there is none.
var demoFont = sync.OnceValue(func() string {
	fonts := []string{"font=DejaVu Sans Mono", "font=monospace"}
	const file = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
	if _, err := os.Stat(file); err == nil {
		fonts = append([]string{"fontfile=" + file}, fonts...)
	}
	for _, f := range fonts {
		if tryGraph("color=s=64x64,drawtext="+f+":text=0,nullsink") == nil {
			return f
		}
	}
	logger().Warn("ffmpeg: demo cameras show no time and no name: no font was found; install DejaVu Sans Mono (fonts-dejavu-core)")
	return ""
})

// tryGraph reports whether a filter graph without open ends can be configured.
func tryGraph(graph string) error {
	c := C.CString(graph)
	defer C.free(unsafe.Pointer(c))
	return avError(C.try_graph(c))
}
