package localkvs

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kinora/localkvs/archive"
)

// What GetImages takes and gives.
const (
	imagesRange     = 300 * time.Second
	imagesPage      = 25
	imagesMax       = 100
	imagesInterval  = 3 * time.Second // when none is asked for; the real one is not documented
	leastInterval   = 200 * time.Millisecond
	maxImageWidth   = 3840
	maxImageHeight  = 2160
	defaultQuality  = 80
	maxImageBytes   = 6291456 / 4 * 3 // in base64 it is that many characters
	imagesPageBytes = 16 << 20        // a page that has more ends
)

type getImagesIn struct {
	streamRef
	ImageSelectorType string
	StartTimestamp    *epoch
	EndTimestamp      *epoch
	SamplingInterval  *int // ms
	Format            string
	FormatConfig      map[string]string
	WidthPixels       *int
	HeightPixels      *int
	MaxResults        *int
	NextToken         string
}

type getImagesOut struct {
	Images    []imageInfo
	NextToken string `json:",omitempty"`
}

// imageInfo is the image for one sample. Error is NO_MEDIA where nothing is recorded, MEDIA_ERROR where there is no picture that
// can be decoded.
type imageInfo struct {
	TimeStamp    epoch
	Error        string `json:",omitempty"`
	ImageContent []byte `json:",omitempty"`
}

// sampling is what a request asks for: images at from, from+every and so on up to to.
type sampling struct {
	clock         archive.Clock
	from, to      time.Time
	every         time.Duration
	format        string
	quality       int
	width, height int // 0: as the stream has it
}

// at is the time of a sample; ok is false behind the last one.
func (g *sampling) at(n int) (t time.Time, ok bool) {
	t = g.from.Add(time.Duration(n) * g.every)
	return t, !t.After(g.to)
}

// getImages answers with a page of images. A page is bounded by their number and their bytes.
func getImages(s *Service, r *http.Request, in getImagesIn) (getImagesOut, error) {
	out := getImagesOut{Images: []imageInfo{}}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return out, err
	}
	g, err := in.sampling()
	if err != nil {
		return out, err
	}
	limit := imagesPage
	if in.MaxResults != nil {
		if *in.MaxResults < 1 || *in.MaxResults > imagesMax {
			return out, invalidArgument("MaxResults must be 1 to %d.", imagesMax)
		}
		limit = min(limit, *in.MaxResults)
	}
	next, err := in.firstSample(stream)
	if err != nil {
		return out, err
	}
	if stream.Meta().RetentionHours == 0 {
		return out, noRetention()
	}
	if err := s.asked.take(stream.Meta().ARN, 400+limit, limit); err != nil {
		return out, err
	}
	if s.decoder == nil {
		return out, &apiError{http.StatusServiceUnavailable, "ServiceUnavailable",
			"This service decodes no pictures: the program ffmpeg is not installed where it runs. Install it and start the service again."}
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-r.Context().Done():
		return out, errReaderLeft
	}
	still := &stills{service: s, stream: stream, sampling: g}
	out.Images, err = still.page(r.Context(), next, limit)
	if err != nil {
		return out, err
	}
	next += len(out.Images)
	if _, more := g.at(next); more {
		out.NextToken = in.token(stream, next)
	}
	return out, nil
}

// sampling checks a request.
func (in *getImagesIn) sampling() (*sampling, error) {
	g := &sampling{every: imagesInterval, format: in.Format, quality: defaultQuality}
	switch in.ImageSelectorType {
	case "SERVER_TIMESTAMP":
		g.clock = archive.ServerTime
	case "PRODUCER_TIMESTAMP":
		g.clock = archive.ProducerTime
	default:
		return nil, invalidArgument("ImageSelectorType must be SERVER_TIMESTAMP or PRODUCER_TIMESTAMP.")
	}
	if in.StartTimestamp == nil || in.EndTimestamp == nil {
		return nil, invalidArgument("StartTimestamp and EndTimestamp must be given.")
	}
	g.from, g.to = time.Time(*in.StartTimestamp), time.Time(*in.EndTimestamp)
	switch {
	case g.to.Before(g.from):
		return nil, invalidArgument("EndTimestamp lies before StartTimestamp.")
	case g.to.Sub(g.from) > imagesRange:
		return nil, invalidArgument("StartTimestamp and EndTimestamp lie more than %v apart.", imagesRange)
	}
	if in.SamplingInterval != nil {
		if g.every = time.Duration(*in.SamplingInterval) * time.Millisecond; g.every < leastInterval {
			return nil, invalidArgument("SamplingInterval must be at least %d ms.", leastInterval.Milliseconds())
		}
	}
	if g.format != "JPEG" && g.format != "PNG" {
		return nil, invalidArgument("Format must be JPEG or PNG.")
	}
	for key, value := range in.FormatConfig {
		q, err := strconv.Atoi(value)
		if key != "JPEGQuality" || g.format != "JPEG" || err != nil || q < 1 || q > 100 {
			return nil, invalidArgument("FormatConfig may hold JPEGQuality, 1 to 100, for the Format JPEG.")
		}
		g.quality = q
	}
	return g, in.size(g)
}

func (in *getImagesIn) size(g *sampling) error {
	for _, side := range []struct {
		asked   *int
		name    string
		largest int
		set     *int
	}{{in.WidthPixels, "WidthPixels", maxImageWidth, &g.width}, {in.HeightPixels, "HeightPixels", maxImageHeight, &g.height}} {
		if side.asked == nil {
			continue
		}
		if *side.asked < 1 || *side.asked > side.largest {
			return invalidArgument("%s must be 1 to %d.", side.name, side.largest)
		}
		*side.set = *side.asked
	}
	if g.width > 0 && g.height == 0 {
		return &apiError{http.StatusBadRequest, "ValidationException", "WidthPixels needs HeightPixels."}
	}
	return nil
}

// imagesToken is what NextToken carries: the next sample, and of which request.
type imagesToken struct {
	Next int
	Of   string
}

// request names what a token belongs to.
func (in getImagesIn) request(stream *archive.Stream) string {
	in.NextToken, in.MaxResults, in.streamRef = "", nil, streamRef{StreamARN: stream.Meta().ARN}
	text, err := json.Marshal(in)
	if err != nil {
		panic("localkvs: a request cannot be written again: " + err.Error()) // it was read from the same form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

func (in *getImagesIn) token(stream *archive.Stream, next int) string {
	text := fmt.Appendf(nil, `{"Next":%d,"Of":%q}`, next, in.request(stream))
	return base64.StdEncoding.EncodeToString(text)
}

func (in *getImagesIn) firstSample(stream *archive.Stream) (int, error) {
	if in.NextToken == "" {
		return 0, nil
	}
	var t imagesToken
	text, err := base64.StdEncoding.DecodeString(in.NextToken)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil || t.Next < 0 || t.Next > int(imagesRange/leastInterval) || t.Of != in.request(stream) {
		return 0, invalidArgument("NextToken was not given out by this service for the same request.")
	}
	return t.Next, nil
}
