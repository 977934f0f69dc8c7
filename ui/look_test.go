package ui

import (
	"image/color"
	"math"
	"reflect"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// luminance is WCAG 2's relative luminance. Source: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func ratio(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over is a half-transparent colour on a ground.
func over(c, ground color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(c.A) + int(b)*(255-int(c.A))) / 255) }
	return color.NRGBA{mix(c.R, ground.R), mix(c.G, ground.G), mix(c.B, ground.B), 255}
}

func TestContrast(t *testing.T) {
	for name, k := range map[string]tokens{"dark": dark, "light": light, "contrast": contrast} {
		least := 4.5
		if name == "contrast" {
			least = 7
		}
		selected := over(fade(k.accent, selectionOpacity), k.surface)
		for _, p := range []struct {
			what       string
			text, back color.NRGBA
			least      float64
		}{
			{"text on the background", k.text, k.background, least},
			{"text on a surface", k.text, k.surface, least},
			{"text on what is raised", k.text, k.raised, least},
			{"text on a selection", k.text, selected, least},
			{"quiet text on the background", k.quiet, k.background, least},
			{"quiet text on a surface", k.quiet, k.surface, least},
			{"quiet text on what is raised", k.quiet, k.raised, least},
			{"quiet text on a selection", k.quiet, selected, 4.5},
			{"text on the accent", k.onAccent, k.accent, least},
			{"text on red", k.onRed, k.recording, least},
			{"warning on a surface", k.warning, k.surface, least},
			{"recording on a surface", k.recording, k.surface, least},
			{"safe on a surface", k.safe, k.surface, least},
			{"accent on a surface", k.accent, k.surface, least},
			{"the border of a field", k.border, k.surface, 3},
		} {
			if got := ratio(p.text, p.back); got < p.least {
				t.Errorf("%s: %s has a contrast of %.2f, want %.1f", name, p.what, got, p.least)
			}
		}
	}
}

func TestRedIsForRecordingAlone(t *testing.T) {
	red := map[color.Color]bool{dark.recording: true, light.recording: true, contrast.recording: true}
	names := []fyne.ThemeColorName{theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton,
		theme.ColorNameDisabled, theme.ColorNameError, theme.ColorNameFocus, theme.ColorNameForeground,
		theme.ColorNameHeaderBackground, theme.ColorNameHover, theme.ColorNameHyperlink, theme.ColorNameInputBackground,
		theme.ColorNameInputBorder, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground,
		theme.ColorNamePlaceHolder, theme.ColorNamePressed, theme.ColorNamePrimary, theme.ColorNameScrollBar,
		theme.ColorNameSelection, theme.ColorNameSeparator, theme.ColorNameShadow, theme.ColorNameSuccess, theme.ColorNameWarning}
	for _, a := range []appearance{alwaysDark, alwaysLight, highContrast} {
		for _, n := range names {
			if c := (look{a}).Color(n, theme.VariantDark); red[c] {
				t.Errorf("%s: %s is red", a, n)
			}
		}
	}
}

func TestAppearanceFollowsTheSystem(t *testing.T) {
	for _, c := range []struct {
		a       appearance
		variant fyne.ThemeVariant
		want    tokens
	}{
		{followSystem, theme.VariantLight, light}, {followSystem, theme.VariantDark, dark}, {alwaysDark, theme.VariantLight, dark},
		{alwaysLight, theme.VariantDark, light}, {highContrast, theme.VariantLight, contrast},
	} {
		if got := (look{c.a}).tokens(c.variant); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s with variant %d has other colours than it should", c.a, c.variant)
		}
	}
}

func TestAppearanceIsRemembered(t *testing.T) {
	w := newWindow(t, Options{})
	if w.appearance != alwaysDark {
		t.Errorf("at first the appearance is %s, want dark", w.appearance)
	}
	w.appear(highContrast)
	if got := savedAppearance(w.fyne.Preferences()); got != alwaysDark {
		t.Errorf("an appearance that nobody chose is saved: %s", got)
	}
	w.chooseAppearance(alwaysLight)
	if got := savedAppearance(w.fyne.Preferences()); got != alwaysLight {
		t.Errorf("saved %s, want light", got)
	}
	w.fyne.Preferences().SetString(appearanceKey, "pink")
	if got := savedAppearance(w.fyne.Preferences()); got != alwaysDark {
		t.Errorf("an unknown appearance is %s, want dark", got)
	}
}
