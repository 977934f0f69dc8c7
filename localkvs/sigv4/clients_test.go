package sigv4

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// clients holds one request as each client puts it on the wire, and the canonical request that client signs, both
// written by hand. HOST, SCOPE, the hashes and {sig} are filled in by the test; bodies are BODY throughout.
var clients = []struct {
	name      string
	host      string // Host header; "" means address with port
	streaming bool
	scope     string
	canonical string
	request   string
}{
	{
		name:  "awscli",
		scope: "us-west-2/kinesisvideo",
		canonical: `POST
/createStream

content-type:application/json
host:HOST
x-amz-date:20261122T111101Z

content-type;host;x-amz-date
BODYHASH`,
		request: `POST /createStream HTTP/1.1
Host: HOST
Accept-Encoding: identity
Content-Type: application/json
User-Agent: aws-cli/2.9.19 Python/3.11.2
X-Amz-Date: 20261122T111101Z
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=content-type;host;x-amz-date, Signature={sig}
Content-Length: 4

BODY`,
	},
	{
		name:  "JavaScript SDK",
		scope: "us-west-2/kinesisvideo",
		canonical: `POST
/createStream

amz-sdk-invocation-id:9d6e
amz-sdk-request:attempt=1; max=3
content-length:4
content-type:application/json
host:HOST
x-amz-content-sha256:BODYHASH
x-amz-date:20261122T111101Z
x-amz-user-agent:aws-sdk-js/3.1

amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-user-agent
BODYHASH`,
		request: `POST /createStream HTTP/1.1
content-type: application/json
host: HOST
x-amz-user-agent: aws-sdk-js/3.1
user-agent: aws-sdk-js/3.1 os/linux
amz-sdk-invocation-id: 9d6e
amz-sdk-request: attempt=1; max=3
x-amz-date: 20261122T111101Z
x-amz-content-sha256: BODYHASH
authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-user-agent, Signature={sig}
content-length: 4

BODY`,
	},
	{
		name:  "Go SDK v1",
		scope: "us-west-2/kinesisvideo",
		canonical: `POST
/describeStream

content-length:4
content-type:application/json
host:HOST
x-amz-date:20261122T111101Z

content-length;content-type;host;x-amz-date
BODYHASH`,
		request: `POST /describeStream HTTP/1.1
Host: HOST
Content-Length: 4
Content-Type: application/json
X-Amz-Date: 20261122T111101Z
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=content-length;content-type;host;x-amz-date, Signature={sig}

BODY`,
	},
	{
		name:  "C producer, control plane",
		host:  "127.0.0.1",
		scope: "us-west-2/kinesisvideo",
		canonical: `POST
/describeStream

host:127.0.0.1
user-agent:AWS-PRODUCER-SDK-KVS/1.6.4 GCC/12.2.0 Linux/6.1 x86_64
x-amz-date:20261122T111101Z

host;user-agent;x-amz-date
BODYHASH`,
		request: `POST /describeStream HTTP/1.1
Host: 127.0.0.1
Accept: */*
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=host;user-agent;x-amz-date, Signature={sig}
content-length: 4
content-type: application/json
user-agent: AWS-PRODUCER-SDK-KVS/1.6.4 GCC/12.2.0 Linux/6.1 x86_64
X-Amz-Date: 20261122T111101Z
x-amz-security-token: TOKENEXAMPLE

BODY`,
	},
	{
		name:      "C producer, PutMedia",
		host:      "127.0.0.1",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia

connection:keep-alive
host:127.0.0.1
transfer-encoding:chunked
user-agent:AWS-PRODUCER-SDK-KVS/1.6.4 GCC/12.2.0 Linux/6.1 x86_64
x-amz-date:20261122T111101Z
x-amzn-fragment-acknowledgment-required:1
x-amzn-fragment-timecode-type:ABSOLUTE
x-amzn-producer-start-timestamp:1795345953.18
x-amzn-stream-name:teststream

connection;host;transfer-encoding;user-agent;x-amz-date;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name
EMPTYHASH`,
		request: `POST /putMedia HTTP/1.1
Host: 127.0.0.1
Accept: */*
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=connection;host;transfer-encoding;user-agent;x-amz-date;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name, Signature={sig}
connection: keep-alive
content-type: application/json
transfer-encoding: chunked
user-agent: AWS-PRODUCER-SDK-KVS/1.6.4 GCC/12.2.0 Linux/6.1 x86_64
X-Amz-Date: 20261122T111101Z
x-amz-security-token: TOKENEXAMPLE
x-amzn-fragment-acknowledgment-required: 1
x-amzn-fragment-timecode-type: ABSOLUTE
x-amzn-producer-start-timestamp: 1795345953.18
x-amzn-stream-name: teststream
Expect: 100-continue

4
BODY
0

`,
	},
	{
		name:      "embedded C, PutMedia, Expect signed",
		host:      "localhost",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia

connection:keep-alive
expect:100-continue
host:localhost
transfer-encoding:chunked
user-agent:myagent
x-amz-date:20261122T111101Z
x-amzn-stream-name:teststream

connection;expect;host;transfer-encoding;user-agent;x-amz-date;x-amzn-stream-name
EMPTYHASH`,
		request: `POST /putMedia HTTP/1.1
host: localhost
user-agent: myagent
x-amz-date: 20261122T111101Z
authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=connection;expect;host;transfer-encoding;user-agent;x-amz-date;x-amzn-stream-name, Signature={sig}
connection: keep-alive
expect: 100-continue
transfer-encoding: chunked
x-amzn-stream-name: teststream

4
BODY
0

`,
	},
	{
		name:      "Java SDK v1, PutMedia, absolute request target",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia

host:HOST
user-agent:aws-sdk-java/1.12
x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD
x-amz-date:20261122T111101Z
x-amzn-fragment-timecode-type:RELATIVE
x-amzn-producer-start-timestamp:1795345953.018
x-amzn-stream-name:teststream

host;user-agent;x-amz-content-sha256;x-amz-date;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name
STREAMING-AWS4-HMAC-SHA256-PAYLOAD`,
		request: `POST http://HOST/putMedia HTTP/1.1
Host: HOST
x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=host;user-agent;x-amz-content-sha256;x-amz-date;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name, Signature={sig}
X-Amz-Date: 20261122T111101Z
User-Agent: aws-sdk-java/1.12
x-amzn-fragment-timecode-type: RELATIVE
x-amzn-producer-start-timestamp: 1795345953.018
x-amzn-stream-name: teststream
Transfer-Encoding: chunked

4
BODY
0

`,
	},
	{
		name:      "Java producer library, hash header outside the signature",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia

host:HOST
x-amz-date:20261122T111101Z
x-amzn-stream-name:teststream

host;x-amz-date;x-amzn-stream-name
UNSIGNED-PAYLOAD`,
		request: `POST /putMedia HTTP/1.1
Host: HOST
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE,SignedHeaders=host;x-amz-date;x-amzn-stream-name,Signature={sig}
X-Amz-Date: 20261122T111101Z
x-amz-content-sha256: UNSIGNED-PAYLOAD
x-amzn-stream-name: teststream
Transfer-Encoding: chunked

4
BODY
0

`,
	},
	{
		name:      "kinesisvideomanager, PutMedia, presigned with an empty service",
		streaming: true,
		scope:     "us-west-2/",
		canonical: `POST
/putMedia
X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2F%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host%3Bx-amzn-fragment-timecode-type%3Bx-amzn-producer-start-timestamp%3Bx-amzn-stream-name
host:HOST
x-amzn-fragment-timecode-type:RELATIVE
x-amzn-producer-start-timestamp:1795345953.018
x-amzn-stream-name:teststream

host;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name
EMPTYHASH`,
		request: `POST /putMedia?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2F%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host%3Bx-amzn-fragment-timecode-type%3Bx-amzn-producer-start-timestamp%3Bx-amzn-stream-name&X-Amz-Signature={sig} HTTP/1.1
Host: HOST
X-Amzn-Fragment-Timecode-Type: RELATIVE
X-Amzn-Producer-Start-Timestamp: 1795345953.018
X-Amzn-Stream-Name: teststream
Transfer-Encoding: chunked

4
BODY
0

`,
	},
	{
		name:  "kinesisvideomanager, GetMedia, presigned",
		scope: "us-west-2/",
		canonical: `POST
/getMedia
X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2F%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=600&X-Amz-SignedHeaders=content-type%3Bhost
content-type:application/json
host:HOST

content-type;host
BODYHASH`,
		request: `POST /getMedia?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2F%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=600&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature={sig} HTTP/1.1
Host: HOST
Content-Type: application/json
Content-Length: 4

BODY`,
	},
	{
		name:      "X-Amz-Expires beside the Authorization header",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia
X-Amz-Expires=600
host:HOST
x-amz-date:20261122T111101Z

host;x-amz-date
EMPTYHASH`,
		request: `POST /putMedia?X-Amz-Expires=600 HTTP/1.1
Host: HOST
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=host;x-amz-date, Signature={sig}
X-Amz-Date: 20261122T111101Z
Transfer-Encoding: chunked

4
BODY
0

`,
	},
	{
		name:      "WebRTC C, WebSocket",
		host:      "localhost",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `GET
/
X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-ChannelARN=arn%3Aaws%3Akinesisvideo%3Aus-west-2%3A123456789012%3Achannel%2Fch%2F1&X-Amz-ClientId=ConsumerViewer_1612564114&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2Fkinesisvideo%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host
host:localhost

host
EMPTYHASH`,
		request: `GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-ChannelARN=arn%3Aaws%3Akinesisvideo%3Aus-west-2%3A123456789012%3Achannel%2Fch%2F1&X-Amz-ClientId=ConsumerViewer_1612564114&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-west-2%2Fkinesisvideo%2Faws4_request&X-Amz-Date=20261122T111101Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature={sig} HTTP/1.1
Host: localhost
Connection: Upgrade
Upgrade: websocket

`,
	},
	{
		name:      "Connection: close signed, Date instead of X-Amz-Date",
		streaming: true,
		scope:     "us-west-2/kinesisvideo",
		canonical: `POST
/putMedia

connection:close
date:Sun, 22 Nov 2026 11:11:01 GMT
host:HOST

connection;date;host
EMPTYHASH`,
		request: `POST /putMedia HTTP/1.1
Host: HOST
Connection: close
Date: Sun, 22 Nov 2026 11:11:01 GMT
Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=connection;date;host, Signature={sig}
Content-Length: 4

BODY`,
	},
}

func TestRecordedClients(t *testing.T) {
	for _, tt := range clients {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, testVerifier(), tt.streaming)
			address := s.Listener.Addr().String()
			host := tt.host
			if host == "" {
				host = address
			}
			fill := strings.NewReplacer("HOST", host, "BODYHASH", sum([]byte("BODY")), "EMPTYHASH", sum(nil),
				"SCOPE", testKey+"/20261122/"+tt.scope+"/aws4_request").Replace
			signature := signByHand(fill(tt.canonical), tt.scope)

			request := strings.ReplaceAll(strings.ReplaceAll(fill(tt.request), "{sig}", signature), "\n", "\r\n")
			want(t, roundTrip(t, address, request), "200")

			// The same request with one digit of the signature changed.
			wrong := "0" + signature[1:]
			if wrong == signature {
				wrong = "1" + signature[1:]
			}
			want(t, roundTrip(t, address, strings.ReplaceAll(request, signature, wrong)), "403 InvalidSignatureException: The request signature")
		})
	}
}

// signByHand signs a canonical request step by step as the documentation does.
func signByHand(canonical, scope string) string {
	region, svc, _ := strings.Cut(scope, "/")
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, s)
		return h.Sum(nil)
	}
	key := mac([]byte("AWS4"+testSecret), "20261122")
	key = mac(key, region)
	key = mac(key, svc)
	key = mac(key, "aws4_request")
	return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n20261122T111101Z\n20261122/"+scope+"/aws4_request\n"+sum([]byte(canonical))))
}

// roundTrip writes raw bytes to the server and returns the final status and body.
func roundTrip(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusContinue {
			continue
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(resp.Status[:3] + " " + string(b))
	}
}
