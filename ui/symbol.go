package ui

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"

	"kinora/assets"
)

// symbol returns the drawing of that name in a colour. Fyne could colour it too, but always by the theme of the whole
// program, and the picture's surroundings are dark in every theme.
func symbol(name string, c color.Color) fyne.Resource {
	r, g, b, _ := c.RGBA()
	hex := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	return fyne.NewStaticResource(name+hex+".svg", bytes.ReplaceAll(assets.Symbol(name), []byte("currentColor"), []byte(hex)))
}
