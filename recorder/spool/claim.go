package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

type accountFile struct{ Account, Owner string }

// Claim binds an account's identity to its owner as the service names it (the ARN without the stream), the first time; later it is
// ErrOtherAccount when the owner differs.
func (s *Spool) Claim(account, owner string) error {
	s.claims.Lock()
	defer s.claims.Unlock()
	dir := filepath.Join(s.dir, escape(account))
	path := filepath.Join(dir, accountName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if err := s.mkdir(dir, s.dir); err != nil {
			return diskError(err)
		}
		b, err := json.Marshal(accountFile{account, owner})
		if err != nil {
			return fmt.Errorf("account %s: %w", account, err)
		}
		if err := s.disk.Replace(path, append(b, '\n')); err != nil {
			return diskError(err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("nobody can tell whose recordings wait: %w; check who may read that file", err)
	}
	var j accountFile
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("%s is damaged, so that nobody knows whose recordings wait there: %w; if they are yours, remove that file", path, err)
	}
	if j.Owner != owner || j.Account != account {
		return fmt.Errorf("%w: %s holds recordings for %s, and this is %s; they are sent when that account is back",
			ErrOtherAccount, dir, j.Owner, owner)
	}
	return nil
}
