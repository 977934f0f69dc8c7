package localkvs_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"
	"github.com/pion/turn/v5"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/signaling"
)

// lobby is a service with one signaling channel.
type lobby struct {
	*testing.T
	server *localkvs.Server
	client *kvs.Client
	arn    string
	http   *http.Client
}

func newLobby(t *testing.T) *lobby {
	t.Helper()
	return newLobbyOn(t, localkvs.ServerOptions{})
}

func newLobbyOn(t *testing.T, o localkvs.ServerOptions) *lobby {
	t.Helper()
	leak.Check(t)
	server := serve(t, o)
	l := &lobby{T: t, server: server, client: clientOf(t, server)}
	var err error
	if l.arn, err = l.client.CreateChannel(deadline(t), "door", 0); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	l.http = &http.Client{Transport: transport}
	return l
}

// address is the signed address of the master's WebSocket, or of a viewer's.
func (l *lobby) address(client string) string {
	l.Helper()
	address, err := l.client.SignalingURL(deadline(l.T), kvs.Seat{Channel: "door", ClientID: client}, false)
	if err != nil {
		l.Fatal(err)
	}
	if !strings.HasPrefix(address, "wss://") {
		l.Fatalf("the address begins with %.20s", address)
	}
	return address
}

func (l *lobby) connect(client string) *websocket.Conn {
	l.Helper()
	conn, _, err := websocket.Dial(deadline(l.T), l.address(client), &websocket.DialOptions{HTTPClient: l.http, Subprotocols: []string{"wss"}})
	if err != nil {
		l.Fatal(err)
	}
	if conn.Subprotocol() != "wss" {
		l.Errorf("the subprotocol is %q", conn.Subprotocol())
	}
	l.Cleanup(func() { _ = conn.CloseNow() }) // it may be closed
	return conn
}

func (l *lobby) read(conn *websocket.Conn) *signaling.Event {
	l.Helper()
	_, frame, err := conn.Read(deadline(l.T))
	if err != nil {
		l.Fatal(err)
	}
	e, err := signaling.ParseEvent(frame)
	if err != nil {
		l.Fatal(err)
	}
	return e
}

func (l *lobby) write(conn *websocket.Conn, r signaling.Request) {
	l.Helper()
	frame, err := json.Marshal(r)
	if err != nil {
		l.Fatal(err)
	}
	if err := conn.Write(deadline(l.T), websocket.MessageText, frame); err != nil {
		l.Fatal(err)
	}
}

func TestSignaling(t *testing.T) {
	l := newLobby(t)
	viewer := l.connect("one")
	offer, answer := base64.StdEncoding.EncodeToString([]byte("offer")), base64.StdEncoding.EncodeToString([]byte("answer"))
	l.write(viewer, signaling.Request{Action: signaling.Offer, Payload: offer}) // before there is a master
	master := l.connect("")
	if e := l.read(master); e.Type != signaling.Offer || e.Sender != "one" || e.Payload != offer {
		t.Errorf("the master gets %+v", e)
	}
	l.write(master, signaling.Request{Action: signaling.Answer, Recipient: "one", Payload: answer})
	if e := l.read(viewer); e.Type != signaling.Answer || e.Sender != "" || e.Payload != answer {
		t.Errorf("the viewer gets %+v", e)
	}
	if err := l.client.DeleteChannel(deadline(t), "door"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := master.Read(deadline(t)); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("after the channel was deleted: %v", err)
	}
}

// presign signs the address of a WebSocket at some time, with further parameters in the query.
func (l *lobby) presign(at time.Time, query ...string) string {
	l.Helper()
	keys := l.server.Credentials()
	base := strings.Replace(l.server.Endpoint(), "http://", "https://", 1)
	req, err := http.NewRequest(http.MethodGet, base+"/?"+strings.Join(append(query, "X-Amz-Expires=60"), "&"), nil)
	if err != nil {
		l.Fatal(err)
	}
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	signed, _, err := v4.NewSigner().PresignHTTP(deadline(l.T), aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
		req, nothing, "kinesisvideo", "us-east-1", at)
	if err != nil {
		l.Fatal(err)
	}
	return signed
}

func TestSignalingRefusesConnections(t *testing.T) {
	l := newLobby(t)
	now, arn := time.Now(), "X-Amz-ChannelARN="+strings.NewReplacer(":", "%3A", "/", "%2F").Replace(l.arn)
	for name, c := range map[string]struct {
		address string
		status  int
		want    string
	}{
		"an address that has expired": {l.presign(now.Add(-2*time.Minute), arn), 403, "InvalidSignatureException"},
		"another role than signed":    {l.presign(now, arn) + "&X-Amz-ClientId=one", 403, "InvalidSignatureException"},
		"no signature":                {strings.Split(l.presign(now, arn), "/?")[0] + "/?" + arn, 403, "MissingAuthenticationTokenException"},
		"no such channel":             {l.presign(now, strings.Replace(arn, "door", "gate", 1)), 404, "ResourceNotFoundException"},
		"no ARN":                      {l.presign(now, "X-Amz-ChannelARN=door"), 400, "InvalidArgumentException"},
		"a reserved client ID":        {l.presign(now, arn, "X-Amz-ClientId=AWS_x"), 400, "InvalidArgumentException"},
		"an empty client ID":          {l.presign(now, arn, "X-Amz-ClientId="), 400, "InvalidArgumentException"},
	} {
		conn, res, err := websocket.Dial(deadline(t), c.address, &websocket.DialOptions{HTTPClient: l.http})
		if err == nil {
			_ = conn.CloseNow() // it should not be there
			t.Errorf("%s: a connection", name)
			continue
		}
		if res == nil || res.StatusCode != c.status || res.Header.Get("x-amzn-ErrorType") != c.want {
			t.Errorf("%s: %v, want %d %s", name, err, c.status, c.want)
		}
	}
	req, err := http.NewRequest(http.MethodGet, l.presign(now, arn), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("without a WebSocket: %d", res.StatusCode)
	}
}

