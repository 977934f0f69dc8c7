package recorder

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kinora/mkv"
)

// Names of the tags that a take's fragments carry beside mkv.Take, mkv.GapBefore, mkv.GapBehind and what a person gives.
const (
	NameTag     = "KINORA_NAME" // on the first fragment, as the next two
	OperatorTag = "KINORA_OPERATOR"
	NoteTag     = "KINORA_NOTE"
	ClockTag    = "KINORA_CLOCK" // by how many milliseconds producer times are later than the source's clock said
)

// The service's limits on the tags of a fragment.
const (
	maxTags      = 10
	maxTagName   = 128 // bytes
	maxTagValue  = 256 // bytes
	maxPersisted = 3   // tags of a take, so that there is room for the others and for markers
)

// persistent checks the tags that a take gives to every fragment.
func persistent(tags []mkv.Tag) ([]mkv.Tag, error) {
	if len(tags) > maxPersisted {
		return nil, fmt.Errorf("%d tags are too many for a recording: it takes %d", len(tags), maxPersisted)
	}
	fitted := make([]mkv.Tag, len(tags))
	for i, t := range tags {
		var err error
		if fitted[i], err = fit(t); err != nil {
			return nil, err
		}
	}
	return fitted, nil
}

// fit cuts a tag to what the service takes, between two characters. The error says why the service would never take it.
func fit(t mkv.Tag) (mkv.Tag, error) {
	t = mkv.Tag{Name: clip(t.Name, maxTagName), Value: clip(t.Value, maxTagValue)}
	switch {
	case t.Name == "":
		return t, fmt.Errorf("a tag needs a name")
	case strings.HasPrefix(t.Name, "AWS"):
		return t, fmt.Errorf("the tag %s cannot be written: names that begin with AWS belong to the service", t.Name)
	}
	return t, nil
}

// clip returns at most n bytes of text, cut between two characters. What is not UTF-8, or would end a string in Matroska,
// is left out.
func clip(text string, n int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// leading returns the tags in front of a fragment's Cluster.
func (m *muxer) leading(number int) []mkv.Tag {
	tags := append(make([]mkv.Tag, 0, maxTags), mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("%s/%06d", m.take.ID(), number)})
	if m.shift != 0 {
		tags = append(tags, m.clock())
	}
	if m.gap != "" && !m.stored.IsZero() && m.producer(m.start).Sub(m.stored) >= time.Second {
		tags = append(tags, mkv.Tag{Name: mkv.GapBefore, Value: m.gap})
	}
	if !m.named {
		a := m.take.About()
		for _, t := range []mkv.Tag{{Name: NameTag, Value: a.Name}, {Name: OperatorTag, Value: a.Operator}, {Name: NoteTag, Value: a.Note}} {
			if t.Value = clip(t.Value, maxTagValue); t.Value != "" {
				tags = append(tags, t)
			}
		}
	}
	return append(tags, m.tags...)
}

// room is how many markers the fragment that is open, or the next one, takes, one place being kept for END_OF_FRAGMENT.
func (m *muxer) room() int {
	leads := m.leads
	if m.file == nil {
		leads = len(m.leading(0))
	}
	return maxTags - 1 - leads
}

// mark keeps a marker for the end of the fragment.
func (m *muxer) mark(tag mkv.Tag) error {
	if len(m.markers) >= m.room() {
		return fmt.Errorf("%d markers are all that a fragment takes: press again in %v", len(m.markers), m.length)
	}
	m.markers = append(m.markers, tag)
	m.tally.mark()
	return nil
}
