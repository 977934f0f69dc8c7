//go:build !linux

package host

// BatteryNow says that there is none: this platform is not asked.
func BatteryNow() (Battery, error) { return Battery{}, nil }
