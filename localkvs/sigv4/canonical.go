package sigv4

import (
	"cmp"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// param is one query parameter, decoded.
type param struct{ name, value string }

func has(query []param, name string) bool {
	return slices.ContainsFunc(query, func(p param) bool { return p.name == name })
}

func parseQuery(raw string) ([]param, error) {
	var query []param
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err := url.QueryUnescape(name)
		if err != nil {
			return nil, incomplete("The query has a broken percent-encoding.")
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil, incomplete("The query has a broken percent-encoding.")
		}
		query = append(query, param{n, v})
	}
	return query, nil
}

// writeQuery appends the canonical query: all parameters but the signature, encoded by RFC 3986, sorted by their
// encoded name, then by encoded value.
func writeQuery(b *strings.Builder, query []param) {
	encoded := make([]param, 0, len(query))
	for _, p := range query {
		if p.name != "X-Amz-Signature" {
			encoded = append(encoded, param{escaped(p.name), escaped(p.value)})
		}
	}
	slices.SortFunc(encoded, func(a, b param) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	for i, p := range encoded {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(p.value)
	}
}

// headerValues returns a header as the client sent it, also those that net/http keeps elsewhere.
func headerValues(r *http.Request, name string) []string {
	if name == "host" {
		return []string{r.Host}
	}
	if values := r.Header[textproto.CanonicalMIMEHeaderKey(name)]; len(values) > 0 {
		return values
	}
	switch name {
	case "transfer-encoding":
		return r.TransferEncoding
	case "connection":
		if r.Close {
			return []string{"close"}
		}
		return []string{"keep-alive"}
	case "content-length":
		if r.ContentLength >= 0 {
			return []string{strconv.FormatInt(r.ContentLength, 10)}
		}
	}
	return nil
}

// writeValue appends header values joined by commas, each without outer spaces and with inner runs of them made one.
func writeValue(b *strings.Builder, values []string) {
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		v = strings.Trim(v, " \t")
		space := false
		for j := range len(v) {
			if v[j] != ' ' {
				b.WriteByte(v[j])
			} else if !space {
				b.WriteByte(' ')
			}
			space = v[j] == ' '
		}
	}
}

func escaped(s string) string {
	var b strings.Builder
	escape(&b, s, false)
	return b.String()
}

// escape appends s with everything but RFC 3986's unreserved characters (and, in a path, the slash) percent-encoded.
func escape(b *strings.Builder, s string, path bool) {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~', path && c == '/':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
}
