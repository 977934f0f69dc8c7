package kvs

import (
	"context"
	"fmt"
	"strings"
)

// Owner says whose a stream is: its ARN up to the account number, "arn:aws:kinesisvideo:eu-west-1:123456789012". Two accounts
// never have the same owner, whatever keys or names they are reached by. It asks once: an upload that asks it has pauses of its own.
func (c *Client) Owner(ctx context.Context, stream string) (string, error) {
	s, err := c.describe(ctx, stream, once)
	if err != nil {
		return "", err
	}
	owner, _, ok := strings.Cut(s.ARN, ":stream/")
	if !ok {
		return "", c.fail("DescribeStream", stream, fmt.Errorf("the service named it %q, which is no ARN of a stream", s.ARN))
	}
	return owner, nil
}
