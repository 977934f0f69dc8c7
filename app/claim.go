package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// claimed sends nothing, and asks nothing else of a stream, before the service has said whose the stream is: what was recorded
// for one owner never goes to another, whatever the profile or the address means today. A refusal makes it ask again.
type claimed struct {
	spool   *spool.Spool
	account Account
	target  spool.Target
	putter  upload.Putter
	sure    atomic.Bool
}

// asking is how long the question for a stream's owner may take.
const asking = 10 * time.Second

func (c *claimed) claim(ctx context.Context) error {
	if c.sure.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	owner, err := c.account.Owner(ctx, c.target.Stream)
	if err != nil {
		return err
	}
	if err := c.spool.Claim(c.target.Account, owner); err != nil {
		return fmt.Errorf("what was recorded with %s is not sent to the account that this is now; sign in as before: %w", c.account.Name(), err)
	}
	c.sure.Store(true)
	return nil
}

func (c *claimed) Put(ctx context.Context, mkv io.Reader, ack func(upload.Ack)) error {
	if err := c.claim(ctx); err != nil {
		return err
	}
	return c.doubt(c.putter.Put(ctx, mkv, ack))
}

func (c *claimed) stored(ctx context.Context, from, to time.Time) ([]upload.Stored, error) {
	if err := c.claim(ctx); err != nil {
		return nil, err
	}
	list, err := c.account.Stored(ctx, c.target.Stream, from, to)
	return list, c.doubt(err)
}

func (c *claimed) keeps(ctx context.Context) (bool, error) {
	if err := c.claim(ctx); err != nil {
		return false, err
	}
	keeps, err := c.account.Keeps(ctx, c.target.Stream)
	return keeps, c.doubt(err)
}

// doubt makes the next call ask for the owner when err may come from other credentials or another stream.
func (c *claimed) doubt(err error) error {
	if err != nil {
		switch c.classify(err) {
		case upload.Reauthenticate, upload.Refused:
			c.sure.Store(false)
		}
	}
	return err
}

func (c *claimed) classify(err error) upload.Class {
	if errors.Is(err, spool.ErrOtherAccount) {
		return upload.Refused
	}
	return c.account.Classify(err)
}
