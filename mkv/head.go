package mkv

import (
	"slices"
	"time"

	"kinora/media"
	"kinora/media/nal"
)

const (
	minScale = 100 * time.Nanosecond
	maxScale = time.Second

	maxTracks = 127 // what a block can name in one byte
)

type ebmlElement struct {
	EBMLDocType     string
	EBMLReadVersion uint64
	EBMLMaxIDLength uint64
}

type infoElement struct {
	TimecodeScale uint64
}

type tracksElement struct {
	TrackEntry []trackEntry
}

// parseHead reads a complete head that stands at the given offset of the input. Its elements have been delimited
// by the Parser.
func parseHead(b []byte, offset int64) (*Head, error) {
	h := &Head{Scale: time.Millisecond}
	seen := map[uint32]bool{}
	for len(b) > 0 {
		e, _ := elementAt(b)
		if e.id == idSegment {
			b, offset = b[e.head:], offset+int64(e.head)
			continue
		}
		end := e.head + int(e.size)
		if err := h.parse(e.id, b[:end], offset); err != nil {
			return nil, err
		}
		if seen[e.id] && (e.id == idInfo || e.id == idTracks) {
			return nil, syntaxError(offset, e.id, "stands twice in one head")
		}
		seen[e.id] = true
		b, offset = b[end:], offset+int64(end)
	}
	return h, nil
}

func (h *Head) parse(id uint32, b []byte, offset int64) error {
	switch id {
	case idEBML:
		return h.parseEBML(b, offset)
	case idInfo:
		return h.parseInfo(b, offset)
	case idTracks:
		return h.parseTracks(b, offset)
	case idTags:
		tags, _, err := parseTags(b, offset)
		h.Tags = append(h.Tags, tags...)
		return err
	}
	return nil
}

func (h *Head) parseEBML(b []byte, offset int64) error {
	root := struct{ EBML ebmlElement }{ebmlElement{"matroska", 1, 4}}
	if err := unmarshal(b, offset, &root); err != nil {
		return err
	}
	h.DocType = root.EBML.EBMLDocType
	if h.DocType != "matroska" && h.DocType != "webm" {
		return syntaxError(offset, idDocType, "%.32q is neither matroska nor webm", h.DocType)
	}
	if v := root.EBML.EBMLReadVersion; v > 1 {
		return syntaxError(offset, idReadVer, "version %d of EBML is not known here", v)
	}
	if n := root.EBML.EBMLMaxIDLength; n > 4 {
		return syntaxError(offset, idMaxIDLen, "IDs of %d bytes are not Matroska", n)
	}
	return nil
}

func (h *Head) parseInfo(b []byte, offset int64) error {
	root := struct{ Info infoElement }{infoElement{uint64(time.Millisecond)}}
	if err := unmarshal(b, offset, &root); err != nil {
		return err
	}
	if s := root.Info.TimecodeScale; s < uint64(minScale) || s > uint64(maxScale) {
		return syntaxError(offset, idTimecodeScale, "%d ns lies outside of 100 ns to 1 s", s)
	}
	h.Scale = time.Duration(root.Info.TimecodeScale)
	return nil
}

func (h *Head) parseTracks(b []byte, offset int64) error {
	var root struct{ Tracks tracksElement }
	if err := unmarshal(b, offset, &root); err != nil {
		return err
	}
	entries := root.Tracks.TrackEntry
	if len(entries) > maxTracks {
		return syntaxError(offset, idTracks, "%d tracks are more than %d", len(entries), maxTracks)
	}
	seen := map[uint64]bool{}
	h.Tracks = make([]media.Track, 0, len(entries))
	for _, t := range entries {
		switch {
		case t.TrackNumber == 0 || t.TrackNumber > 1<<31:
			return syntaxError(offset, idTrackEntry, "%d is no track number", t.TrackNumber)
		case seen[t.TrackNumber]:
			return syntaxError(offset, idTrackEntry, "track %d stands twice in Tracks", t.TrackNumber)
		}
		seen[t.TrackNumber] = true
		track := t.track()
		if repairAnnexB(&track) {
			h.annexB = append(h.annexB, track.ID)
		}
		if t.ContentEncodings != nil {
			h.encoded = append(h.encoded, track.ID)
		}
		h.Tracks = append(h.Tracks, track)
	}
	return nil
}

// Plain tells whether the frames of a track can be read as they are in the input or as Frame makes them: the container has
// neither compressed nor encrypted them.
func (h *Head) Plain(track int) bool { return !slices.Contains(h.encoded, track) }

// Frame returns a frame of a track, which is data in the input, as players want it: with lengths where the producer sent start codes.
func (h *Head) Frame(track int, data []byte) []byte {
	if slices.Contains(h.annexB, track) {
		return nal.AVCC(make([]byte, 0, len(data)+16), data)
	}
	return data
}
