// Package timeline reckons and draws the bar of time under a picture: what is recorded when, gaps, marks, ticks and the playhead.
// It knows no windows: package ui's timeBar gives it sizes and moments, and puts what it draws on the screen.
//
// A [Scale] says which time is where. A [Painter] draws [Data] at a [View] into a picture without allocating; what that costs
// grows with the width of the bar and with what is seen, never with the archive. [Drag], [Glide] and [Throw] say what
// hands do to a scale. [Parse] reads what a person types for a moment, [Month] lays out the days of a calendar. Times are
// absolute; days and clocks are those of the zone that is given, so that days of 23 and 25 hours come out right.
//
// Lengths are in units of the screen unless they say pixels. Nothing here is safe for use by several goroutines.
package timeline

import (
	"math"
	"time"
)

// The limits of zoom, in nanoseconds for one unit: a frame of 30 a second is 33 units wide; 40 days fit into 400.
const (
	Finest   = float64(time.Millisecond)
	Coarsest = float64(40*24*time.Hour) / 400
)

// A Scale says which time is where.
type Scale struct {
	From    time.Time // at 0
	PerUnit float64   // nanoseconds
}

// Between is the scale at which width units show from and to at their ends, or as much around that as the limits ask for.
func Between(from, to time.Time, width float64) Scale {
	s := Scale{from, limited(float64(to.Sub(from)) / max(width, 1))}
	return s.Around(from.Add(to.Sub(from)/2), width)
}

func limited(perUnit float64) float64 { return min(max(perUnit, Finest), Coarsest) }

// X is where t is.
func (s Scale) X(t time.Time) float64 { return float64(t.Sub(s.From)) / s.PerUnit }

// At is the time at x.
func (s Scale) At(x float64) time.Time { return s.From.Add(time.Duration(x * s.PerUnit)) }

// Length is how long width units are.
func (s Scale) Length(width float64) time.Duration { return time.Duration(width * s.PerUnit) }

// Zoom makes everything factor times as wide; the time at x stays there.
func (s Scale) Zoom(x, factor float64) Scale {
	at := s.At(x)
	s.PerUnit = limited(s.PerUnit / factor)
	s.From = at.Add(-time.Duration(x * s.PerUnit))
	return s
}

// Move pulls the bar by dx: what was at 0 is at dx then.
func (s Scale) Move(dx float64) Scale {
	s.From = s.At(-dx)
	return s
}

// Around has t in the middle of width units.
func (s Scale) Around(t time.Time, width float64) Scale {
	s.From = t.Add(-s.Length(width / 2))
	return s
}

// Within keeps the middle of width units between first and last.
func (s Scale) Within(first, last time.Time, width float64) Scale {
	switch middle := s.At(width / 2); {
	case middle.Before(first):
		return s.Around(first, width)
	case middle.After(last):
		return s.Around(last, width)
	}
	return s
}

// Resolution is how short a time is worth telling apart: less than half a pixel and at most a quarter less than that, the same
// for scales that hardly differ, so that what was fetched for one serves the other.
func (s Scale) Resolution(pixels float64) time.Duration {
	per := s.PerUnit / max(pixels, 1) / 2
	if per < float64(time.Millisecond) {
		return time.Millisecond
	}
	return time.Duration(math.Exp2(math.Floor(math.Log2(per/float64(time.Millisecond))))) * time.Millisecond
}
