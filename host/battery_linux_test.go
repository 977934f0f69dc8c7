package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestBattery(t *testing.T) {
	for name, tc := range map[string]struct {
		supplies map[string]map[string]string
		want     Battery
	}{
		"none":       {nil, Battery{}},
		"mains only": {map[string]map[string]string{"AC": {"type": "Mains", "online": "1"}}, Battery{}},
		"a mouse":    {map[string]map[string]string{"hid": {"type": "Battery", "scope": "Device", "capacity": "7"}}, Battery{}},
		"two that drain": {map[string]map[string]string{
			"BAT0": {"type": "Battery", "present": "1", "status": "Discharging", "energy_full": "30000000", "energy_now": "10000000", "power_now": "8000000"},
			"BAT1": {"type": "Battery", "present": "1", "status": "Discharging", "energy_full": "10000000", "energy_now": "2000000", "power_now": "0"},
		}, Battery{Present: true, Percent: 30, Left: 90 * time.Minute}},
		"charge units": {map[string]map[string]string{
			"BAT0": {"type": "Battery", "status": "Charging", "charge_full": "4000000", "charge_now": "2000000", "current_now": "900000"},
		}, Battery{Present: true, Charging: true, Percent: 50}},
		"per cents only": {map[string]map[string]string{
			"BAT0": {"type": "Battery", "status": "Full", "capacity": "100"},
		}, Battery{Present: true, Charging: true, Percent: 100}},
		"garbage": {map[string]map[string]string{
			"BAT0": {"type": "Battery", "status": "Unknown", "energy_full": "x", "capacity": "-3"},
		}, Battery{Present: true, Charging: true}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for s, files := range tc.supplies {
				if err := os.Mkdir(filepath.Join(dir, s), 0o755); err != nil {
					t.Fatal(err)
				}
				for f, text := range files {
					if err := os.WriteFile(filepath.Join(dir, s, f), []byte(text+"\n"), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, err := batteryIn(dir)
			if err != nil || got != tc.want {
				t.Errorf("%+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
	if b, err := batteryIn(filepath.Join(t.TempDir(), "nowhere")); err != nil || b.Present {
		t.Errorf("without power supplies: %+v, %v", b, err)
	}
}
