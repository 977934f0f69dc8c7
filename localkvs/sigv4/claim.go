package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSigned bounds the list of signed headers, and so the work that a request can ask for.
const maxSigned = 100

// claim is what a request says about its own signature.
type claim struct {
	accessKey                        string
	scope                            string // day/region/service/terminator, as received
	day, region, service, terminator string
	signed                           []string // lower case, in the order received, no name twice
	signature                        []byte   // 32 bytes
	date                             string   // timeFormat
	time                             time.Time
	presigned                        bool
	expires                          time.Duration // presigned only
}

// readClaim finds the claim in the Authorization header or else in the query.
func readClaim(r *http.Request, query []param) (*claim, error) {
	switch auth := r.Header["Authorization"]; {
	case len(auth) > 1:
		return nil, incomplete("There is more than one Authorization header.")
	case len(auth) == 1:
		return headerClaim(r, auth[0])
	case has(query, "X-Amz-Algorithm") || has(query, "X-Amz-Signature"):
		return queryClaim(query)
	}
	return nil, missing
}

func headerClaim(r *http.Request, auth string) (*claim, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(auth), " ")
	if scheme != algorithm {
		return nil, incomplete("Unsupported algorithm in the Authorization header; use " + algorithm + ".")
	}
	fields := make(map[string]string, 3)
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := fields[name]; !ok || twice {
			return nil, incomplete("The Authorization header is not a list of Credential=, SignedHeaders= and Signature=.")
		}
		fields[name] = value
	}
	c := &claim{}
	if err := c.setDate(headerDate(r)); err != nil {
		return nil, err
	}
	return c, c.set("Authorization header", fields["Credential"], fields["SignedHeaders"], fields["Signature"])
}

// headerDate returns the time of signing in timeFormat, from X-Amz-Date or else from Date.
func headerDate(r *http.Request) string {
	if d := r.Header.Get("X-Amz-Date"); d != "" {
		return d
	}
	d := r.Header.Get("Date")
	if t, err := http.ParseTime(d); err == nil {
		return t.UTC().Format(timeFormat)
	}
	return d
}

func queryClaim(query []param) (*claim, error) {
	fields := make(map[string]string, 6)
	for _, p := range query {
		if !strings.HasPrefix(p.name, "X-Amz-") {
			continue
		}
		if _, twice := fields[p.name]; twice {
			return nil, incomplete("The query has a parameter X-Amz-... twice.")
		}
		fields[p.name] = p.value
	}
	if fields["X-Amz-Algorithm"] != algorithm {
		return nil, incomplete("X-Amz-Algorithm in the query must be " + algorithm + ".")
	}
	seconds, err := strconv.ParseUint(fields["X-Amz-Expires"], 10, 32)
	if err != nil || time.Duration(seconds)*time.Second > maxExpires {
		return nil, incomplete("X-Amz-Expires in the query must be a number of seconds from 0 to 604800.")
	}
	c := &claim{presigned: true, expires: time.Duration(seconds) * time.Second}
	if err := c.setDate(fields["X-Amz-Date"]); err != nil {
		return nil, err
	}
	return c, c.set("query", fields["X-Amz-Credential"], fields["X-Amz-SignedHeaders"], fields["X-Amz-Signature"])
}

func (c *claim) setDate(date string) error {
	t, err := time.Parse(timeFormat, date)
	if err != nil {
		return incomplete("The request's date is missing or not in ISO-8601 basic format: X-Amz-Date must look like 20260131T235959Z.")
	}
	c.date, c.time = date, t
	return nil
}

func (c *claim) set(where, credential, signed, signature string) error {
	// An access key may itself contain slashes, so the scope is counted from the end.
	parts := strings.Split(credential, "/")
	if len(parts) < 5 {
		return incomplete("Credential in the " + where + " must be KEY/YYYYMMDD/region/" + service + "/" + terminator + ".")
	}
	n := len(parts) - 4
	c.accessKey, c.scope = strings.Join(parts[:n], "/"), strings.Join(parts[n:], "/")
	c.day, c.region, c.service, c.terminator = parts[n], parts[n+1], parts[n+2], parts[n+3]

	if strings.Count(signed, ";") >= maxSigned {
		return incomplete("SignedHeaders in the " + where + " lists too many headers.")
	}
	c.signed = strings.Split(strings.ToLower(signed), ";")
	for i, name := range c.signed {
		if name == "" || slices.Contains(c.signed[:i], name) {
			return incomplete("SignedHeaders in the " + where + " has an empty name or a name twice.")
		}
	}
	if !slices.Contains(c.signed, "host") {
		return incomplete("'host' must be one of SignedHeaders in the " + where + ".")
	}
	var err error
	if c.signature, err = hex.DecodeString(signature); err != nil || len(c.signature) != sha256.Size {
		return incomplete("Signature in the " + where + " must be 64 hexadecimal digits.")
	}
	return nil
}
