package app

import "kinora/recorder/upload"

// Refused reports whether an error of the account means that it would never allow this, whoever tried again.
func Refused(acc Account, err error) bool {
	return acc != nil && err != nil && acc.Classify(err) == upload.Refused
}
