package player

import (
	"image"
	"time"
)

// keptBytes bounds the pictures that one deck keeps to go backwards: 46 of 1280x720, 20 of 1920x1080, 5 of 3840x2160.
const keptBytes = 64 << 20

// keptPicture is a picture of a roll that is not decoded again.
type keptPicture struct {
	roll *roll
	pts  time.Duration
	size image.Point
	Picture
}

// kept is a bounded row of pictures, the newest last. When it is full the oldest go. One goroutine.
type kept struct {
	pictures []keptPicture
	bytes    int
}

// add takes over a picture.
func (k *kept) add(p keptPicture) {
	k.pictures = append(k.pictures, p)
	k.bytes += p.Bytes()
	for k.bytes > keptBytes && len(k.pictures) > 1 {
		k.drop(0)
	}
}

// find returns the picture of a roll at a time.
func (k *kept) find(r *roll, pts time.Duration) (keptPicture, bool) {
	for i := len(k.pictures) - 1; i >= 0; i-- {
		if p := k.pictures[i]; p.pts == pts && p.roll.same(r) {
			return p, true
		}
	}
	return keptPicture{}, false
}

func (k *kept) drop(i int) {
	k.bytes -= k.pictures[i].Bytes()
	k.pictures[i].Release()
	copy(k.pictures[i:], k.pictures[i+1:])
	k.pictures[len(k.pictures)-1] = keptPicture{}
	k.pictures = k.pictures[:len(k.pictures)-1]
}

func (k *kept) clear() {
	for len(k.pictures) > 0 {
		k.drop(len(k.pictures) - 1)
	}
}
