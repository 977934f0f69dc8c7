package ffmpeg

/*
#cgo pkg-config: libavutil
#include "scale.h"

static int copy(AVFrame *dst, const AVFrame *src)
{
	int r = av_frame_make_writable(dst);
	return r < 0 ? r : av_frame_copy(dst, src);
}
*/
import "C"

import (
	"image"
	"time"

	"github.com/asticode/go-astiav"
)

// framing brings pictures of any size and format to the one that an encoder takes: scaled between black bars, turned,
// and with text burnt in. Pictures that are right already pass as they are. One goroutine at a time.
type framing struct {
	space  colorSpace
	scaler scaler
	canvas *astiav.Frame // scaled
	turner *turner       // nil: pictures are not turned
	turned *astiav.Frame
	burner *burner // nil: nothing is burnt in
}

// newFraming makes one for an encoder that takes a format. The burner stays its owner's.
func newFraming(s settings, format astiav.PixelFormat) (*framing, error) {
	f := &framing{space: s.space, canvas: astiav.AllocFrame(), turned: astiav.AllocFrame(), burner: s.burner}
	err := allocPicture(f.canvas, s.facing.size(s.size), format)
	if err == nil {
		f.turner, err = newTurner(s.facing, f.canvas)
	}
	if err != nil {
		f.free()
		return nil, err
	}
	return f, nil
}

// frame gives the picture to encode of p, whose wall time is at. It is p itself or memory of the framing's own, valid
// until the next call; p's samples stay as they are.
func (f *framing) frame(p *astiav.Frame, at time.Time) (*astiav.Frame, error) {
	var err error
	switch {
	case !f.fits(p):
		err = f.scaler.convert(p, f.canvas, f.space)
		p = f.canvas
	case f.burner != nil && f.turner == nil: // text must not get into the caller's picture
		err = avError(C.copy(cFrame(f.canvas), cFrame(p)))
		p = f.canvas
	}
	if err != nil {
		return nil, err
	}
	if f.turner != nil {
		if err := f.turner.turn(p, f.turned); err != nil {
			return nil, err
		}
		p = f.turned
	}
	if f.burner != nil {
		if err := f.burner.burn(p, at); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (f *framing) fits(p *astiav.Frame) bool {
	return p.Width() == f.canvas.Width() && p.Height() == f.canvas.Height() && p.PixelFormat() == f.canvas.PixelFormat() &&
		p.ColorRange() != astiav.ColorRangeJpeg
}

func (f *framing) free() {
	f.canvas.Free()
	f.turned.Free()
	f.scaler.free()
	if f.turner != nil {
		f.turner.free()
	}
}

// allocPicture gives an empty frame the memory of a picture.
func allocPicture(f *astiav.Frame, size image.Point, format astiav.PixelFormat) error {
	f.SetWidth(size.X)
	f.SetHeight(size.Y)
	f.SetPixelFormat(format)
	return f.AllocBuffer(0)
}

// blacken makes a picture black, at limited range.
func blacken(f *astiav.Frame) error {
	return avError(C.blacken(cFrame(f), 0, 0, C.int(f.Width()), C.int(f.Height())))
}
