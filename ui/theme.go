package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The names of those tokens for which Fyne has no colour of its own.
const (
	colorSurface   fyne.ThemeColorName = "kinoraSurface"
	colorRaised    fyne.ThemeColorName = "kinoraRaised"
	colorQuiet     fyne.ThemeColorName = "kinoraQuiet"
	colorBorder    fyne.ThemeColorName = "kinoraBorder"
	colorRecording fyne.ThemeColorName = "kinoraRecording"
	colorOnRed     fyne.ThemeColorName = "kinoraOnRed"
)

// appearance is what a person chooses for the theme.
type appearance string

const (
	followSystem appearance = "system"
	alwaysDark   appearance = "dark"
	alwaysLight  appearance = "light"
	highContrast appearance = "contrast"
)

// look is the fyne.Theme of an appearance.
type look struct{ appearance appearance }

var _ fyne.Theme = look{}

// tokens returns the colours; variant is what the system prefers.
func (l look) tokens(variant fyne.ThemeVariant) tokens {
	switch {
	case l.appearance == highContrast:
		return contrast
	case l.appearance == alwaysLight, l.appearance != alwaysDark && variant == theme.VariantLight:
		return light
	default:
		return dark
	}
}

// Color maps Fyne's names to tokens. Fyne's error colour, which marks wrong input, is the warning: red is kept for recording and
// loss.
func (l look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	t := l.tokens(variant)
	switch name {
	case colorSurface, theme.ColorNameBackground, theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground,
		theme.ColorNameScrollBarBackground:
		return t.surface
	case colorRaised, theme.ColorNameButton, theme.ColorNameMenuBackground, theme.ColorNameDisabledButton,
		theme.ColorNameInputBackground:
		return t.raised
	case theme.ColorNameForeground:
		return t.text
	case colorQuiet, theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return t.quiet
	case theme.ColorNameSeparator, theme.ColorNameInnerWindowBorder, theme.ColorNameInnerWindowBorderInactive:
		return t.line
	case colorBorder, theme.ColorNameInputBorder:
		return t.border
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return t.accent
	case theme.ColorNameForegroundOnPrimary:
		return t.onAccent
	case theme.ColorNameSelection:
		return fade(t.accent, selectionOpacity)
	case theme.ColorNameFocus:
		return fade(t.accent, 0.5)
	case theme.ColorNameHover:
		return fade(t.text, 0.06)
	case theme.ColorNamePressed:
		return fade(t.text, 0.12)
	case theme.ColorNameScrollBar:
		return fade(t.text, 0.3)
	case theme.ColorNameShadow:
		return color.NRGBA{A: 0x70}
	case colorRecording:
		return t.recording
	case colorOnRed:
		return t.onRed
	case theme.ColorNameWarning, theme.ColorNameError:
		return t.warning
	case theme.ColorNameSuccess:
		return t.safe
	case theme.ColorNameForegroundOnWarning, theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnSuccess:
		return t.background
	default:
		return theme.DefaultTheme().Color(name, variant)
	}
}

// Size maps Fyne's names to the distances of tokens.go.
func (l look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNamePadding:
		return space1
	case theme.SizeNameInnerPadding:
		return space2
	case theme.SizeNameText:
		return textSize
	case theme.SizeNameCaptionText:
		return captionSize
	case theme.SizeNameHeadingText, theme.SizeNameSubHeadingText:
		return headingSize
	case theme.SizeNameInlineIcon:
		return symbolSize
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius, theme.SizeNameButtonRadius, theme.SizeNameCardRadius,
		theme.SizeNamePopupRadius, theme.SizeNameMenuRadius, theme.SizeNameDialogRadius:
		return radius
	case theme.SizeNameModalBlurRadius:
		return 0
	case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
		return 1
	default:
		return theme.DefaultTheme().Size(name)
	}
}

// Font is Fyne's own.
func (l look) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon is Fyne's own.
func (l look) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// colorOf resolves a colour for a widget, also below a container.ThemeOverride.
func colorOf(w fyne.Widget, name fyne.ThemeColorName) color.Color {
	return theme.ColorForWidget(name, w)
}
