package localkvs

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kinora/localkvs/archive"
	"kinora/mkv"
)

// chunkWriter writes fragments as GetMedia does: each one a Matroska document of its own, the producer's bytes
// verbatim between the service's tags. Everything is flushed at once; a reader that takes nothing for the stall time
// is cut off.
type chunkWriter struct {
	w         http.ResponseWriter
	rc        *http.ResponseController
	stall     time.Duration
	bytes     prometheus.Counter
	fragments prometheus.Counter
	buf       []byte
}

// maxWrite is how much a reader must take within the stall time: a large fragment to a slow reader is no stall.
const maxWrite = 256 << 10

// send writes the parts and flushes them.
func (c *chunkWriter) send(parts ...[]byte) error {
	for _, part := range parts {
		for piece := range slices.Chunk(part, maxWrite) {
			if err := c.allow(); err != nil {
				return err
			}
			if _, err := c.w.Write(piece); err != nil {
				return fmt.Errorf("the reader took nothing for %s or has left: %w", c.stall, err)
			}
			c.bytes.Add(float64(len(piece)))
		}
	}
	return c.rc.Flush()
}

// allow gives the reader the stall time, from now, to take what comes next.
func (c *chunkWriter) allow() error { return c.rc.SetWriteDeadline(time.Now().Add(c.stall)) }

// open writes what stands in front of a fragment's cluster, and the part of the cluster that is there.
func (c *chunkWriter) open(number archive.Number, server, producer time.Time, header, lead, cluster []byte) error {
	c.buf = mkv.AppendTags(c.buf[:0],
		mkv.Tag{Name: mkv.FragmentNumber, Value: number.String()},
		mkv.Tag{Name: mkv.ServerTimestamp, Value: seconds(server)},
		mkv.Tag{Name: mkv.ProducerTimestamp, Value: seconds(producer)})
	return c.send(header, c.buf, lead, cluster)
}

// close writes what stands behind a fragment's cluster.
func (c *chunkWriter) close(number archive.Number, server time.Time, trail []byte) error {
	behind := max(0, time.Since(server).Milliseconds())
	c.buf = mkv.AppendTags(c.buf[:0],
		mkv.Tag{Name: mkv.MillisBehindNow, Value: strconv.FormatInt(behind, 10)},
		mkv.Tag{Name: mkv.ContinuationToken, Value: number.String()})
	if err := c.send(trail, c.buf); err != nil {
		return err
	}
	c.fragments.Inc()
	return nil
}

// chunk writes a whole fragment as GetMediaForFragmentList does: without closing tags.
func (c *chunkWriter) chunk(f *archive.Fragment) error {
	if err := c.open(f.Number, f.Server, f.Producer, f.Header, f.Lead, f.Cluster); err != nil {
		return err
	}
	if err := c.send(f.Trail); err != nil {
		return err
	}
	c.fragments.Inc()
	return nil
}

// Error ids of GetMedia. See the API page of GetMedia.
const (
	readerTooSlow = 3002
	internalError = 5000
)

// emptyDocument is a Matroska document that ends before its tracks: the parser library surfaces an error record only
// when it is a whole document.
var emptyDocument = []byte{
	0x1A, 0x45, 0xDF, 0xA3, 0x8F, // EBML, 15 bytes
	0x42, 0x82, 0x88, 'm', 'a', 't', 'r', 'o', 's', 'k', 'a', // DocType
	0x42, 0x87, 0x81, 0x02, // DocTypeVersion 2
	0x18, 0x53, 0x80, 0x67, 0xFF, // Segment of unknown size
}

// fail writes the error record that ends a response.
func (c *chunkWriter) fail(number archive.Number, id int, code string) error {
	tags := mkv.AppendTags(nil,
		mkv.Tag{Name: mkv.FragmentNumber, Value: number.String()},
		mkv.Tag{Name: mkv.ErrorCode, Value: code},
		mkv.Tag{Name: mkv.ErrorID, Value: strconv.Itoa(id)})
	return c.send(emptyDocument, tags)
}

// except writes the record that ends a response of GetMediaForFragmentList.
func (c *chunkWriter) except(number string, code int, message string) error {
	tags := mkv.AppendTags(nil,
		mkv.Tag{Name: mkv.FragmentNumber, Value: number},
		mkv.Tag{Name: mkv.ExceptionErrorCode, Value: strconv.Itoa(code)},
		mkv.Tag{Name: mkv.ExceptionMessage, Value: message})
	return c.send(emptyDocument, tags)
}

// seconds is a timestamp as tags have it: seconds and three decimals.
func seconds(t time.Time) string {
	ms := t.UnixMilli()
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}
