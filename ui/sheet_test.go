package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

func TestWorkOfASheetCanBeAborted(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	s := w.open(sheetPlan{title: "Export", body: widget.NewLabel(""), confirm: "Export",
		do: func(s *sheet) {
			s.runAbortable(w.binder, "Exporting", func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}, nil)
		},
	})
	w.press(fyne.KeyReturn)
	if !s.busy || s.cancel.disabled {
		t.Fatal("the sheet does not work, or cannot be left")
	}
	w.press(fyne.KeyEscape)
	w.settle()
	if w.sheet == nil || s.busy || !strings.Contains(w.sheetText(), "Cancelled.") {
		t.Fatalf("after Escape the sheet says %q", w.sheetText())
	}
	w.press(fyne.KeyEscape)
	if w.sheet != nil {
		t.Error("a second Escape does not leave the sheet")
	}
}

func TestTheThirdWay(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	asked := 0
	w.open(sheetPlan{title: "Quit", body: widget.NewLabel(""), confirm: "Quit", do: func(*sheet) {}, other: "Wait",
		instead: func(*sheet) { asked++ }, live: func(*model) { asked += 10 }})
	w.show(w.some())
	w.sheet.other.Tapped(nil)
	if asked != 11 {
		t.Errorf("the third button and the moment gave %d, want 11", asked)
	}
}
