package upload

import (
	"bytes"
	"io"
	"slices"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

// rounding is by how much two counts of the same frames may differ.
const rounding = 2 * time.Millisecond

// span reads from a fragment how long the service must say at least that it is when it has all of it: from the first frame to the last, whose
// own duration is left out. Only pictures count when there are some: sound may reach a little further, and not every
// service looks at it.
func span(f *spool.Fragment) (time.Duration, error) {
	defer f.Hold()()
	head, err := f.Head()
	if err != nil {
		return 0, err
	}
	body := io.NewSectionReader(f, 0, f.Size())
	p := mkv.NewParser(io.MultiReader(bytes.NewReader(head), body), mkv.ParserOptions{})
	var scale time.Duration
	var pictures int
	first, last, begun := int16(0), int16(0), false
	for {
		e, err := p.Next()
		switch {
		case err == io.EOF:
			return time.Duration(int(last)-int(first)) * scale, nil
		case err != nil:
			return 0, err
		case e.Kind == mkv.Header:
			scale = e.Head.Scale
			if i := slices.IndexFunc(e.Head.Tracks, func(t media.Track) bool { return t.Kind == media.Video }); i >= 0 {
				pictures = e.Head.Tracks[i].ID
			}
		case e.Kind == mkv.Frame && (pictures == 0 || e.Track == pictures):
			if !begun {
				first, last, begun = e.Relative, e.Relative, true
			}
			first, last = min(first, e.Relative), max(last, e.Relative)
		}
	}
}
