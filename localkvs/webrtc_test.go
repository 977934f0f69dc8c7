package localkvs_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/kvs"
)

// The official JavaScript SDK as master and as viewer, in Chromium: a picture that moves, and words both ways; directly, and over the
// service's TURN server alone.
func TestOfficialSDK(t *testing.T) {
	sdk := filepath.Join("..", "build", "players", "node_modules", "amazon-kinesis-video-streams-webrtc", "dist")
	if _, err := os.Stat(sdk); err != nil {
		t.Skip("the SDK is not there; fetch it with scripts/players")
	}
	for _, policy := range []string{"all", "relay"} {
		t.Run(policy, func(t *testing.T) {
			l := newLobby(t)
			b := l.browse(sdk, policy)
			viewer := b.until(t, "viewer", "a picture and an answer", func(r report) bool { return r.Frames > 20 && r.Width > 0 && r.Heard == "hello viewer" })
			if viewer.Relayed != (policy == "relay") {
				t.Errorf("relayed is %v", viewer.Relayed)
			}
			b.until(t, "viewer", "a picture that moves on", func(r report) bool { return r.Frames > viewer.Frames+20 })
			b.until(t, "master", "a greeting", func(r report) bool { return r.Heard == "hello master" })
		})
	}
}

// browse opens a page with a master and a viewer of the lobby's channel.
func (l *lobby) browse(sdk, policy string) *browser {
	l.Helper()
	config := l.http.Transport.(*http.Transport).TLSClientConfig
	address := strings.TrimPrefix(l.server.Endpoint(), "http://")
	conn, err := tls.Dial("tcp", address, config.Clone())
	if err != nil {
		l.Fatal(err)
	}
	sum := sha256.Sum256(conn.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	conn.Close()
	keys := l.server.Credentials()
	mux := http.NewServeMux()
	mux.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(sdk))))
	mux.HandleFunc("GET /peer.html", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/webrtc/peer.html") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, id := range []string{"master", "viewer"} {
			query := url.Values{"id": {id}, "arn": {l.arn}, "wss": {"wss://" + address}, "key": {keys.AccessKeyID}, "secret": {keys.SecretAccessKey},
				"ice": {l.iceServers(id)}, "policy": {policy}}
			fmt.Fprintf(w, "<iframe width=340 height=200 allow=\"autoplay; camera; microphone\" src=\"/peer.html?%s\"></iframe>\n", html.EscapeString(query.Encode()))
		}
	})
	return openBrowser(l.T, mux, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
		"--ignore-certificate-errors-spki-list="+base64.StdEncoding.EncodeToString(sum[:]))
}

// iceServers is what the service lends, as RTCPeerConnection takes it.
func (l *lobby) iceServers(client string) string {
	username, credential, uris := l.lent(client)
	text, err := json.Marshal([]map[string]any{{"urls": uris, "username": username, "credential": credential}})
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}

func (l *lobby) lent(client string) (username, credential string, uris []string) {
	l.Helper()
	keys := l.server.Credentials()
	c := kvs.New(kvs.Config{Endpoint: l.server.Endpoint(), Region: "us-east-1", CA: l.http.Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	defer c.Close()
	servers, err := c.ICEServers(deadline(l.T), kvs.Seat{Channel: "door", ClientID: client})
	if err != nil || len(servers) != 1 {
		l.Errorf("lent are %d servers, %v", len(servers), err)
		return "", "", nil
	}
	return servers[0].Username, servers[0].Password, servers[0].URIs
}
