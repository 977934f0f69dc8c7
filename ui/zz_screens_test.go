package ui

import (
	"errors"
	"image"
	"image/png"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"kinora/app"
	"kinora/player"
)

func TestScreens(t *testing.T) {
	dir := os.Getenv("SCREENS")
	if dir == "" {
		t.Skip()
	}
	f, err := os.Open("/tmp/uitmp/photo.png")
	if err != nil {
		t.Fatal(err)
	}
	im, _ := png.Decode(f)
	photo := image.NewRGBA(im.Bounds())
	for y := range photo.Rect.Dy() {
		for x := range photo.Rect.Dx() {
			photo.Set(x, y, im.At(x, y))
		}
	}
	p := playing(t, photo)
	for _, a := range []appearance{alwaysDark, alwaysLight, highContrast} {
		shot := func(name string, f func(w *window)) {
			if want := os.Getenv("ONLY"); want != "" && want != name {
				return
			}
			t.Run(name, func(t *testing.T) {
				w := newWindow(t, Options{})
				w.appear(a)
				w.window.Resize(fyne.NewSize(1280, 800))
				f(w)
				out, _ := os.Create(dir + "/" + name + "-" + string(a) + ".png")
				png.Encode(out, w.canvas().Capture())
				out.Close()
			})
		}
		picture := func(w *window, m model) {
			m.watching.Player = p
			w.show(m)
			for i := 0; i < 3; i++ {
				w.canvas().Capture()
				time.Sleep(50 * time.Millisecond)
				w.page.pump.tick(time.Now())
			}
		}
		shot("live", func(w *window) {
			m := w.live()
			m.recordings = []app.Recording{{Account: "This computer", Stream: "gate", Camera: app.Camera{Name: "Camera 1", ID: "x"}, Since: now.Add(-751 * time.Second)}}
			picture(w, m)
		})
		shot("reconnecting", func(w *window) {
			m := w.live()
			m.state.Phase, m.state.Err, m.state.NextTry = player.Reconnecting, errors.New("the connection to the service was reset"), now.Add(4*time.Second)
			m.state.Since = now.Add(-12 * time.Second)
			picture(w, m)
		})
		shot("empty", func(w *window) { m := w.some(); m.list.Rows = nil; w.show(m) })
		shot("idle", func(w *window) { w.show(w.some()) })
		shot("offline", func(w *window) {
			m := w.some()
			m.list = app.List{Phase: app.Offline, Since: now, Err: errors.New("http://127.0.0.1:7070 does not answer: connection refused"), NextTry: now.Add(8 * time.Second)}
			w.show(m)
		})
		shot("failed", func(w *window) {
			m := w.live()
			m.state = player.State{Phase: player.Failed, Err: errors.New("access to gate was denied: the keys lack kinesisvideo:GetMedia (AccessDeniedException)")}
			w.show(m)
		})
		shot("silent", func(w *window) {
			m := w.live()
			m.watching.Stream = "loading-dock-north-entrance"
			m.state = player.State{Phase: player.Connecting, Since: now.Add(-20 * time.Second)}
			w.show(m)
		})
		shot("newstream", func(w *window) { w.show(w.some()); w.showNewStream() })
		shot("record", func(w *window) { w.show(w.live()); w.showRecord("gate", w.app.Cameras()) })
		shot("delete", func(w *window) { w.show(w.live()); w.showDelete("gate") })
		shot("properties", func(w *window) { w.show(w.live()); w.showProperties("gate") })
		shot("keys", func(w *window) { w.show(w.live()); w.showKeys() })
		shot("menu", func(w *window) { w.show(w.live()); w.showStreamMenu("gate", fyne.NewPos(120, 160)) })
		shot("full", func(w *window) {
			w.toggleFullscreen()
			w.page.stirs = now
			picture(w, w.live())
		})
	}
}
