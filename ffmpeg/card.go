package ffmpeg

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/asticode/go-astiav"
)

// cardSize is that of a device's pictures as they are seen.
func cardSize(s *stream, o CaptureOptions) image.Point {
	if s == nil || s.decoder == nil {
		return image.Point{}
	}
	return fit(orientation{rotate: o.Rotate}.size(squarePixels(s.decoder)), image.Point{})
}

// drawCard makes the picture that stands for a device that is lost.
func (in *input) drawCard(ctx context.Context, size image.Point, since time.Time) (*astiav.Frame, error) {
	graph := cardGraph(size, in.String(), since, demoFont(), orientation{in.options.Rotate, in.options.Mirror})
	painter := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt()}
	defer painter.interrupt.free()
	if err := painter.open(ctx, [2]bool{true, false}); err != nil {
		return nil, err
	}
	defer painter.close()
	for {
		if err := painter.format.ReadFrame(painter.packet); err != nil {
			return nil, fmt.Errorf("drawing the card: %w", err)
		}
		err := painter.streams[0].decoder.SendPacket(painter.packet)
		painter.packet.Unref()
		if err != nil {
			return nil, fmt.Errorf("drawing the card: %w", err)
		}
		if receiveFrame(painter.streams[0].decoder, painter.frame) >= 0 {
			return painter.frame.Clone(), nil
		}
	}
}

// cardGraph is the filter graph of a card that is seen upright after pictures were turned; no font, no words.
func cardGraph(size image.Point, name string, since time.Time, font string, turned orientation) string {
	graph := fmt.Sprintf("color=c=0x202428:s=%dx%d:r=5", size.X, size.Y)
	for i, line := range []string{"No signal", name, "since " + since.Format("15:04:05 -07:00")} {
		if font == "" {
			break
		}
		height := max(10, size.Y/24)
		if i == 0 {
			height = max(14, size.Y/10)
		}
		graph += fmt.Sprintf(",drawtext=%s:fontcolor=white:fontsize=%d:x=(w-tw)/2:y=h/2%+d:expansion=none:text=%s",
			font, height, (i*3-4)*max(10, size.Y/24), escape(escape(line, optionSpecial), graphSpecial))
	}
	if turned.mirror {
		graph += ",hflip"
	}
	if back := (orientation{rotate: (360 - turned.rotate) % 360}).filters(); back != "" {
		graph += "," + back
	}
	return graph + ",format=yuv420p"
}
