// Package sigv4 verifies AWS Signature Version 4 on requests to the local service, as the clients of Kinesis Video
// Streams really send them.
//
// [Verifier.Verify] takes a request as net/http delivered it and says nil, or an [*Error] that holds what to answer.
// It accepts the header form (Authorization) and the presigned form (X-Amz-Signature in the query) on every request,
// and never reads the request's body: the caller says by [Body] what it knows of it.
//
// What differs between clients, and is accepted here:
//
//   - Host is taken as received; the C clients leave the port out, the others put it in.
//   - Connection and Transfer-Encoding may be signed although net/http takes them out of the header.
//   - The security token may be sent outside the signature.
//   - The service in the credential scope may be empty; otherwise it is kinesisvideo.
//   - A streamed body is covered by the hash of nothing, or by whatever x-amz-content-sha256 says, literally.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	service    = "kinesisvideo"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	skew       = 5 * time.Minute
	maxExpires = 604800 * time.Second
	emptyHash  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Verifier checks signatures. Set its fields before the first Verify and do not copy it afterwards. Verify may be
// called from any number of goroutines.
type Verifier struct {
	// Secret returns the secret key that belongs to an access key, and whether there is one. It may be called from
	// several goroutines at once.
	Secret func(accessKey string) (secret string, ok bool)
	// Region is the one that credentials must be scoped to; empty accepts any.
	Region string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	keys keyCache
}

// Body says what is known of a request's body: [Hashed] or [Streaming].
type Body string

// Streaming is a body that has not been read, such as that of PutMedia.
const Streaming Body = ""

// Hashed is a body that has been read; sum is its SHA-256 in lower-case hexadecimal.
func Hashed(sum string) Body { return Body(sum) }

// Verify returns nil when r carries a valid signature made within the last 5 minutes (presigned: within its own
// X-Amz-Expires), and an [*Error] otherwise. It does not read r.Body.
func (v *Verifier) Verify(r *http.Request, body Body) error {
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	c, err := readClaim(r, query)
	if err != nil {
		return err
	}
	payload, err := payloadHash(r, body)
	if err != nil {
		return err
	}
	if err := v.checkScope(c); err != nil {
		return err
	}
	if err := v.checkTime(c); err != nil {
		return err
	}
	secret, known := v.Secret(c.accessKey)
	id := keyID{secret, c.day, c.region, c.service}
	key := v.keys.get(id)
	want := hmacSHA256(key[:], stringToSign(c, canonicalRequest(r, query, c, payload)))
	// The comparison is made for unknown access keys too, so that these take as long as wrong signatures.
	equal := hmac.Equal(want[:], c.signature)
	if !known {
		return unrecognized
	}
	if !equal {
		return mismatch
	}
	v.keys.keep(id, key)
	return nil
}

// payloadHash returns the hash that the canonical request must contain.
func payloadHash(r *http.Request, body Body) (string, error) {
	declared := r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case body == Streaming && declared == "":
		return emptyHash, nil
	case body == Streaming:
		return declared, nil
	case declared != "" && !strings.EqualFold(declared, string(body)):
		return "", invalid("The value of x-amz-content-sha256 is not the SHA-256 of the request body.")
	case declared != "":
		return declared, nil
	}
	return string(body), nil
}

func (v *Verifier) checkScope(c *claim) error {
	switch {
	case c.terminator != terminator:
		return invalid("Credential should be scoped with a valid terminator: '" + terminator + "'.")
	case c.service != service && c.service != "":
		return invalid("Credential should be scoped to correct service: '" + service + "'.")
	case v.Region != "" && c.region != v.Region:
		return invalid("Credential should be scoped to a valid region, here '" + v.Region + "'.")
	case c.day != c.date[:8]:
		return invalid(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'.", printable(c.day), c.date[:8]))
	}
	return nil
}

// checkTime words its errors as the real service does: C clients look for "Signature expired" and "Signature not yet
// current", and then correct their clock by the Date header of the answer.
func (v *Verifier) checkTime(c *claim) error {
	now := time.Now().UTC()
	if v.Now != nil {
		now = v.Now().UTC()
	}
	if latest := now.Add(skew); c.time.After(latest) {
		return invalid(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)", c.date, latest.Format(timeFormat), now.Format(timeFormat)))
	}
	life, words := skew, "5 min."
	if c.presigned {
		life, words = c.expires, fmt.Sprintf("%d s.", int64(c.expires/time.Second))
	}
	if earliest := now.Add(-life); c.time.Before(earliest.Truncate(time.Second)) {
		return invalid(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)", c.date, earliest.Format(timeFormat), now.Format(timeFormat), words))
	}
	return nil
}

func stringToSign(c *claim, canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return algorithm + "\n" + c.date + "\n" + c.scope + "\n" + hex.EncodeToString(sum[:])
}

// canonicalRequest builds the text that was signed, from the request as it was received.
func canonicalRequest(r *http.Request, query []param, c *claim, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method)
	b.WriteByte('\n')
	b.WriteString(canonicalPath(r.URL))
	b.WriteByte('\n')
	writeQuery(&b, query)
	b.WriteByte('\n')
	for _, name := range c.signed {
		b.WriteString(name)
		b.WriteByte(':')
		writeValue(&b, headerValues(r, name))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.WriteString(strings.Join(c.signed, ";"))
	b.WriteByte('\n')
	b.WriteString(payload)
	return b.String()
}

// canonicalPath is the path as sent, encoded once more, as every service but S3 demands.
func canonicalPath(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		return "/"
	}
	var b strings.Builder
	escape(&b, p, true)
	return b.String()
}
