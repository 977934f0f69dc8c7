package ffmpeg

/*
#cgo pkg-config: libavfilter libavutil
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include "scale.h"

// One picture out of a graph that makes pictures and ends in buffersink@out.
static int render(const char *chain, AVFrame *f)
{
	AVFilterGraph *g = avfilter_graph_alloc();
	int r;

	if (!g)
		return AVERROR(ENOMEM);
	g->nb_threads = 1;
	av_frame_unref(f);
	if ((r = avfilter_graph_parse_ptr(g, chain, NULL, NULL, NULL)) >= 0 && (r = avfilter_graph_config(g, NULL)) >= 0)
		r = av_buffersink_get_frame(avfilter_graph_get_filter(g, "buffersink@out"), f);
	avfilter_graph_free(&g);
	return r;
}

// How many columns, from the left, have something that is not black.
static int extent(const AVFrame *f)
{
	int widest = 0;

	for (int y = 0; y < f->height; y++) {
		const uint8_t *luma = f->data[0] + (ptrdiff_t)y * f->linesize[0];
		int w = f->width;
		while (w > widest && luma[w - 1] == 16)
			w--;
		widest = w;
	}
	return widest;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// Burn says what text is burnt into pictures. Its font is one of this computer; without any, a capture that is to have
// text does not begin.
type Burn struct {
	Time bool   // the local time of each picture to the second, with its distance from UTC
	Text string // the place's name, at most 100 letters
}

// burner writes white text on a black box at the foot of pictures of one size: the time of each picture and the place's
// name. The box is drawn when its text changes, once a second, and only copied into the pictures.
type burner struct {
	clock bool
	place string
	font  string // drawtext's option

	label *astiav.Frame // at its left the box
	text  string        // that it shows
	since int64         // the second of its time
	w, h  int           // of the box
	size  int           // of the letters, in pixels; zero: not known yet
}

// clockLayout is the local time with its distance from UTC, which alone says without doubt which hour it was.
const clockLayout = "2006-01-02 15:04:05 -07:00"

// newBurner makes one for a clock, a place or both. Control characters and what exceeds 100 letters are left out of the
// place. Without a font there is an error, as a picture without its time would not be noticed.
func newBurner(clock bool, place string) (*burner, error) {
	font := demoFont()
	if font == "" {
		return nil, errors.New("the time cannot be burnt into the picture: no font was found; install DejaVu Sans Mono (fonts-dejavu-core), or switch the text in the picture off")
	}
	var letters []rune
	for _, r := range place {
		if unicode.IsPrint(r) && len(letters) < 100 {
			letters = append(letters, r)
		}
	}
	return &burner{clock: clock, place: string(letters), font: font, label: astiav.AllocFrame()}, nil
}

func (b *burner) textAt(at time.Time) string {
	switch {
	case !b.clock:
		return b.place
	case b.place == "":
		return at.Format(clockLayout)
	}
	return at.Format(clockLayout) + "  " + b.place
}

// burn writes the text for a wall time, in the zone that it is in, into p, which is planar or semi-planar 4:2:0.
func (b *burner) burn(p *astiav.Frame, at time.Time) error {
	if b.text == "" || at.Unix() != b.since {
		if text := b.textAt(at); text != b.text {
			if err := b.draw(text, p.Width(), p.Height()); err != nil {
				return fmt.Errorf("burning the time into the picture: %w", err)
			}
			b.text = text
		}
		b.since = at.Unix()
	}
	margin := b.size / 2 &^ 1
	y := max(0, p.Height()-b.h-margin) &^ 1
	return avError(C.stamp(cFrame(p), cFrame(b.label), C.int(b.w), C.int(b.h), C.int(min(margin, p.Width()-b.w)&^1), C.int(y)))
}

// draw makes the box for pictures of w by h. Letters are a 24th of the picture high, or smaller so that the text has room.
func (b *burner) draw(text string, w, h int) error {
	if b.size == 0 {
		b.size = max(12, h/24)
	}
	for ; ; b.size = b.size * 7 / 8 {
		border := b.size / 4
		b.h = min(h, b.size+2*border) &^ 1
		// Drawn with room to spare, as what is cut off at the edge cannot be measured.
		chain := fmt.Sprintf("color=c=black:s=%dx%d:r=1,format=yuv420p,drawtext=%s:fontcolor=white:fontsize=%d:x=%d:y=(h-th)/2:expansion=none:text=%s,buffersink@out",
			3*w, b.h, b.font, b.size, border, escape(escape(text, optionSpecial), graphSpecial))
		c := C.CString(chain)
		err := avError(C.render(c, cFrame(b.label)))
		C.free(unsafe.Pointer(c))
		if err != nil {
			return err
		}
		b.w = int(C.extent(cFrame(b.label))) + border + 1
		if b.w <= w || b.size <= 8 {
			b.w = min(b.w, w) &^ 1
			return nil
		}
	}
}

func (b *burner) free() { b.label.Free() }
