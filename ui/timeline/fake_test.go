package timeline

import (
	"image"
	"image/color"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/goregular"

	"kinora/media"
)

var berlin = mustLoad("Europe/Berlin")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// at is a moment of 22 November in Berlin.
func at(hour, minute, second int) time.Time {
	return time.Date(2026, 11, 22, hour, minute, second, 0, berlin)
}

var testLook = Look{
	Ground: color.RGBA{16, 18, 22, 255}, Raised: color.RGBA{33, 38, 45, 255}, Line: color.RGBA{60, 66, 75, 255},
	Text: color.RGBA{233, 236, 240, 255}, Quiet: color.RGBA{154, 164, 176, 255}, Span: color.RGBA{98, 174, 249, 255},
	Other: color.RGBA{110, 130, 160, 255}, Local: color.RGBA{102, 205, 151, 255}, Gap: color.RGBA{107, 118, 131, 255},
	Mark: color.RGBA{232, 180, 90, 255}, Range: color.RGBA{233, 236, 200, 255},
}

var testWords = Words{
	Months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	Days:   [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

func newTestPainter(t testing.TB, pixels float64) *Painter {
	t.Helper()
	face, err := NewFace(goregular.TTF, 11*pixels)
	if err != nil {
		t.Fatal(err)
	}
	return NewPainter(face, testLook, testWords)
}

// span is a span of so many seconds.
func span(from time.Time, seconds float64) media.Span {
	return media.Span{From: from, To: from.Add(time.Duration(seconds * float64(time.Second))), Fragments: 1}
}

// someData is a month that ends live at 10:42, with a lost connection from 9:10 to 9:40 and a short event at 3:00.
func someData() *Data {
	var spans []media.Span
	for day := 1; day < 22; day++ {
		spans = append(spans, span(time.Date(2026, 11, day, 6, 0, 0, 0, berlin), 12*3600))
	}
	spans = append(spans, span(at(3, 0, 0), 2), span(at(6, 0, 0), 3*3600+600), span(at(9, 40, 0), 62*60))
	gaps := []media.Gap{
		{From: at(3, 0, 2), To: at(6, 0, 0), Reason: media.GapEnded},
		{From: at(9, 10, 0), To: at(9, 40, 0), Reason: media.GapLost},
	}
	first := spans[0].From
	return &Data{
		Wide:   Layer{From: first, To: at(10, 42, 0), Spans: spans, Gaps: gaps},
		Local:  []media.Span{span(at(8, 0, 0), 5400)},
		Marks:  []media.Mark{{At: at(8, 30, 0), Tag: media.Tag{Name: "motion"}}, {At: at(8, 31, 0), Tag: media.Tag{Name: "motion"}}, {At: at(9, 55, 0), Tag: media.Tag{Name: "Marker"}}},
		Marker: "Marker",
		First:  first, Last: at(10, 42, 0), Seekable: at(10, 41, 0),
		Names: func(reason string) string { return "no connection"[:min(13, len(reason)*13)] },
	}
}

func someView(from, to time.Time) *View {
	const width = 900
	return &View{Scale: Between(from, to, width), Width: width, Height: Opened, Pixels: 1, Open: true, Zone: berlin, Now: at(10, 42, 7), Hover: -1}
}

func picture(v *View) *image.RGBA {
	return image.NewRGBA(image.Rect(0, 0, v.px(v.Width), v.px(v.Height)))
}
