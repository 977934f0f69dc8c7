package ui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"kinora/assets"
)

// badgeKind is what the program's icon says at its lower right corner, each by a shape of its own.
type badgeKind int

const (
	badgeNone      badgeKind = iota // nothing was ever recorded here
	badgeRecording                  // a red disc
	badgePending                    // a ring: something is on this disk only
	badgeSafe                       // a green disc with a tick: everything is in the stream
)

// badgeOf decides which badge the icon has.
func badgeOf(m *model) badgeKind {
	switch {
	case m.active() > 0 || m.safety.Recording > 0:
		return badgeRecording
	case !m.safety.Safe && (m.safety.Pending > 0 || m.safety.Bytes > 0):
		return badgePending
	case m.safety.Safe && len(m.takes) > 0:
		return badgeSafe
	default:
		return badgeNone
	}
}

// showBadge gives the window and the system's tray the icon that fits.
func (u *UI) showBadge(m *model) {
	b := badgeOf(m)
	if b == u.badge {
		return
	}
	u.badge = b
	icon := badgedIcon(b)
	u.window.SetIcon(icon)
	if u.tray != nil {
		u.tray.SetSystemTrayIcon(icon)
	}
}

// newTray puts the program into the system's tray, if there is one. Fyne starts a tray only with the program.
func (u *UI) newTray() {
	tray, ok := u.fyne.(desktop.App)
	if !ok || !hasTray() || u.options.Kiosk {
		return
	}
	u.tray = tray
	tray.SetSystemTrayMenu(fyne.NewMenu("Kinora",
		fyne.NewMenuItem(lang.L("Show Kinora"), func() { u.window.Show(); u.window.RequestFocus() }),
		fyne.NewMenuItem(lang.L("Record"), func() { u.window.Show(); u.turn(pageRecord) })))
}

// hasTray reports whether there can be a tray: on Linux it is reached over the session's bus.
func hasTray() bool {
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || os.Getenv("DBUS_SESSION_BUS_ADDRESS") != ""
}

// badgedIcon is the program's icon, 128 pixels wide, with a badge.
func badgedIcon(b badgeKind) fyne.Resource {
	full, err := png.Decode(bytes.NewReader(assets.Icon))
	if b == badgeNone || err != nil {
		return fyne.NewStaticResource("icon.png", assets.Icon)
	}
	icon := shrink(full, 128)
	t := dark
	ring, disc := color.NRGBA{}, t.safe
	switch b {
	case badgeRecording:
		disc = t.recording
	case badgePending:
		ring, disc = t.warning, t.background
	}
	const x, y, r = 94, 94, 30
	dot(icon, x, y, r+6, t.background)
	if ring.A > 0 {
		dot(icon, x, y, r, ring)
		dot(icon, x, y, r-9, disc)
	} else {
		dot(icon, x, y, r, disc)
	}
	if b == badgeSafe {
		line(icon, image.Pt(80, 95), image.Pt(91, 106), t.background)
		line(icon, image.Pt(91, 106), image.Pt(109, 83), t.background)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, icon); err != nil {
		fyne.LogError("ui: the icon cannot be drawn", err)
		return fyne.NewStaticResource("icon.png", assets.Icon)
	}
	return fyne.NewStaticResource("icon-"+badgeNames[b]+".png", out.Bytes())
}

var badgeNames = [...]string{badgeNone: "plain", badgeRecording: "recording", badgePending: "pending", badgeSafe: "safe"}

// shrink averages the pixels of a square picture down to n by n.
func shrink(src image.Image, n int) *image.NRGBA {
	dst := image.NewNRGBA(image.Rect(0, 0, n, n))
	k := max(1, src.Bounds().Dx()/n)
	for y := range n {
		for x := range n {
			var r, g, b, a uint32
			for i := range k * k {
				cr, cg, cb, ca := src.At(x*k+i%k, y*k+i/k).RGBA()
				r, g, b, a = r+cr, g+cg, b+cb, a+ca
			}
			all := uint32(k * k)
			dst.Set(x, y, color.RGBA64{uint16(r / all), uint16(g / all), uint16(b / all), uint16(a / all)})
		}
	}
	return dst
}

// dot paints a disc with a soft edge of one pixel.
func dot(img *image.NRGBA, x, y, radius float64, c color.NRGBA) {
	for py := range img.Rect.Dy() {
		for px := range img.Rect.Dx() {
			dx, dy := float64(px)+0.5-x, float64(py)+0.5-y
			cover := radius*radius - dx*dx - dy*dy
			blend(img, px, py, c, min(1, max(0, cover/(2*radius)+0.5)))
		}
	}
}

// line paints a line seven pixels thick with round ends.
func line(img *image.NRGBA, from, to image.Point, c color.NRGBA) {
	const steps = 40
	for i := range steps + 1 {
		f := float64(i) / steps
		dot(img, float64(from.X)+f*float64(to.X-from.X), float64(from.Y)+f*float64(to.Y-from.Y), 3.5, c)
	}
}

func blend(img *image.NRGBA, x, y int, c color.NRGBA, cover float64) {
	if cover <= 0 {
		return
	}
	old := img.NRGBAAt(x, y)
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-cover) + float64(b)*cover) }
	img.SetNRGBA(x, y, color.NRGBA{mix(old.R, c.R), mix(old.G, c.G), mix(old.B, c.B), max(old.A, uint8(255*cover))})
}
