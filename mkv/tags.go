package mkv

import (
	"bytes"

	"github.com/at-wat/ebml-go"
)

// A Tag is one SimpleTag: a name and its text.
type Tag struct{ Name, Value string }

// Names of tags that KVS reserves. The first group is sent by producers, the second wraps each fragment of
// GetMedia, the third tells of an error in GetMedia and GetMediaForFragmentList.
const (
	EndOfFragment   = "AWS_KINESISVIDEO_END_OF_FRAGMENT"
	Notification    = "AWS_KINESISVIDEO_NOTIFICATION"
	ImageGeneration = "AWS_KINESISVIDEO_IMAGE_GENERATION"
	ImagePrefix     = "AWS_KINESISVIDEO_IMAGE_PREFIX"

	FragmentNumber    = "AWS_KINESISVIDEO_FRAGMENT_NUMBER"
	ServerTimestamp   = "AWS_KINESISVIDEO_SERVER_TIMESTAMP"
	ProducerTimestamp = "AWS_KINESISVIDEO_PRODUCER_TIMESTAMP"
	MillisBehindNow   = "AWS_KINESISVIDEO_MILLIS_BEHIND_NOW"
	ContinuationToken = "AWS_KINESISVIDEO_CONTINUATION_TOKEN"

	ErrorCode          = "AWS_KINESISVIDEO_ERROR_CODE"
	ErrorID            = "AWS_KINESISVIDEO_ERROR_ID"
	ExceptionErrorCode = "AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE"
	ExceptionMessage   = "AWS_KINESISVIDEO_EXCEPTION_MESSAGE"
)

// Take is the name of the tag by which Kinora's recorder says which fragment this is: "<take>/<number>", which with the
// producer timestamp names one fragment for ever. It stands in front of the Cluster; a service that knows it recognises
// what was sent twice.
const Take = "KINORA_TAKE"

// GapBefore and GapBehind are names of the tags by which Kinora's recorder says why nothing is recorded in front of a fragment, and
// behind it. Their value is one of media's reasons for gaps.
const (
	GapBefore = "KINORA_GAP"
	GapBehind = "KINORA_END"
)

// find returns the value of the last tag of that name: among duplicates the last wins.
func find(tags []Tag, name string) (string, bool) {
	for i := len(tags) - 1; i >= 0; i-- {
		if tags[i].Name == name {
			return tags[i].Value, true
		}
	}
	return "", false
}

type tagsElement struct {
	Tag []tagElement
}

type tagElement struct {
	Targets   *struct{}
	SimpleTag []simpleTagElement
}

type simpleTagElement struct {
	TagName, TagString string
}

// AppendTags appends one Tags element with one Tag that holds the given tags, every size a 4-byte integer and
// without Targets: the form in which KVS itself writes tags.
func AppendTags(dst []byte, tags ...Tag) []byte {
	t := tagElement{SimpleTag: make([]simpleTagElement, len(tags))}
	for i, tag := range tags {
		t.SimpleTag[i] = simpleTagElement{tag.Name, tag.Value}
	}
	b := bytes.NewBuffer(dst)
	root := struct{ Tags tagsElement }{tagsElement{[]tagElement{t}}}
	if err := ebml.Marshal(&root, b, ebml.WithDataSizeLen(4)); err != nil {
		panic("mkv: marshalling tags: " + err.Error()) // a bytes.Buffer takes all, and the types are fixed
	}
	return b.Bytes()
}

// parseTags reads a complete Tags element that stands at the given offset. targeted says whether any Tag in it has
// Targets, which makes it describe the file or a track rather than a fragment.
func parseTags(b []byte, offset int64) (tags []Tag, targeted bool, err error) {
	var root struct{ Tags tagsElement }
	if err := unmarshal(b, offset, &root); err != nil {
		return nil, false, err
	}
	for _, t := range root.Tags.Tag {
		targeted = targeted || t.Targets != nil
		for _, s := range t.SimpleTag {
			tags = append(tags, Tag{s.TagName, s.TagString})
		}
	}
	return tags, targeted, nil
}
