package main

import (
	"context"
	"errors"
	"image"
	"image/color"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/image/font/gofont/goregular"

	"kinora/kvs"
	"kinora/media"
	"kinora/ui/timeline"
)

const (
	barWidth = 1600 // pixels
	redraws  = 600  // ten seconds of them
)

// measureTimeline surveys a month with a million fragments as the window does, and draws it while it moves.
func measureTimeline(ctx context.Context, s setting) (found []figure, err error) {
	until := time.Now().Truncate(time.Second)
	p, err := openPast(ctx, filepath.Join(s.dir, "many"), pastMany, until)
	if err != nil {
		return nil, err
	}
	defer p.service.Stop()
	painter, err := newBarPainter()
	if err != nil {
		return nil, err
	}
	archive := p.account.Client.Archive(pastStream, kvs.ArchiveOptions{Clock: kvs.ProducerTime, Account: "bench"})
	defer func() { err = errors.Join(err, archive.Close()) }()

	from, to := p.begin, p.end
	view := &timeline.View{Scale: timeline.Between(from, to, barWidth), Width: barWidth, Height: timeline.Opened, Pixels: 1, Open: true,
		Zone: time.Local, Now: p.end, Hover: -1}
	img := image.NewRGBA(image.Rect(0, 0, barWidth, timeline.Opened))
	data := &timeline.Data{}
	began := time.Now()
	var first time.Duration
	err = archive.Survey(ctx, from, to, view.Resolution(1), func(o media.Overview) {
		data = &timeline.Data{Near: timeline.Layer{From: from, To: to, Spans: o.Spans, Gaps: o.Gaps}, First: o.First, Last: o.Last,
			Names: func(reason string) string { return reason }}
		data.Wide = data.Near
		painter.Paint(img, view, data)
		if first == 0 {
			first = time.Since(began)
		}
	})
	if err != nil {
		return nil, err
	}
	marks, _, err := archive.Marks(ctx, from, to)
	if err != nil {
		return nil, err
	}
	data.Marks = marks
	painter.Paint(img, view, data)
	complete := time.Since(began)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	drew := time.Now()
	for i := range redraws {
		view.Scale = view.Move(float64(i%3 - 1))
		painter.Paint(img, view, data)
	}
	each := time.Since(drew) / redraws
	runtime.ReadMemStats(&after)
	pulled, err := measurePull(ctx, filepath.Join(s.dir, "window"), p)
	if err != nil {
		return nil, err
	}
	return append([]figure{
		measured("a month of 1,000,000 fragments, first drawn", milliseconds(first), "ms").atMost(300),
		measured("the same, complete with its tags", milliseconds(complete), "ms").atMost(2000),
		measured("spans that are drawn", float64(len(data.Near.Spans)), ""),
		measured("a redraw of it", milliseconds(each), "ms").atMost(4),
		measured("allocations for each", float64(after.Mallocs-before.Mallocs)/redraws, "allocs").atMost(1),
	}, pulled...), nil
}

// newBarPainter is a painter in colours that tell its parts apart.
func newBarPainter() (*timeline.Painter, error) {
	face, err := timeline.NewFace(goregular.TTF, 11)
	if err != nil {
		return nil, err
	}
	grey := func(v uint8) color.RGBA { return color.RGBA{v, v, v, 255} }
	return timeline.NewPainter(face, timeline.Look{
		Ground: grey(20), Raised: grey(40), Line: grey(60), Text: grey(240), Quiet: grey(160), Span: color.RGBA{98, 174, 249, 255}, Other: grey(120),
		Local: color.RGBA{102, 205, 151, 255}, Gap: grey(110), Mark: color.RGBA{232, 180, 90, 255}, Range: grey(230),
	}, timeline.Words{Months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		Days: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}}), nil
}
