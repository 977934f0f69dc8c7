package ffmpeg

/*
#include "log.h"
*/
import "C"

import (
	"fmt"
	"image"
	"runtime"
	"sync"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// choose returns encoders in the order in which to open them: those of the hardware that work on this computer and then
// software, or the one of a name alone.
func choose(name string) ([]*h264, error) {
	if name == "" {
		return append(working(), software), nil
	}
	for _, h := range append([]*h264{software}, hardware...) {
		if h.name == name {
			return []*h264{h}, nil
		}
	}
	return nil, fmt.Errorf("there is no H.264 encoder %q; leave the choice open, and the first that works is taken", name)
}

// working tries the hardware once: that an encoder is built in, and even that it opens, says little.
var working = sync.OnceValue(func() (found []*h264) {
	for _, h := range hardware {
		if err := quietly(func() error { return try(h) }); err != nil {
			logger().Debug("ffmpeg: an encoder does not work here", "encoder", h.name, "error", err)
			continue
		}
		found = append(found, h)
	}
	return found[:len(found):len(found)]
})

// quietly does what may fail each time it is tried, without FFmpeg's complaints on this thread.
func quietly(attempt func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.hush(1)
	defer C.hush(0)
	return attempt()
}

// try encodes black pictures.
func try(h *h264) error {
	size := image.Pt(640, 360) // some take nothing small
	black := astiav.AllocFrame()
	defer black.Free()
	if err := allocPicture(black, size, astiav.PixelFormatYuv420P); err != nil {
		return err
	}
	if err := blacken(black); err != nil {
		return err
	}
	s := settings{quality: Balanced.quality(), size: size, space: bt601, rate: 30, interval: time.Second, bitrate: 1_000_000}
	var got []*media.Packet
	e, err := openVideoEncoder(videoTrack, s, []*h264{h}, func(p *media.Packet) error {
		got = append(got, p)
		return nil
	})
	if err != nil {
		return err
	}
	defer e.free()
	e.spare = nil
	const n = 4
	for i := range n {
		if err := e.encode(black, time.Duration(i)*time.Second/30); err != nil {
			return err
		}
	}
	if err := e.encode(nil, 0); err != nil {
		return err
	}
	if len(got) != n || !got[0].Key {
		return fmt.Errorf("it gave %d packets of %d pictures", len(got), n)
	}
	return nil
}
