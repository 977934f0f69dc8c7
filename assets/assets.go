// Package assets holds what is built into the program besides code: the icon, the outlined symbols of the interface, and
// the translations. It imports nothing of the project.
//
// Symbols are SVG drawings of 20 by 20 units, drawn with lines of "currentColor" that the interface replaces by a colour of its
// theme. icon.svg is the program's icon; icon.png is made from it by
//
//	rsvg-convert -w 512 -h 512 icon.svg -o icon.png      (or another SVG renderer)
//
// Translations are one JSON object for each language, from the English text to the text in that language; en.json lists
// every text that exists.
package assets

import (
	"embed"
	"strings"
)

// Icon is the program's icon, a PNG of 512 by 512 pixels.
//
//go:embed icon.png
var Icon []byte

// Translations holds translations/<language>.json.
//
//go:embed translations
var Translations embed.FS

//go:embed zones.txt
var zones string

// Zones are the names of the world's time zones, in order, as the IANA time zone database has them: "Europe/Berlin".
func Zones() []string { return strings.Fields(zones) }

//go:embed symbols/*.svg
var symbols embed.FS

// Symbol returns the SVG drawing of that name. It panics when there is none, which a test of the caller finds.
func Symbol(name string) []byte {
	svg, err := symbols.ReadFile("symbols/" + name + ".svg")
	if err != nil {
		panic("assets: no symbol " + name)
	}
	return svg
}
