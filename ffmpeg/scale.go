package ffmpeg

/*
#cgo pkg-config: libswscale libavutil
#include "scale.h"
*/
import "C"

import (
	"image"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// scaler converts pictures with swscale and keeps its context for as long as the pictures stay alike. The zero value
// works; one goroutine at a time.
type scaler struct{ c C.scaler }

// draw converts f into dst, which must be tight.
func (s *scaler) draw(f *astiav.Frame, dst *image.RGBA) error {
	return avError(C.draw(&s.c, cFrame(f), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(dst.Pix))),
		C.int(dst.Rect.Dx()), C.int(dst.Rect.Dy())))
}

// convert converts f into the planes of dst, whose size and format (4:2:0) are set, in limited range. A picture of another
// shape keeps it, between black bars.
func (s *scaler) convert(f, dst *astiav.Frame, space colorSpace) error {
	return avError(C.convert(&s.c, cFrame(f), cFrame(dst), space.id))
}

func (s *scaler) free() { C.free_scaler(&s.c) }

// colorSpace is how encoded pictures are coded, by FFmpeg's names.
type colorSpace struct {
	id                          C.int
	matrix, primaries, transfer string
}

var (
	bt601 = colorSpace{C.SWS_CS_ITU601, "smpte170m", "smpte170m", "smpte170m"}
	bt709 = colorSpace{C.SWS_CS_ITU709, "bt709", "bt709", "bt709"}
)

// outputSpace chooses the matrix for encoding pictures of src at a size: the one they have if it is BT.601 or BT.709, so
// that nothing needs converting.
func outputSpace(src *astiav.CodecContext, size image.Point) colorSpace {
	space := C.int(src.ColorSpace())
	w, h := src.Width(), src.Height()
	if C.is_rgb(C.int(src.PixelFormat())) != 0 {
		space, w, h = C.AVCOL_SPC_UNSPECIFIED, size.X, size.Y
	}
	if C.colour_matrix(space, C.int(w), C.int(h)) == C.SWS_CS_ITU601 {
		return bt601
	}
	return bt709
}
