package mkv

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
)

// TestTagsBelongToFragments shows to which fragment tags go: the rules of the package documentation.
func TestTagsBelongToFragments(t *testing.T) {
	void := el(idVoid, make([]byte, 3))
	cues := el(idCues, make([]byte, 200))
	targeted := el(idTags, el(idTag, el(idTargets), el(idSimpleTag, str(idTagName, "ENCODER"), str(idTagString, "x"))))
	a, b := cluster(1, block(1, 0)), cluster(2, block(1, 0))
	documents := ParserOptions{Documents: true}
	for _, c := range []struct {
		name  string
		input []byte
		o     ParserOptions
		want  string
	}{
		{"none", cat(head1, a, b), ParserOptions{}, "H S F E S F E"},
		{"in front of the first cluster", cat(head1, tag("x"), a), ParserOptions{}, "H S(x) F E"},
		{"in front of Tracks", cat(docHead, tag("x"), tracks1, a), ParserOptions{}, "H(x) S F E"},
		{"with targets", cat(head1, targeted, a), ParserOptions{}, "H(ENCODER) S F E"},
		{"with targets, then without", cat(head1, targeted, void, tag("x"), void, tag("y"), a), ParserOptions{}, "H(ENCODER) S(x,y) F E"},
		{"without targets, then with", cat(head1, tag("x"), targeted, a), ParserOptions{}, "H(x,ENCODER) S F E"},
		{"between clusters", cat(head1, a, tag("x"), tag("y"), b), ParserOptions{}, "H S F E S(x,y) F E"},
		{"in front of an explicit end", cat(head1, a, tag("x"), tag(EndOfFragment), b), ParserOptions{}, "H S F E!(x," + EndOfFragment + ") S F E"},
		{"after an explicit end", cat(head1, a, tag(EndOfFragment), tag("x"), b), ParserOptions{}, "H S F E!(" + EndOfFragment + ") S(x) F E"},
		{"at the end", cat(head1, a, tag("x")), ParserOptions{}, "H S F E(x)"},
		{"at the end, after an explicit end", cat(head1, a, tag(EndOfFragment), tag("x")), ParserOptions{}, "H S F E!(" + EndOfFragment + ") L(x)"},
		{"of no cluster", cat(docHead, tag("x")), ParserOptions{}, "H L(x)"},
		{"around fillers", cat(head1, a, cues, void, tag("x"), void, tag("y"), b), ParserOptions{}, "H S F f f E S(x,y) F E"},
		{"fillers after an explicit end", cat(head1, a, tag(EndOfFragment), cues, b), ParserOptions{}, "H S F E!(" + EndOfFragment + ") S F E"},
		{"known size", cat(head1, el(idCluster, num(idTimecode, 1), block(1, 0)), tag("x"), b), ParserOptions{}, "H S F E S(x) F E"},
		{"of KVS", cat(head1, tag(FragmentNumber), a, tag("x", EndOfFragment), tag(ContinuationToken), head1, tag(FragmentNumber), b, tag(ContinuationToken)), documents,
			"H S(" + FragmentNumber + ") F E(x," + EndOfFragment + "," + ContinuationToken + ") H S(" + FragmentNumber + ") F E(" + ContinuationToken + ")"},
		{"of KVS for a fragment list", cat(head1, tag(FragmentNumber), a, tag(EndOfFragment), head1, tag(FragmentNumber), b), documents,
			"H S(" + FragmentNumber + ") F E(" + EndOfFragment + ") H S(" + FragmentNumber + ") F E"},
		{"of a producer that uses the names of KVS", cat(head1, tag(FragmentNumber), a, tag(EndOfFragment)), ParserOptions{}, "H S(" + FragmentNumber + ") F E!(" + EndOfFragment + ")"},
		{"of an error", cat(head1, tag(FragmentNumber), a, tag(ContinuationToken), docHead, tag(ErrorID)), documents,
			"H S(" + FragmentNumber + ") F E(" + ContinuationToken + ") H L(" + ErrorID + ")"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := outline(t, c.input, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// TestAccepts has what Matroska allows and some producers do.
func TestAccepts(t *testing.T) {
	long := cat([]byte{0xE7, 0x10, 0, 0, 2}, []byte{1, 44}) // a Timecode whose size takes 4 bytes
	for name, c := range map[string]struct {
		input []byte
		want  string
	}{
		"an empty input":                        {nil, ""},
		"a head alone":                          {docHead, "H"},
		"webm":                                  {cat(el(idEBML, str(idDocType, "webm")), open(idSegment), tracks1), "H"},
		"a DocType padded with zeros":           {cat(el(idEBML, str(idDocType, "matroska\x00\x00")), open(idSegment), tracks1), "H"},
		"Void between EBML and Segment":         {cat(el(idEBML), el(idVoid), open(idSegment), tracks1), "H"},
		"a wrong SeekHead":                      {cat(docHead, el(idSeekHead, []byte{1, 2, 3}), tracks1, cluster(0)), "H S E"},
		"an unknown element":                    {cat(docHead, el(0x4FFF, []byte{1, 2, 3}), tracks1, el(0x4FFF), open(idCluster, el(0x4FFF), num(idTimecode, 0), el(0x4FFF))), "H S f E"},
		"an over-long size":                     {cat(head1, open(idCluster, long)), "H S E"},
		"a Timecode of no bytes":                {cat(head1, open(idCluster, el(idTimecode))), "H S E"},
		"Position, PrevSize, CRC-32":            {cat(head1, open(idCluster, el(idCRC32, make([]byte, 4)), num(idTimecode, 0), num(idPosition, 0), num(idPrevSize, 0), block(1, 0))), "H S f f F E"},
		"a Segment of known size that is wrong": {cat(el(idEBML), el(idSegment), tracks1, cluster(0)), "H S E"},
		"a known Cluster of nothing but time":   {cat(head1, el(idCluster, num(idTimecode, 0)), cluster(1)), "H S E S E"},
		"Attachments after clusters":            {cat(head1, cluster(0), el(idAttachments, make([]byte, 300)), el(idSeekHead), cluster(1)), "H S f f E S E"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := outline(t, c.input, ParserOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	track := func(children ...[]byte) []byte {
		return cat(docHead, el(idTracks, el(idTrackEntry, children...)), cluster(0))
	}
	info := func(scale ...byte) []byte {
		return cat(docHead, el(idInfo, el(idTimecodeScale, scale)), tracks1, cluster(0))
	}
	var manyTracks []byte
	for range 128 {
		manyTracks = append(manyTracks, el(idTrackEntry, num(idTrackNumber, 1))...)
	}
	for name, c := range map[string]struct {
		input []byte
		want  string // of the error
	}{
		"no Matroska":               {[]byte("GET / HTTP/1.1"), "offset 0: element 0x4745: a Matroska stream begins with an EBML head"},
		"no ID":                     {[]byte{0, 1, 2}, "offset 0: stream: an element ID is expected here"},
		"no size":                   {cat(head1, []byte{0xE7, 0}), "offset 41: stream: an element size is expected here"},
		"no Segment":                {cat(el(idEBML), tracks1), "Tracks: a Segment is expected after the EBML head"},
		"another format":            {cat(el(idEBML, str(idDocType, "opus")), open(idSegment), tracks1, cluster(0)), `offset 0: DocType: "opus" is neither matroska nor webm`},
		"a later EBML":              {cat(el(idEBML, num(idReadVer, 2)), open(idSegment), tracks1, cluster(0)), "EBMLReadVersion: version 2"},
		"long IDs":                  {cat(el(idEBML, num(idMaxIDLen, 8)), open(idSegment), tracks1, cluster(0)), "EBMLMaxIDLength: IDs of 8 bytes"},
		"no Tracks":                 {cat(docHead, cluster(0)), "offset 21: Cluster: stands in front of Tracks"},
		"two Tracks":                {cat(head1, tracks1, cluster(0)), "offset 41: Tracks: stands twice"},
		"a second document":         {cat(head1, cluster(0), head1), "offset 49: EBML: a second document may not follow"},
		"a second Segment":          {cat(head1, cluster(0), open(idSegment)), "Segment: may not follow a Cluster"},
		"Tracks after a Cluster":    {cat(head1, cluster(0), tracks1), "Tracks: may not follow a Cluster"},
		"EBML in a known Cluster":   {cat(head1, el(idCluster, num(idTimecode, 0), el(idEBML))), "EBML: stands inside a Cluster of known size"},
		"no Timecode":               {cat(head1, open(idCluster), cluster(1)), "offset 41: Cluster: has no Timecode"},
		"no Timecode, known size":   {cat(head1, el(idCluster)), "has no Timecode"},
		"a block before Timecode":   {cat(head1, open(idCluster, block(1, 0))), "SimpleBlock: stands in front of the Cluster's Timecode"},
		"two Timecodes":             {cat(head1, cluster(0, num(idTimecode, 1))), "Timecode: a Cluster has one Timecode"},
		"a long Timecode":           {cat(head1, open(idCluster, el(idTimecode, make([]byte, 9)))), "Timecode: a number has at most 8 bytes, not 9"},
		"a late Timecode":           {cat(head1, open(idCluster, num(idTimecode, 255, 255, 255, 255, 255, 255))), "lies beyond the year 2262"},
		"a block outside":           {cat(head1, cluster(0), tag("x"), block(1, 0)), "SimpleBlock: stands outside of a Cluster"},
		"a block in the head":       {cat(head1, block(1, 0)), "SimpleBlock: may not stand here"},
		"a child too large":         {cat(head1, el(idCluster, num(idTimecode, 0), []byte{idSimpleBlock, 0x90})), "SimpleBlock: its 16 bytes reach beyond the end of the Cluster"},
		"a block of unknown size":   {cat(head1, cluster(0, open(idSimpleBlock))), "SimpleBlock: must declare its size"},
		"Tags of unknown size":      {cat(head1, cluster(0), open(idTags)), "Tags: must declare its size"},
		"Cues of unknown size":      {cat(head1, cluster(0), open(idCues)), "Cues: must declare its size"},
		"lacing":                    {cat(head1, cluster(0, simpleBlock(1, 0, 0x04, "x"))), "SimpleBlock: holds several frames (lacing)"},
		"an empty block":            {cat(head1, cluster(0, el(idSimpleBlock))), "SimpleBlock: is empty"},
		"a short block":             {cat(head1, cluster(0, el(idSimpleBlock, []byte{0x81, 0, 0}))), "SimpleBlock: its 3 bytes are too few"},
		"track 0":                   {cat(head1, cluster(0, block(0, 0))), "SimpleBlock: 0 is no track number"},
		"a BlockGroup of nothing":   {cat(head1, cluster(0, el(idBlockGroup))), "BlockGroup: has no Block"},
		"two Blocks in a group":     {cat(head1, cluster(0, el(idBlockGroup, el(idBlock, []byte{0x81, 0, 0, 0}), el(idBlock, []byte{0x81, 0, 0, 0})))), "Block: is the second"},
		"a Block beyond its group":  {cat(head1, cluster(0, el(idBlockGroup, []byte{idBlock, 0x90}))), "Block: reaches beyond the end of its BlockGroup"},
		"TimecodeScale of 99 ns":    {info(99), "TimecodeScale: 99 ns lies outside of 100 ns to 1 s"},
		"TimecodeScale over 1 s":    {info(0x3B, 0x9A, 0xCA, 0x01), "TimecodeScale: 1000000001 ns lies outside"},
		"a number of 9 bytes":       {track(el(idTrackNumber, make([]byte, 9))), "TrackNumber: a number has at most 8 bytes"},
		"a float of 3 bytes":        {track(num(idTrackNumber, 1), el(idAudio, el(idSampling, make([]byte, 3)))), "SamplingFrequency: a floating-point number has 4 or 8 bytes, not 3"},
		"no track number":           {track(), "TrackEntry: 0 is no track number"},
		"a track twice":             {cat(docHead, el(idTracks, el(idTrackEntry, num(idTrackNumber, 1)), el(idTrackEntry, num(idTrackNumber, 1))), cluster(0)), "track 1 stands twice"},
		"128 tracks":                {cat(docHead, el(idTracks, manyTracks), cluster(0)), "128 tracks are more than 127"},
		"a child beyond its parent": {track([]byte{idTrackNumber, 0x88, 1}), "TrackNumber: its 8 bytes reach beyond the end of TrackEntry"},
		"a child of unknown size":   {track(open(idVideo)), "Video: must declare its size"},
		"a cut child":               {track([]byte{0x63}), "TrackEntry: an element head is cut"},
		"a tag beyond its Tags":     {cat(head1, cluster(0), el(idTags, []byte{0x73, 0x73, 0x85})), "offset 54: Tag: its 5 bytes reach beyond the end of Tags"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := outline(t, c.input, ParserOptions{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant a SyntaxError with %q", err, c.want)
			}
		})
	}
}

// TestCut cuts an upload after every byte: an end between elements is clean, any other is told as such.
func TestCut(t *testing.T) {
	for name, input := range map[string][]byte{
		"unknown size": cat(head1, tag("x"), cluster(0, block(1, 0), el(idVoid, make([]byte, 5)), block(1, 9)), tag("y"), cluster(3)),
		"known size":   cat(head1, el(idCluster, num(idTimecode, 0), block(1, 0), block(1, 7))),
	} {
		clean := 0
		for n := range input {
			switch _, err := outline(t, input[:n], ParserOptions{}); {
			case err == nil:
				clean++
			case !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "offset "):
				t.Fatalf("%s, cut after %d of %d bytes: %v", name, n, len(input), err)
			}
		}
		// Before all; after Segment, Tracks, Tags, and after each element of a cluster of unknown size.
		if want := map[string]int{"unknown size": 9, "known size": 3}[name]; clean != want {
			t.Errorf("%s: %d clean ends, want %d", name, clean, want)
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("connection reset")
	r := io.MultiReader(bytes.NewReader(cat(head1, cluster(0, block(1, 0)))), readerFunc(func([]byte) (int, error) { return 0, broken }))
	p := NewParser(r, ParserOptions{})
	kinds := ""
	for {
		ev, err := p.Next()
		if err == nil {
			kinds += ev.Kind.String() + " "
			continue
		}
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "offset 60: reading: ") {
			t.Error(err)
		}
		break
	}
	if kinds != "Header Start Frame " {
		t.Error(kinds)
	}
}

func TestNoProgress(t *testing.T) {
	p := NewParser(readerFunc(func([]byte) (int, error) { return 0, nil }), ParserOptions{})
	if _, err := p.Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestLimits(t *testing.T) {
	big := make([]byte, 300)
	limits := Limits{Header: 200, Element: 100, Tags: 120}
	for name, c := range map[string]struct {
		input []byte
		where string
	}{
		"head":                {cat(docHead, el(idVoid, big)), "Void"},
		"frame":               {cat(head1, cluster(0, el(idSimpleBlock, []byte{0x81, 0, 0, 0}, big))), "SimpleBlock"},
		"filler":              {cat(head1, cluster(0, el(idVoid, big))), "Void"},
		"before a Timecode":   {cat(head1, open(idCluster, el(idVoid, big))), "Void"},
		"tags":                {cat(head1, cluster(0), tag("a"), tag("b"), tag("c"), tag("d"), cluster(1)), "Tags"},
		"tags of the head":    {cat(head1, tag("a"), tag("b"), tag("c"), tag("d"), cluster(1)), "Tags"},
		"after explicit end":  {cat(head1, cluster(0), tag(EndOfFragment), el(idCues, big)), "Cues"},
		"declared 2^55 bytes": {cat(head1, cluster(0, []byte{idSimpleBlock, 1, 0x7F, 255, 255, 255, 255, 255, 255})), "SimpleBlock"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := outline(t, c.input, ParserOptions{Limits: limits})
			if !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), ": "+c.where+": ") {
				t.Error(err)
			}
			if _, err := outline(t, c.input, ParserOptions{}); errors.Is(err, ErrLimit) != (name == "declared 2^55 bytes") {
				t.Errorf("with the default limits: %v", err)
			}
		})
	}
	if _, err := outline(t, cat(docHead, el(idTracks, bytes.Repeat(el(idTrackEntry), maxElements))), ParserOptions{}); !errors.Is(err, ErrLimit) {
		t.Errorf("%d elements in Tracks: %v", maxElements, err)
	}
}

// What stands among the tags in front of the first Cluster counts as they do: the buffer has no room for more.
func TestLimitOfWhatLeads(t *testing.T) {
	limits := Limits{Header: 2000, Element: 1900, Tags: 100}
	lead := cat(head1, tag("a"), el(idVoid, make([]byte, 1500)))
	for _, behind := range [][]byte{open(idCluster, el(idVoid, make([]byte, 1800))), cluster(0, block(1, 0))} {
		if _, err := outline(t, cat(lead, behind), ParserOptions{Limits: limits}); !errors.Is(err, ErrLimit) {
			t.Error(err)
		}
	}
	if _, err := outline(t, cat(head1, el(idVoid, make([]byte, 1500)), tag("a"), cluster(0, block(1, 0))), ParserOptions{Limits: limits}); err != nil {
		t.Errorf("what stands in front of the tags is a part of the head: %v", err)
	}
}

// TestMemoryFollowsWhatArrives: a declared size allocates nothing.
func TestMemoryFollowsWhatArrives(t *testing.T) {
	frame := cat(head1, cluster(0), appendHead(nil, idSimpleBlock, 40<<20), make([]byte, 100<<10))
	p := NewParser(bytes.NewReader(frame), ParserOptions{})
	for {
		if _, err := p.Next(); errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if got, most := len(p.w.buf), 4*len(frame); got > most {
		t.Errorf("a frame that declares 40 MiB, of which %d bytes came, made a buffer of %d", len(frame), got)
	}
}

// TestEventsComeAtOnce sends an upload piece by piece and wants each event before the next piece.
func TestEventsComeAtOnce(t *testing.T) {
	leak.Check(t)
	r, w := io.Pipe()
	defer r.Close()
	deadline := time.AfterFunc(30*time.Second, func() { r.CloseWithError(errors.New("an event did not come in 30 s")) })
	defer deadline.Stop()
	p := NewParser(r, ParserOptions{})
	for _, step := range []struct {
		piece []byte
		want  []EventKind
	}{
		{cat(head1, open(idCluster)), []EventKind{Header}},
		{num(idTimecode, 0), []EventKind{Start}},
		{block(1, 0), []EventKind{Frame}},
		{simpleBlock(1, 1, 0, strings.Repeat("x", 200)), []EventKind{Frame}},
		{num(idPosition, 0), []EventKind{Filler}},
		{tag("x", EndOfFragment), []EventKind{End}},
		{cluster(9), []EventKind{Start}},
		{cluster(12), []EventKind{End, Start}},
	} {
		wrote := make(chan error)
		go func() {
			_, err := w.Write(step.piece)
			wrote <- err
		}()
		for _, want := range step.want {
			if ev, err := p.Next(); err != nil || ev.Kind != want {
				t.Errorf("%v, %v; want %v", ev.Kind, err, want)
				r.Close()
			}
		}
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
	}
}

func TestFrames(t *testing.T) {
	group := func(children ...[]byte) []byte { return el(idBlockGroup, children...) }
	b := el(idBlock, []byte{0x81, 0xFF, 0xFE, 0, 'd'})
	type frame struct {
		track    int
		relative int16
		key      bool
		data     string
	}
	for name, c := range map[string]struct {
		input []byte
		want  frame
	}{
		"key":               {simpleBlock(1, 5, 0x80, "abc"), frame{1, 5, true, "abc"}},
		"no key, droppable": {simpleBlock(1, math.MinInt16, 0x09, ""), frame{1, math.MinInt16, false, ""}},
		"track of 2 bytes":  {el(idSimpleBlock, []byte{0x41, 0x00, 0x7F, 0xFF, 0x80, 'x'}), frame{256, math.MaxInt16, true, "x"}},
		"group":             {group(b, num(0x9B, 40)), frame{1, -2, true, "d"}},
		"group, no key":     {group(num(idReferenceBlock, 0xFF), b), frame{1, -2, false, "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			input := cat(head1, cluster(7, c.input))
			var got []frame
			if err := walk(t, input, bytes.NewReader(input), ParserOptions{}, func(ev Event) {
				if ev.Kind == Frame {
					got = append(got, frame{ev.Track, ev.Relative, ev.Key, string(ev.Data)})
				}
			}); err != io.EOF {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("%+v; want %+v", got, c.want)
			}
		})
	}
}

// TestHeadIsShared: a head that is repeated for every fragment is parsed once.
func TestHeadIsShared(t *testing.T) {
	other := cat(docHead, el(idTracks, el(idTrackEntry, num(idTrackNumber, 2))))
	input := cat(head1, tag("a"), cluster(0), head1, tag("b"), cluster(1), other, cluster(2))
	var heads []*Head
	if err := walk(t, input, bytes.NewReader(input), ParserOptions{Documents: true}, func(ev Event) {
		if ev.Kind == Header {
			heads = append(heads, ev.Head)
		}
	}); err != io.EOF {
		t.Fatal(err)
	}
	if len(heads) != 3 || heads[0] != heads[1] || heads[1] == heads[2] {
		t.Errorf("%v", heads)
	}
}
