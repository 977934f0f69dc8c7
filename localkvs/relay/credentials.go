package relay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// Life is how long credentials are good for beginning a relay. One that exists may be kept beyond it.
const Life = 300 * time.Second

const usernamePrefix = "v1:"

// Credentials returns what a client of a channel says to get relays, from now on for Life.
func (s *Server) Credentials(channel string, now time.Time) (username, password string) {
	username = strconv.FormatInt(now.Add(Life).Unix(), 10) + ":" + base64.StdEncoding.EncodeToString([]byte(usernamePrefix+channel))
	return username, s.password(username)
}

func (s *Server) password(username string) string {
	mac := hmac.New(sha256.New, s.o.Key)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// userOf reads a username that Credentials has made, or somebody else by its pattern: the password tells.
func userOf(username string) (channel string, expires time.Time, ok bool) {
	seconds, user, _ := strings.Cut(username, ":")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return "", expires, false
	}
	text, err := base64.StdEncoding.DecodeString(user)
	channel, known := strings.CutPrefix(string(text), usernamePrefix)
	return channel, time.Unix(at, 0), err == nil && known
}

// authenticate finds the key of a request. A relay may be refreshed with the credentials that it was begun with.
func (s *Server) authenticate(r *turn.RequestAttributes) (user string, key []byte, ok bool) {
	channel, expires, ok := userOf(r.Username)
	if !ok || r.Method == stun.MethodAllocate && time.Now().After(expires) {
		return "", nil, false
	}
	return channel, turn.GenerateAuthKey(r.Username, r.Realm, s.password(r.Username)), true
}
