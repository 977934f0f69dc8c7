package localkvs

import (
	"fmt"
	"strconv"
	"time"

	"kinora/media"
	"kinora/mp4"
)

// lowLatency tells whether a player wants the parts of fragments too, while they arrive.
func (r *play) lowLatency() (bool, error) {
	switch r.query.Get("LowLatency") {
	case "", "NO":
		return false, nil
	case "YES":
	default:
		return false, invalidArgument("LowLatency must be YES or NO.")
	}
	if r.Mode != live || r.Container != fragmentedMP4 {
		return false, invalidArgument("LowLatency needs a session whose PlaybackMode is LIVE and whose ContainerFormat is FRAGMENTED_MP4.")
	}
	return true, nil
}

// withParts is how many of the newest whole fragments are listed with their parts.
const withParts = 3

// partsPlaylist lists the fragments of one track, the newest of them and the one that arrives in parts. It waits as RFC 8216bis says.
func (r *play) partsPlaylist(err error) (answered, error) {
	if err != nil {
		return answered{}, err
	}
	kind, err := r.kind()
	if err != nil {
		return answered{}, err
	}
	v, err := r.reload(kind)
	if err != nil {
		return answered{}, err
	}
	if len(v.shown) == 0 {
		return answered{}, noFragments()
	}
	list, err := r.newTrackList(&v.window)
	if err != nil {
		return answered{}, err
	}
	target := r.partTarget()
	fmt.Fprintf(&list.b, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%s\n#EXT-X-PART-INF:PART-TARGET=%s\n#EXT-X-INDEPENDENT-SEGMENTS\n",
		seconds3(3*target), seconds3(target))
	for i := range v.shown {
		f := &v.shown[i]
		if err := list.lead(f, func() (head, error) { return r.headIn(r.stream, &v.window, i) }); err != nil {
			return answered{}, err
		}
		if i >= len(v.shown)-withParts && list.track != 0 {
			parts, err := r.partsOf(f, kind)
			if err != nil {
				return answered{}, err
			}
			list.parts(f, parts)
		}
		list.segment(f, f.length)
	}
	if err := list.tail(v.tail); err != nil {
		return answered{}, err
	}
	if err := list.reports(&v); err != nil {
		return answered{}, err
	}
	return answered{kindPlaylist, [][]byte{list.b.Bytes()}, false}, nil
}

// kind is that of the track which the request names, as the list will have it.
func (r *play) kind() (media.Kind, error) {
	w, err := r.window()
	if err != nil {
		return 0, err
	}
	if len(w.shown) == 0 {
		return 0, noFragments()
	}
	list, err := r.newTrackList(&w)
	if err != nil {
		return 0, err
	}
	return list.kind, nil
}

// tail writes the parts of what arrives, and a hint at the one that will be next.
func (l *trackList) tail(t *tail) error {
	if t == nil {
		return nil
	}
	if len(t.parts) == 0 && l.config != t.config {
		return nil // it is shown how it is coded when there is something to decode
	}
	if len(t.parts) > 0 {
		if err := l.lead(&t.shown, func() (head, error) { return head{tracks: t.head.Tracks}, nil }); err != nil {
			return err
		}
	}
	if l.track == 0 {
		return nil
	}
	l.parts(&t.shown, t.parts)
	if !t.over && t.Track.ID != 0 {
		fmt.Fprintf(&l.b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s\"\n", l.partURI(&t.shown, len(t.parts)))
	}
	return nil
}

func (l *trackList) parts(f *shown, parts []mp4.Part) {
	for i, p := range parts {
		fmt.Fprintf(&l.b, "#EXT-X-PART:DURATION=%s,URI=\"%s\"", seconds3(p.Length), l.partURI(f, i))
		if p.Independent {
			l.b.WriteString(",INDEPENDENT=YES")
		}
		l.b.WriteByte('\n')
	}
}

func (l *trackList) partURI(f *shown, part int) string {
	return l.uri("getMP4Part.mp4", "FragmentNumber", f.Number.String(), "Part", strconv.Itoa(part), "TrackNumber", strconv.Itoa(l.track))
}

// reports says how far the playlist of the other track has come.
func (l *trackList) reports(v *outlook) error {
	h, err := l.headIn(l.stream, &v.window, v.newest())
	if err != nil {
		return err
	}
	tracks, err := l.playable(h.tracks)
	if err != nil || len(tracks) < 2 {
		return err
	}
	other := tracks[0]
	if other.Kind == l.kind {
		other = tracks[1]
	}
	there, err := l.look(other.Kind, time.Now())
	if err != nil {
		return err
	}
	fragment, parts := there.end(), there.last
	if there.tail != nil && len(there.tail.parts) > 0 {
		fragment, parts = fragment+1, len(there.tail.parts)
	}
	fmt.Fprintf(&l.b, "#EXT-X-RENDITION-REPORT:URI=\"%s\",LAST-MSN=%d", l.mediaURI(true, other.ID), fragment)
	if parts > 0 {
		fmt.Fprintf(&l.b, ",LAST-PART=%d", parts-1)
	}
	l.b.WriteByte('\n')
	return nil
}
