package ffmpeg

/*
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/videodev2.h>

static int open_device(const char *path) { return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); }

static int xioctl(int fd, unsigned long request, void *arg)
{
	int r;
	do
		r = ioctl(fd, request, arg);
	while (r < 0 && errno == EINTR);
	return r;
}

static int list_format(int fd, int i, struct v4l2_fmtdesc *d)
{
	*d = (struct v4l2_fmtdesc){.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	return xioctl(fd, VIDIOC_ENUM_FMT, d) == 0;
}

// The i-th size, or the largest of a range.
static int list_size(int fd, int i, __u32 format, __u32 *w, __u32 *h, int *range)
{
	struct v4l2_frmsizeenum s = {.index = i, .pixel_format = format};
	if (xioctl(fd, VIDIOC_ENUM_FRAMESIZES, &s))
		return 0;
	*range = s.type != V4L2_FRMSIZE_TYPE_DISCRETE;
	*w = *range ? s.stepwise.max_width : s.discrete.width;
	*h = *range ? s.stepwise.max_height : s.discrete.height;
	return 1;
}

// The i-th time between pictures, or the shortest of a range.
static int list_interval(int fd, int i, __u32 format, __u32 w, __u32 h, __u32 *num, __u32 *den, int *range)
{
	struct v4l2_frmivalenum v = {.index = i, .pixel_format = format, .width = w, .height = h};
	if (xioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &v))
		return 0;
	*range = v.type != V4L2_FRMIVAL_TYPE_DISCRETE;
	*num = *range ? v.stepwise.min.numerator : v.discrete.numerator;
	*den = *range ? v.stepwise.min.denominator : v.discrete.denominator;
	return 1;
}
*/
import "C"

import (
	"image"
	"unsafe"
)

// mostModes bounds what a driver that never ends its lists can make of them.
const mostModes = 100

// fourCCs are the formats of cameras that FFmpeg decodes, by its names.
var fourCCs = map[C.__u32]string{
	C.V4L2_PIX_FMT_YUYV: "yuyv422", C.V4L2_PIX_FMT_UYVY: "uyvy422", C.V4L2_PIX_FMT_NV12: "nv12", C.V4L2_PIX_FMT_YUV420: "yuv420p",
	C.V4L2_PIX_FMT_MJPEG: "mjpeg", C.V4L2_PIX_FMT_JPEG: "mjpeg", C.V4L2_PIX_FMT_H264: "h264", C.V4L2_PIX_FMT_HEVC: "hevc",
	C.V4L2_PIX_FMT_RGB24: "rgb24", C.V4L2_PIX_FMT_BGR24: "bgr24", C.V4L2_PIX_FMT_GREY: "gray",
}

// modes asks a camera's driver. There is nothing when the camera cannot be opened: capturing it will say why.
func modes(path string) (found []Mode) {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	fd := C.open_device(p)
	if fd < 0 {
		return nil
	}
	defer C.close(fd)
	var d C.struct_v4l2_fmtdesc
	for i := C.int(0); i < mostModes && C.list_format(fd, i, &d) != 0; i++ {
		name, known := fourCCs[d.pixelformat]
		if !known {
			continue
		}
		var w, h C.__u32
		var range_ C.int
		for j := C.int(0); j < mostModes && range_ == 0 && C.list_size(fd, j, d.pixelformat, &w, &h, &range_) != 0; j++ {
			for _, rate := range rates(fd, d.pixelformat, w, h) {
				found = append(found, Mode{Size: image.Pt(int(w), int(h)), Rate: rate, Format: name})
			}
		}
	}
	return sortModes(found)
}

// rates lists the pictures a second of a size; a driver that does not tell has one that is zero.
func rates(fd C.int, format, w, h C.__u32) (found []float64) {
	var num, den C.__u32
	var range_ C.int
	for i := C.int(0); i < mostModes && range_ == 0 && C.list_interval(fd, i, format, w, h, &num, &den, &range_) != 0; i++ {
		if num > 0 && den > 0 {
			found = append(found, float64(den)/float64(num))
		}
	}
	if found == nil {
		return []float64{0}
	}
	return found
}
