package mkv

const (
	flagKey    = 0x80
	flagLacing = 0x06
)

// block reads the body of a SimpleBlock or Block that stands at the given offset: track number, relative time,
// flags and one frame.
func (ev *Event) block(id uint32, b []byte, offset int64) (flags byte, err error) {
	if len(b) == 0 {
		return 0, syntaxError(offset, id, "is empty")
	}
	n := vintLen(b[0])
	if n == 0 || len(b) < n+3 {
		return 0, syntaxError(offset, id, "its %d bytes are too few for a track number, a time and flags", len(b))
	}
	track := vint(b[:n])
	if track == 0 || track > 1<<31 {
		return 0, syntaxError(offset, id, "%d is no track number", track)
	}
	flags = b[n+2]
	if flags&flagLacing != 0 {
		return 0, syntaxError(offset, id, "holds several frames (lacing); KVS takes one frame a block")
	}
	ev.Track = int(track)
	ev.Relative = int16(b[n])<<8 | int16(b[n+1])
	ev.Data = b[n+3:]
	return flags, nil
}

func (ev *Event) simpleBlock(b []byte, offset int64) error {
	flags, err := ev.block(idSimpleBlock, b, offset)
	ev.Key = flags&flagKey != 0
	return err
}

// blockGroup reads the body, at offset body, of a BlockGroup. Its frame is a key frame when it refers to no other.
func (ev *Event) blockGroup(b []byte, offset, body int64) error {
	ev.Key = true
	for len(b) > 0 {
		e, reason := elementAt(b)
		switch {
		case reason != "":
			return syntaxError(body, idBlockGroup, "%s", reason)
		case e.size == unknownSize || e.size > int64(len(b)-e.head):
			return syntaxError(body, e.id, "reaches beyond the end of its BlockGroup")
		}
		end := e.head + int(e.size)
		switch e.id {
		case idReferenceBlock:
			ev.Key = false
		case idBlock:
			if ev.Track != 0 {
				return syntaxError(body, e.id, "is the second in its BlockGroup")
			}
			if _, err := ev.block(e.id, b[e.head:end], body); err != nil {
				return err
			}
		}
		b, body = b[end:], body+int64(end)
	}
	if ev.Track == 0 {
		return syntaxError(offset, idBlockGroup, "has no Block")
	}
	return nil
}
