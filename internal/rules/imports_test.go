package rules

import (
	"slices"
	"strings"
	"testing"
)

// Modules that several rooms share.
const (
	awsSDK = "github.com/aws/aws-sdk-go-v2"
	smithy = "github.com/aws/smithy-go"
	fyne   = "fyne.io/fyne/v2"
	astiav = "github.com/asticode/go-astiav"
	xsync  = "golang.org/x/sync"
)

var table = []room{
	{"media", nil, "the vocabulary under everything stands on the standard library alone"},
	{"mkv", []string{"media", "github.com/at-wat/ebml-go"}, "Matroska as KVS speaks it, shared by client, recorder and service, knows none of them"},
	{"mp4", []string{"media", "github.com/Eyevinn/mp4ff"}, "MP4 is written from packets alone; whose they are is not its business"},
	{"clip", []string{"media", "mkv", "mp4", "internal/atomicfile", "internal/diskspace", "internal/filelock", "golang.org/x/sys"}, "a clip is made of any media.Archive; whose it is is wire.go's business"},
	{"player", []string{"media", xsync}, "the player takes any Source and any Codecs; who they are is wire.go's business"},
	{"recorder", []string{"media", "mkv", "recorder/spool", xsync}, "the recorder takes any Source and any Putter; who they are is wire.go's business"},
	{"recorder/spool", []string{"media", "mkv", "internal/disk", "internal/diskspace", "internal/filelock", "golang.org/x/sys"}, "the spool is files; what is sent, and how, is not its business"},
	{"recorder/upload", []string{"media", "mkv", "recorder/spool", "golang.org/x/time", xsync}, "the upload takes any Putter; who it is is wire.go's business"},
	{"telemetry", []string{"media", "golang.org/x/sys"}, "telemetry is lines with times; what they are recorded with is wire.go's business"},
	{"kvs", []string{"media", "mkv", "mp4", "internal/diskcache", awsSDK, smithy, xsync, "golang.org/x/sys"}, "the client of the cloud's protocol knows no picture and no window"},
	{"signaling", []string{"github.com/coder/websocket", "golang.org/x/time", xsync}, "signaling is messages and one WebSocket; media is peer's business"},
	{"peer", []string{"media", "signaling", "github.com/pion", xsync}, "peer turns RTP into packets and back, nothing else"},
	{"audio", []string{"media", "player"}, "audio mixes what is heard; which device plays it is wire.go's business"},
	{"ffmpeg", []string{"media", astiav}, "the only room that touches libav knows nothing of streams and services"},
	{"localkvs", []string{"media", "mkv", "mp4", "signaling", "peer", "localkvs/mpegts", "internal/atomicfile", "internal/disk", "internal/filelock", awsSDK + "/aws", "modernc.org/sqlite", "github.com/prometheus",
		"github.com/coder/websocket", "github.com/pion/turn/v5", "github.com/pion/stun/v4", "github.com/pion/logging", "golang.org/x/time", xsync, "golang.org/x/sys"}, "the service holds no client code; of signaling it uses the messages, and it is a peer itself where it stores calls"},
	{"localkvs/mpegts", []string{"media", "github.com/asticode/go-astits", "github.com/Eyevinn/mp4ff"}, "transport streams are written from packets alone; whose they are is not its business"},
	{"localkvs/kvstest", []string{"mkv", "media", awsSDK, smithy}, "the conformance suite sees a service only over the network"},
	{"app", []string{"clip", "media", "mkv", "player", "recorder", "recorder/spool", "recorder/upload", "internal/atomicfile", "internal/diskcache", "golang.org/x/time", xsync}, "app is what the program is, without windows, protocols and codecs"},
	{"ui", []string{"app", "player", "media", "assets", "internal/diskspace", fyne, "golang.org/x/image", "golang.org/x/text"}, "windows show what app says; they speak to nothing else"},
	{"ui/timeline", []string{"media", "golang.org/x/image"}, "the bar of time is reckoned and drawn without windows"},
	{"host", []string{"github.com/godbus/dbus/v5"}, "what this computer is short of is asked of the system alone"},
	{"assets", []string{fyne}, "assets are embedded files"},
	{"cmd/kinora", []string{everything}, "joins everything"},
	{"cmd/kinorad", []string{"localkvs", "localkvs/ca", "github.com/alecthomas/kong", xsync}, "the service's command is flags around localkvs"},
	{"internal/atomicfile", nil, "a leaf that everybody may use"},
	{"internal/disk", []string{"internal/atomicfile"}, "a leaf under whoever may lose nothing in a crash"},
	{"internal/diskspace", []string{"golang.org/x/sys"}, "a leaf that everybody may use"},
	{"internal/filelock", []string{"golang.org/x/sys"}, "a leaf that everybody may use"},
	{"internal/diskcache", []string{"internal/atomicfile"}, "a leaf under whoever fetches or makes things that are dear"},
	{"internal/leak", nil, "a leaf that every test may use"},
	{"internal/browser", nil, "a leaf for tests of what is served to browsers"},
	{"internal/rules", nil, "the rules read the source and import none of it"},
	{"internal/rig", []string{"kvs", "mkv", "media", "localkvs/archive", awsSDK + "/aws", "internal/xscreen", xsync}, "the rig runs the programs from outside, on archives that it makes"},
	{"internal/bench", []string{"ui/timeline", "golang.org/x/image", "internal/caller", "internal/rig", "internal/hostile", "internal/xscreen", "internal/atomicfile", "kvs", "media", "mkv", "recorder", "recorder/spool", xsync}, "the benchmark measures the programs from outside, the timeline by what it draws, and how the spool recovers by itself"},
	{"internal/torture", []string{"internal/hostile", "kvs", "media", "mkv", "recorder", "recorder/spool", "recorder/upload", awsSDK + "/credentials", xsync}, "the torture joins the recorder's rooms as the app does, and judges from outside"},
	{"internal/torture/calls", []string{"internal/caller", "internal/hostile", "internal/rig"}, "calls are made by processes, over the network, and judged by what these say"},
	{"internal/caller", []string{"kvs", "media", "peer", "signaling", awsSDK + "/credentials", xsync, "golang.org/x/sys"}, "a caller joins the client's rooms as the app does"},
	{"internal/hostile", []string{"mkv", "media", "localkvs/sigv4", "github.com/Shopify/toxiproxy/v2", "github.com/rs/zerolog", "golang.org/x/time"}, "a network and a service that are hostile to everybody know nobody"},
	{"internal/screens", []string{"internal/hostile", "internal/rig", "internal/xscreen"}, "screenshots are taken from outside"},
	{"internal/xscreen", nil, "a leaf: a virtual display and what is seen on it"},
}

