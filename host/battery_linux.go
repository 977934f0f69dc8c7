package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// BatteryNow reads the kernel's power supplies. Batteries of mice and the like do not count.
// Source: the kernel's Documentation/ABI/testing/sysfs-class-power.
func BatteryNow() (Battery, error) { return batteryIn("/sys/class/power_supply") }

func batteryIn(dir string) (Battery, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Battery{}, nil
	}
	if err != nil {
		return Battery{}, fmt.Errorf("the batteries cannot be listed: %w", err)
	}
	var b Battery
	var now, full, drain float64 // in the kernel's units, µWh or µAh, and those an hour
	charging := true
	for _, e := range entries {
		s := supply(filepath.Join(dir, e.Name()))
		if s.text("type") != "Battery" || s.text("scope") == "Device" || s.text("present") == "0" {
			continue
		}
		b.Present = true
		charging = charging && s.text("status") != "Discharging"
		unit, flow := "energy", "power_now"
		if s.number("energy_full") == 0 {
			unit, flow = "charge", "current_now"
		}
		if f := s.number(unit + "_full"); f > 0 {
			now, full, drain = now+s.number(unit+"_now"), full+f, drain+s.number(flow)
		} else { // it tells per cents only
			now, full = now+s.number("capacity"), full+100
		}
	}
	b.Charging = b.Present && charging
	if full > 0 {
		b.Percent = int(min(100, max(0, 100*now/full+0.5)))
	}
	if drain > 0 && b.Present && !charging {
		b.Left = time.Duration(now / drain * float64(time.Hour)).Round(time.Minute)
	}
	return b, nil
}

// supply is the directory of a power supply. What it does not tell is empty or zero: every driver leaves out other files.
type supply string

func (s supply) text(name string) string {
	b, err := os.ReadFile(filepath.Join(string(s), name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (s supply) number(name string) float64 {
	v, err := strconv.ParseFloat(s.text(name), 64)
	if err != nil || v < 0 {
		return 0
	}
	return v
}
