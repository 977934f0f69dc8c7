// Package host says what this computer is short of: power ([BatteryNow]) and cheap network ([Metered]). Each call looks anew and may
// block for some milliseconds. Where a platform does not tell, the answer is that there is no battery, and that no network is
// metered: neither is ever guessed.
package host
