package ffmpeg

/*
#cgo pkg-config: libavdevice libavformat libavutil
#include <stdlib.h>
#include <libavdevice/avdevice.h>

static int list_sources(const char *format, AVDeviceInfoList **list)
{
	const AVInputFormat *f = av_find_input_format(format);
	return f ? avdevice_list_input_sources(f, NULL, NULL, list) : AVERROR_DEMUXER_NOT_FOUND;
}

// Devices that do not say what they give may give anything.
static int gives(const AVDeviceInfo *d, enum AVMediaType type)
{
	for (int i = 0; i < d->nb_media_types; i++)
		if (d->media_types[i] == type)
			return 1;
	return !d->nb_media_types;
}
*/
import "C"

import "unsafe"

// listed is a device as FFmpeg lists it.
type listed struct {
	name, description string
	video, audio      bool
}

// sources asks one of FFmpeg's input devices what there is, the system's own choice first. There is nothing where that
// device is not built in, cannot list or finds nothing.
func sources(format string) (found []listed) {
	registerDevices()
	f := C.CString(format)
	defer C.free(unsafe.Pointer(f))
	var list *C.AVDeviceInfoList
	if code := C.list_sources(f, &list); code < 0 || list == nil {
		logger().Debug("ffmpeg: devices are not listed", "format", format, "error", avError(code))
		return nil
	}
	defer C.avdevice_free_list_devices(&list)
	for i, d := range unsafe.Slice(list.devices, int(list.nb_devices)) {
		l := listed{
			name: C.GoString(d.device_name), description: C.GoString(d.device_description),
			video: C.gives(d, C.AVMEDIA_TYPE_VIDEO) != 0, audio: C.gives(d, C.AVMEDIA_TYPE_AUDIO) != 0,
		}
		if i == int(list.default_device) {
			found = append([]listed{l}, found...)
			continue
		}
		found = append(found, l)
	}
	return found
}
