package ffmpeg

/*
#cgo pkg-config: libavfilter libavutil
#include <stdio.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>

typedef struct {
	AVFilterGraph *graph;
	AVFilterContext *source, *sink;
} turner;

static void free_turner(turner *t) { avfilter_graph_free(&t->graph); }

static int build_turner(turner *t, const AVFrame *like, const char *filters)
{
	char chain[512];
	int r;

	if (!(t->graph = avfilter_graph_alloc()))
		return AVERROR(ENOMEM);
	t->graph->nb_threads = 1;
	snprintf(chain, sizeof chain, "buffer@in=width=%d:height=%d:pix_fmt=%d:time_base=1/1000000000,%s,buffersink@out",
		like->width, like->height, like->format, filters);
	if ((r = avfilter_graph_parse_ptr(t->graph, chain, NULL, NULL, NULL)) < 0 || (r = avfilter_graph_config(t->graph, NULL)) < 0)
		return r;
	t->source = avfilter_graph_get_filter(t->graph, "buffer@in");
	t->sink = avfilter_graph_get_filter(t->graph, "buffersink@out");
	return t->source && t->sink ? 0 : AVERROR_BUG;
}

static int turn(turner *t, AVFrame *f, AVFrame *dst)
{
	int r = av_buffersrc_add_frame_flags(t->source, f, AV_BUFFERSRC_FLAG_KEEP_REF);

	if (r < 0)
		return r;
	av_frame_unref(dst);
	return av_buffersink_get_frame(t->sink, dst);
}
*/
import "C"

import (
	"fmt"
	"image"
	"strings"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// orientation is how pictures are turned: clockwise by 0, 90, 180 or 270 degrees, and then mirrored left to right.
type orientation struct {
	rotate int
	mirror bool
}

func (o orientation) check() error {
	if o.rotate%90 != 0 || o.rotate < 0 || o.rotate > 270 {
		return fmt.Errorf("pictures cannot be turned by %d degrees; choose 0, 90, 180 or 270", o.rotate)
	}
	return nil
}

// size is that of a picture after turning, or before.
func (o orientation) size(p image.Point) image.Point {
	if o.rotate%180 != 0 {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// filters is the chain that turns, empty when there is nothing to do.
func (o orientation) filters() string {
	var chain []string
	switch o.rotate {
	case 90:
		chain = append(chain, "transpose=clock")
	case 180:
		chain = append(chain, "hflip", "vflip")
	case 270:
		chain = append(chain, "transpose=cclock")
	}
	if o.mirror {
		chain = append(chain, "hflip")
	}
	return strings.Join(chain, ",")
}

// turner is a filter graph that turns pictures of one size and format. One goroutine at a time.
type turner struct{ c C.turner }

// newTurner makes one for pictures like the given; nil when they are to stay as they are.
func newTurner(o orientation, like *astiav.Frame) (*turner, error) {
	filters := o.filters()
	if filters == "" {
		return nil, nil
	}
	chain := C.CString(filters)
	defer C.free(unsafe.Pointer(chain))
	t := new(turner)
	if err := avError(C.build_turner(&t.c, cFrame(like), chain)); err != nil {
		t.free()
		return nil, fmt.Errorf("turning pictures: %w", err)
	}
	return t, nil
}

// turn puts f, turned, into dst. f stays as it is.
func (t *turner) turn(f, dst *astiav.Frame) error {
	if err := avError(C.turn(&t.c, cFrame(f), cFrame(dst))); err != nil {
		return fmt.Errorf("turning a picture: %w", err)
	}
	return nil
}

func (t *turner) free() { C.free_turner(&t.c) }
