package kvs

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// credentials marks the errors of a provider, so that they can be told from those of the service.
type credentials struct{ from aws.CredentialsProvider }

func (c credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if c.from == nil {
		return aws.Credentials{}, &credentialsError{errors.New("this account has none")}
	}
	found, err := c.from.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, &credentialsError{err}
	}
	return found, nil
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "no usable credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// signInAgain makes the next call ask the provider again, which may have renewed what it had.
func (c *Client) signInAgain() {
	c.credentials.Invalidate()
	if cache, ok := c.provider.(*aws.CredentialsCache); ok {
		cache.Invalidate()
	}
}
