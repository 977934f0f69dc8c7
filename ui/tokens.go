package ui

import "image/color"

// tokens are the colours of one appearance, named by what they are for.
type tokens struct {
	background color.NRGBA // of the app's icon; text on what warns
	surface    color.NRGBA // the window: pages, side bar, bars, dialogs
	raised     color.NRGBA // what lies on a surface: buttons, fields, menus
	text       color.NRGBA
	quiet      color.NRGBA // text of lesser weight
	line       color.NRGBA // separates surfaces
	border     color.NRGBA // outlines fields and focusable things; 3:1 against what it lies on
	accent     color.NRGBA // selection and focus; also live
	onAccent   color.NRGBA // text on accent
	recording  color.NRGBA // recording and loss, nothing else
	onRed      color.NRGBA // text on recording
	warning    color.NRGBA
	safe       color.NRGBA
}

var (
	dark = tokens{
		background: rgb(0x0f1115),
		surface:    rgb(0x16191e),
		raised:     rgb(0x21262d),
		text:       rgb(0xe9ecf0),
		quiet:      rgb(0x9aa4b0),
		line:       rgb(0x262b33),
		border:     rgb(0x6b7683),
		accent:     rgb(0x62aef9),
		onAccent:   rgb(0x08131f),
		recording:  rgb(0xff6464),
		onRed:      rgb(0x1d0606),
		warning:    rgb(0xe8b45a),
		safe:       rgb(0x66cd97),
	}
	light = tokens{
		background: rgb(0xf1f3f6),
		surface:    rgb(0xffffff),
		raised:     rgb(0xeaedf1),
		text:       rgb(0x1a1f26),
		quiet:      rgb(0x586370),
		line:       rgb(0xdde2e8),
		border:     rgb(0x7f8a96),
		accent:     rgb(0x0b5fc4),
		onAccent:   rgb(0xffffff),
		recording:  rgb(0xc3232b),
		onRed:      rgb(0xffffff),
		warning:    rgb(0x8a5a00),
		safe:       rgb(0x1a7442),
	}
	contrast = tokens{
		background: rgb(0x000000),
		surface:    rgb(0x000000),
		raised:     rgb(0x1c1c1c),
		text:       rgb(0xffffff),
		quiet:      rgb(0xe2e2e2),
		line:       rgb(0x8c8c8c),
		border:     rgb(0xffffff),
		accent:     rgb(0xffd84a),
		onAccent:   rgb(0x000000),
		recording:  rgb(0xff8a8a),
		onRed:      rgb(0x000000),
		warning:    rgb(0xffb968),
		safe:       rgb(0x8dffbe),
	}
)

// Distances between things, in Fyne's units. Nothing else is used.
const (
	space1 float32 = 4
	space2 float32 = 8
	space3 float32 = 16
	space4 float32 = 24

	radius = 6
	target = 32 // the least height of what can be pressed

	textSize    float32 = 14
	captionSize float32 = 12
	headingSize float32 = 20
	symbolSize  float32 = 20
)

// selectionOpacity is how much accent lies on what is selected; more of it would take the contrast from quiet text.
const selectionOpacity = 0.18

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// fade returns c with the given opacity, 0 to 1.
func fade(c color.NRGBA, opacity float32) color.NRGBA {
	c.A = uint8(opacity * 255)
	return c
}
