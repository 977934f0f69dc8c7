//go:build !linux

package host

// Metered says no: this platform is not asked.
func Metered() (bool, error) { return false, nil }
