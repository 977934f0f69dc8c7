package xscreen

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Focus waits until a window whose title contains name is visible, and gives it the keyboard. The end of ctx ends the
// wait with an error.
func (d *Display) Focus(ctx context.Context, name string) error {
	ids, err := d.xdotool(ctx, "search", "--sync", "--onlyvisible", "--name", name)
	if err != nil {
		return fmt.Errorf("waiting for the window %q: %w", name, err)
	}
	id, _, _ := strings.Cut(strings.TrimSpace(ids), "\n")
	_, err = d.xdotool(ctx, "windowfocus", "--sync", id)
	return err
}

// Keys presses keys one after the other, each named as xdotool does: "Return", "ctrl+n", "question".
func (d *Display) Keys(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := d.xdotool(ctx, append([]string{"key", "--delay", "30"}, keys...)...)
	return err
}

// Type types text into the focused window.
func (d *Display) Type(ctx context.Context, text string) error {
	_, err := d.xdotool(ctx, "type", "--delay", "20", text)
	return err
}

// Move puts the pointer at a place on the screen.
func (d *Display) Move(ctx context.Context, x, y int) error {
	_, err := d.xdotool(ctx, "mousemove", strconv.Itoa(x), strconv.Itoa(y))
	return err
}

// Click moves the pointer to a place and presses a button there: 1 is the left one, 3 the right.
func (d *Display) Click(ctx context.Context, x, y, button int) error {
	_, err := d.xdotool(ctx, "mousemove", strconv.Itoa(x), strconv.Itoa(y), "click", strconv.Itoa(button))
	return err
}

// Drag presses the left button at the first of some places, moves over the others, one in each interval, and lets go at the last.
func (d *Display) Drag(ctx context.Context, places []image.Point, interval time.Duration) error {
	pause := fmt.Sprintf("%.4f", interval.Seconds())
	args := []string{}
	for i, p := range places {
		args = append(args, "mousemove", strconv.Itoa(p.X), strconv.Itoa(p.Y))
		if i == 0 {
			args = append(args, "mousedown", "1")
		}
		args = append(args, "sleep", pause)
	}
	_, err := d.xdotool(ctx, append(args, "mouseup", "1")...)
	return err
}

func (d *Display) xdotool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = d.Env()
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		why, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n") // its manual follows
		return "", fmt.Errorf("xdotool %s: %w: %s", args[0], err, why)
	}
	return string(out), nil
}
