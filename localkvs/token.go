package localkvs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// token is a playback in the form that clients carry: URL-safe base64 of a nonce and the sealed parameters, and a tilde.
type token string

// tokenID tells sessions apart. It is the token's nonce, which is random.
type tokenID [12]byte

// maxToken bounds what is opened at all; the longest that the service gives out has two thirds of it.
const maxToken = 2400

// tokens seals and opens playbacks by AES-256-GCM: nobody else can make a token, or read or change one.
type tokens struct{ aead cipher.AEAD }

func newTokens(key []byte) tokens {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("localkvs: " + err.Error()) // the key has 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("localkvs: " + err.Error())
	}
	return tokens{aead}
}

func (t tokens) seal(p *playback) token {
	text, err := json.Marshal(p)
	if err != nil {
		panic("localkvs: a session cannot be written: " + err.Error()) // it is numbers and strings
	}
	var id tokenID
	_, _ = rand.Read(id[:]) // never fails; see crypto/rand
	return token(base64.RawURLEncoding.EncodeToString(t.aead.Seal(id[:], id[:], text, nil)) + "~")
}

// open returns the playback of a token that this service has given out and that has not expired.
func (t tokens) open(text token, now time.Time) (*playback, error) {
	id := text.id()
	sealed, ok := text.bytes()
	if !ok {
		return nil, badToken("Streaming session token is invalid.")
	}
	plain, err := t.aead.Open(nil, id[:], sealed[len(id):], nil)
	if err != nil {
		return nil, badToken("Streaming session token is invalid.")
	}
	p := new(playback)
	if err := json.Unmarshal(plain, p); err != nil {
		return nil, badToken("Streaming session token is invalid.")
	}
	if now.UnixMilli() >= p.Expires {
		return nil, badToken("Streaming session token is expired.")
	}
	return p, nil
}

func (t token) bytes() ([]byte, bool) {
	text, ok := strings.CutSuffix(string(t), "~")
	if !ok || len(text) > maxToken || strings.ContainsAny(text, "\r\n") { // which the decoder would pass over, and playlists would not
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return b, err == nil && len(b) > len(tokenID{})
}

func (t token) id() (id tokenID) {
	if b, ok := t.bytes(); ok {
		copy(id[:], b)
	}
	return id
}

func badToken(message string) error {
	return &apiError{http.StatusForbidden, "NotAuthorizedException", message}
}