var walls = []wall{
	{rooms("cmd/kinora", "ffmpeg"), []string{fyne + "/app", fyne + "/driver/desktop/glfw", "github.com/go-gl", astiav},
		"only cmd/kinora and ffmpeg may need a C compiler; everything else builds and tests with CGO_ENABLED=0"},
	{[]string{"ui"}, []string{"kinora/kvs", "kinora/ffmpeg", "kinora/localkvs", awsSDK},
		"windows know accounts and codecs through app's interfaces; wire.go joins them"},
	{[]string{"app"}, []string{"kinora/kvs", "kinora/ffmpeg", "kinora/localkvs", "kinora/ui", awsSDK, fyne},
		"app runs and is tested without windows, network and codecs"},
	{[]string{"localkvs", "cmd/kinorad"}, []string{"kinora/kvs", "kinora/recorder", "kinora/player", "kinora/app", "kinora/ui", "kinora/ffmpeg", fyne},
		"the service shares the format with its clients, not their code"},
	{[]string{"cmd"}, []string{"kinora/internal/browser", "kinora/internal/leak", "kinora/localkvs/kvstest"}, "test code is not shipped"},
}

// rooms returns all rooms of the table but the given ones.
func rooms(but ...string) []string {
	var all []string
	for _, r := range table {
		if !slices.Contains(but, r.path) {
			all = append(all, r.path)
		}
	}
	return all
}

func TestImportDirections(t *testing.T) {
	packages, standard := listed(t, "1")
	for _, sentence := range forbidden(packages, standard, table) {
		t.Error(sentence)
	}
	for _, sentence := range reached(packages, walls) {
		t.Error(sentence)
	}
}

// A package whose files all need cgo has no files without it, which the go command reports as an error.
func TestPureRoomsResolveWithoutCgo(t *testing.T) {
	packages, _ := listed(t, "0")
	broken := make(map[string]string)
	for _, p := range packages {
		if p.Error != nil {
			broken[p.ImportPath] = p.Error.Err
		}
	}
	for _, p := range packages {
		path, ok := p.inModule()
		if home, _ := roomOf(path, table); !ok || home.path == "cmd/kinora" || home.path == "ffmpeg" {
			continue
		}
		for _, dep := range append(p.Deps, p.ImportPath) {
			if reason, bad := broken[dep]; bad {
				t.Errorf("%s needs a C compiler, by %s: %s", p.ImportPath, dep, reason)
			}
		}
	}
}

func TestForbiddenEdgesAreFound(t *testing.T) {
	standard := func(path string) bool { return !strings.Contains(path, ".") && !strings.HasPrefix(path, module) }
	example := func(path string, imports ...string) pkg { return pkg{ImportPath: path, Imports: imports} }
	for name, tc := range map[string]struct {
		packages []pkg
		want     string
	}{
		"a room below":        {[]pkg{example("kinora/media", "io", "kinora/mkv")}, "kinora/media must not import kinora/mkv"},
		"a foreign module":    {[]pkg{example("kinora/player", "github.com/aws/aws-sdk-go-v2/aws")}, "kinora/player must not import github.com/aws"},
		"a room without rule": {[]pkg{example("kinora/util")}, "kinora/util is in no room"},
		"a like-named module": {[]pkg{example("kinora/ui", "fyne.io/fyne/v25")}, "must not import fyne.io/fyne/v25"},
		"through others": {[]pkg{example("kinora/ui", "kinora/app"), example("kinora/app", "kinora/recorder"),
			example("kinora/recorder", "kinora/kvs")}, "kinora/ui -> kinora/app -> kinora/recorder -> kinora/kvs: "},
		"cgo from a pure room": {[]pkg{example("kinora/ui", "fyne.io/fyne/v2/app")}, "CGO_ENABLED=0"},
	} {
		t.Run(name, func(t *testing.T) {
			found := append(forbidden(tc.packages, standard, table), reached(tc.packages, walls)...)
			if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, tc.want) }) {
				t.Errorf("found %q, want a sentence with %q", found, tc.want)
			}
		})
	}
}

func TestAllowedEdgesPass(t *testing.T) {
	standard := func(path string) bool { return path == "io" }
	packages := []pkg{
		{ImportPath: "kinora/mkv", Imports: []string{"io", "kinora/media", "kinora/media/nal", "kinora/mkv/sub", "github.com/at-wat/ebml-go"}},
		{ImportPath: "kinora/cmd/kinora", Imports: []string{"kinora/ui", "fyne.io/fyne/v2/app", "github.com/asticode/go-astiav"}},
	}
	if found := append(forbidden(packages, standard, table), reached(packages, walls)...); len(found) > 0 {
		t.Errorf("found %q in what is allowed", found)
	}
}
