package localkvs

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/localkvs/archive"
)

func TestTokensOpenUntilTheyExpire(t *testing.T) {
	keys := newTokens(bytes.Repeat([]byte{7}, 32))
	now := time.UnixMilli(1_795_341_600_123)
	p := &playback{ARN: "arn:aws:kinesisvideo:us-east-1:123456789012:stream/" + strings.Repeat("x", 256) + "/1795341600123", Mode: liveReplay,
		Clock: archive.ProducerTime, From: 1, To: now.UnixMilli(), Container: fragmentedMP4, Breaks: breakAtGaps, Times: true, Max: 5000,
		Began: now.UnixMilli(), Expires: now.Add(5 * time.Minute).UnixMilli()}
	sealed := keys.seal(p)
	if got, err := keys.open(sealed, now.Add(5*time.Minute-time.Millisecond)); err != nil || *got != *p {
		t.Errorf("the token opens to %+v, %v", got, err)
	}
	if len(sealed) > maxToken || strings.Trim(string(sealed), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~") != "" {
		t.Errorf("the token has %d characters, some of them not for URLs: %s", len(sealed), sealed)
	}
	if keys.seal(p) == sealed {
		t.Error("two sessions have one token")
	}
	refused := func(name, message string, keys tokens, text string, at time.Time) {
		t.Helper()
		var api *apiError
		if _, err := keys.open(token(text), at); !errors.As(err, &api) || api.status != http.StatusForbidden || api.message != message {
			t.Errorf("%s: %v, want 403 %q", name, err, message)
		}
	}
	refused("expired", "Streaming session token is expired.", keys, string(sealed), now.Add(5*time.Minute))
	const invalid = "Streaming session token is invalid."
	refused("of another service", invalid, newTokens(bytes.Repeat([]byte{8}, 32)), string(sealed), now)
	for i := range len(sealed) {
		changed := []byte(sealed)
		if changed[i] ^= 1; changed[i] == sealed[i] {
			continue
		}
		refused("changed", invalid, keys, string(changed), now)
	}
	for _, other := range []string{"", "~", "AAAA~", strings.Repeat("A", 1<<16) + "~", string(sealed[:len(sealed)-1]), string(sealed) + "~",
		string(sealed[:9]) + "\n" + string(sealed[9:])} {
		refused("made up", invalid, keys, other, now)
	}
}
