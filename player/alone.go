package player

import "kinora/media"

// alone reports whether a timeline has sound and no picture.
func (l *timeline) alone() bool { return l.track.Kind == media.Audio }

// whole returns a packet of sound as one that can be decoded by itself, which all of them can, whatever their source says.
func whole(p *media.Packet) *media.Packet {
	if p.Key {
		return p
	}
	same := *p
	same.Key = true
	return &same
}

// hearAlone plays a packet of a stream that has sound and no picture: what measures when pictures are due measures sound instead.
func (in *instance) hearAlone(it item) {
	if in.firstPicture.IsZero() {
		in.firstPicture = it.arrived
		in.phase, in.cause = Live, nil
		in.p.status.enter(Live, it.arrived, nil)
	}
	in.live.due(it.packet.PTS, it.arrived, 0)
	in.live.sound = in.sound.tell(in.line, in.live.clock, in.live.unsettled(it.arrived))
	in.p.status.delay.Store(int64(in.live.delay()))
	in.sound.put(heard{it.packet, in.line, in.line.track}, it.arrived)
}
