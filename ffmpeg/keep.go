package ffmpeg

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"image"

	"github.com/asticode/go-astiav"
)

// drawer draws the pictures of one decoder, those that outlive it too. The last one to leave it frees it.
type drawer struct {
	name   string // of the decoder, for errors
	scaler scaler
	users  int
	spare  []*Picture // released; used again
}

// spares bounds the pictures without a content that wait to be used again.
const spares = 64

func (d *drawer) draw(f *astiav.Frame, dst *image.RGBA) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w < 1 || h < 1 || dst.Stride != 4*w || len(dst.Pix) < 4*w*h {
		return fmt.Errorf("%s: cannot draw into an image of %dx%d with stride %d and %d bytes", d.name, w, h, dst.Stride, len(dst.Pix))
	}
	if err := d.scaler.draw(f, dst); err != nil {
		return fmt.Errorf("%s: converting a %dx%d picture to %dx%d: %w", d.name, f.Width(), f.Height(), w, h, err)
	}
	return nil
}

func (d *drawer) leave() {
	if d.users--; d.users > 0 {
		return
	}
	d.scaler.free()
	for _, p := range d.spare {
		p.frame.Free()
	}
	d.spare = nil
}

// Picture is a decoded picture that stays when its decoder goes on, and when it is closed. It shares the decoder's
// buffers: nothing is copied. One goroutine at a time for a decoder and all that was kept of it; Release frees it.
type Picture struct {
	drawer *drawer
	frame  *astiav.Frame
	bytes  int
}

// Keep returns the current picture for keeps, nil when there is none or no memory for it.
func (d *VideoDecoder) Keep() *Picture {
	if !d.shown {
		return nil
	}
	var p *Picture
	if n := len(d.drawer.spare); n > 0 {
		p = d.drawer.spare[n-1]
		d.drawer.spare = d.drawer.spare[:n-1]
	} else {
		p = &Picture{drawer: d.drawer, frame: astiav.AllocFrame()}
	}
	if C.av_frame_ref(cFrame(p.frame), cFrame(d.frame)) < 0 {
		p.frame.Free()
		return nil
	}
	f := cFrame(p.frame)
	p.bytes = max(0, int(C.av_image_get_buffer_size(C.enum_AVPixelFormat(f.format), f.width, f.height, 1)))
	d.drawer.users++
	return p
}

// Draw is as VideoDecoder.Draw.
func (p *Picture) Draw(dst *image.RGBA) error {
	if p.bytes == 0 {
		return errors.New("this picture was released")
	}
	return p.drawer.draw(p.frame, dst)
}

// Bytes is the memory that the picture holds.
func (p *Picture) Bytes() int { return p.bytes }

// Release gives the picture's memory back. The picture must not be used any more.
func (p *Picture) Release() {
	if p.bytes == 0 {
		return
	}
	p.bytes = 0
	p.frame.Unref()
	if len(p.drawer.spare) < spares {
		p.drawer.spare = append(p.drawer.spare, p)
	} else {
		p.frame.Free()
	}
	p.drawer.leave()
}
