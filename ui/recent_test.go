package ui

import (
	"testing"
	"time"

	"kinora/player"
)

func TestLossesOfABadStartAreForgotten(t *testing.T) {
	p, now := player.New(player.Options{}), time.Now()
	var r recent
	r.add(p, player.State{Shown: 10, Late: 90}, now)
	if shown, late := r.add(p, player.State{Shown: 40, Late: 100}, now.Add(time.Second)); shown != 30 || late != 10 {
		t.Errorf("in the first second: %d shown, %d late", shown, late)
	}
	if shown, late := r.add(p, player.State{Shown: 340, Late: 101}, now.Add(11*time.Second)); shown != 300 || late != 1 {
		t.Errorf("ten seconds later: %d shown, %d late", shown, late)
	}
	other := player.New(player.Options{})
	if shown, late := r.add(other, player.State{Shown: 5}, now.Add(12*time.Second)); shown != 0 || late != 0 {
		t.Errorf("of another player: %d shown, %d late", shown, late)
	}
}
