package ui

import (
	"errors"
	"strings"
	"testing"
)

// That the archive comes another way than it should is said once, and can be read as long as it holds.
func TestTheDetourIsSaid(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.archived("gate")
	m.detour = errors.New("the call failed: not authorized. Ask for the permission kinesisvideo:GetMediaForFragmentList")
	w.page.inspect = true
	w.show(m)
	for what, text := range map[string]string{"the toast": visible(w.page.toast.box), "the inspector": visible(w.page.inspector.box)} {
		if !strings.Contains(text, "HLS") || !strings.Contains(text, "kinesisvideo:GetMediaForFragmentList") {
			t.Errorf("%s says %q", what, text)
		}
	}
	if text := visible(w.page.bar.box); !strings.Contains(text, "through HLS") {
		t.Errorf("the line of figures says %q", text)
	}
	w.page.toast.say("something else", "", nil, m.now)
	w.show(m)
	if text := visible(w.page.toast.box); strings.Contains(text, "HLS") {
		t.Error("it is said twice")
	}
}