func TestNoTURN(t *testing.T) {
	l := newLobbyOn(t, localkvs.ServerOptions{Relay: localkvs.RelayOptions{None: true}})
	if status, answer := post(t, l.server, "/v1/get-ice-server-config", `{"ChannelARN":"`+l.arn+`"}`); status != http.StatusOK || !strings.Contains(string(answer), `"IceServerList":[]`) {
		t.Errorf("%d %s", status, answer)
	}
}

// Clients of a channel are told on demand to ask for TURN servers anew.
func TestReconnectICEServer(t *testing.T) {
	l := newLobby(t)
	clients := []*websocket.Conn{l.connect(""), l.connect("one")}
	for within := deadline(t); ; { // who has connected may not be in the channel yet
		status, answer := post(t, l.server, "/kinora/reconnectIceServer", `{"ChannelName":"door"}`)
		if strings.Contains(string(answer), `"Clients":2`) {
			break
		}
		if status != http.StatusOK || within.Err() != nil {
			t.Fatalf("%d %s", status, answer)
		}
	}
	for _, conn := range clients {
		if e := l.read(conn); e.Type != signaling.ReconnectICEServer {
			t.Errorf("received %+v", e)
		}
	}
	if status, _ := post(t, l.server, "/kinora/reconnectIceServer", `{"ChannelName":"nowhere"}`); status != http.StatusNotFound {
		t.Errorf("a channel that does not exist: %d", status)
	}
}

// The TURN server that the service lends is there by UDP, TCP and TLS, on the service's own port.
func TestICEServers(t *testing.T) {
	l := newLobby(t)
	body := `{"ChannelARN":"` + l.arn + `","ClientId":"one","Service":"TURN"}`
	req, err := http.NewRequest(http.MethodPost, l.server.Endpoint()+"/v1/get-ice-server-config", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	keys, sum := l.server.Credentials(), sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(deadline(t), aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
		req, hex.EncodeToString(sum[:]), "kinesisvideo", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct {
		IceServerList []struct {
			Uris               []string
			Username, Password string
			Ttl                int
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || len(out.IceServerList) != 1 || out.IceServerList[0].Ttl != 300 {
		t.Fatalf("%d %+v, %v", res.StatusCode, out, err)
	}
	lent := out.IceServerList[0]
	address := strings.TrimPrefix(l.server.Endpoint(), "http://")
	want := []string{"turn:" + address + "?transport=udp", "turn:" + address + "?transport=tcp", "turns:" + address + "?transport=tcp"}
	if !slices.Equal(lent.Uris, want) {
		t.Fatalf("lent are %v, want %v", lent.Uris, want)
	}
	for _, uri := range lent.Uris {
		var conn net.PacketConn
		switch {
		case strings.HasSuffix(uri, "udp"):
			if conn, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
		default:
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(uri, "turns:") {
				config := l.http.Transport.(*http.Transport).TLSClientConfig.Clone()
				config.ServerName = "127.0.0.1"
				c = tls.Client(c, config)
			}
			conn = turn.NewSTUNConn(c)
		}
		client, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: address, TURNServerAddr: address, Conn: conn,
			Username: lent.Username, Password: lent.Password})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Listen(); err != nil {
			t.Fatal(err)
		}
		if mapped, err := client.SendBindingRequest(); err != nil || mapped.String() != conn.LocalAddr().String() {
			t.Errorf("%s: STUN says %v, %v; want %v", uri, mapped, err, conn.LocalAddr())
		}
		if relay, err := client.Allocate(); err != nil {
			t.Errorf("%s: %v", uri, err)
		} else {
			_ = relay.Close() // the allocation is given back
		}
		client.Close()
		_ = conn.Close() // it may be closed
	}
}

// A port that another program has by UDP is served by TCP alone, TURN as well.
func TestPortTakenByUDP(t *testing.T) {
	var taken net.PacketConn
	for range 20 { // the number that is free by UDP may not be so by TCP
		var err error
		if taken, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		if l, err := net.Listen("tcp", taken.LocalAddr().String()); err == nil {
			_ = l.Close() // the service takes it
			break
		}
	}
	l := newLobbyOn(t, localkvs.ServerOptions{Listen: taken.LocalAddr().String()})
	servers, err := l.client.ICEServers(deadline(t), kvs.Seat{Channel: "door"})
	if err != nil || len(servers) != 1 || len(servers[0].URIs) != 2 {
		t.Fatalf("lent are %+v, %v", servers, err)
	}
	address := taken.LocalAddr().String()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: address, TURNServerAddr: address, Conn: turn.NewSTUNConn(conn),
		Username: servers[0].Username, Password: servers[0].Password})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	_ = relay.Close() // the allocation is given back
}
