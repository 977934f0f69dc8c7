package mkv

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

var recordings = flag.String("recordings", "", "directory of whole recordings to check")

func TestRecordings(t *testing.T) {
	for _, c := range []struct {
		file   string
		want   string
		codecs string
		cut    bool
	}{
		{"clusters.mkv", "1 fragments, 1 complete, 59 packets, 1 keys, 148653 bytes", "h264", false},
		{"vogels.mkv", "1 fragments, 1 complete, 166 packets, 102 keys, 92017 bytes", "h264 aac", false},
		{"getmedia-1.mkv", "1 fragments, 1 complete, 30 packets, 1 keys, 153686 bytes", "h264", false},
		{"getmedia-2.mkv", "1 fragments, 1 complete, 30 packets, 1 keys, 153686 bytes", "h264", false},
		{"getmedia-cut.mkv", "1 fragments, 0 complete, 0 packets, 0 keys, 0 bytes", "h264", true},
		{"empty-mkv-with-tags.mkv", "0 fragments, 0 complete, 0 packets, 0 keys, 0 bytes", "h264", false},
		{"test_mixed_tags.mkv", "10 fragments, 10 complete, 100 packets, 10 keys, 10000 bytes", "V_MS/VFW/FOURCC", false},
		{"test_tags_empty_cluster.mkv", "0 fragments, 0 complete, 0 packets, 0 keys, 0 bytes", "", false},
		{"upload-csdk-h265.mkv", "3 fragments, 3 complete, 113 packets, 3 keys, 285135 bytes", "h265", false},
		{"upload-csdk-mislabelled-h265.mkv", "1 fragments, 1 complete, 45 packets, 1 keys, 109620 bytes", "h264", false},
		{"upload-kvssink-h264-aac.mkv", "1 fragments, 1 complete, 38 packets, 1 keys, 170790 bytes", "h264 aac", false},
		{"ffmpeg-default.mkv", "3 fragments, 3 complete, 37 packets, 19 keys, 50348 bytes", "h264 aac", false},
		{"ffmpeg-live.mkv", "3 fragments, 3 complete, 37 packets, 19 keys, 50348 bytes", "h264 aac", false},
	} {
		t.Run(c.file, func(t *testing.T) {
			input := recording(t, c.file)
			codecs := ""
			check := func(ev Event) {
				if ev.Kind == Header {
					codecs = ""
					for i, track := range ev.Head.Tracks {
						if i > 0 {
							codecs += " "
						}
						codecs += string(track.Codec)
					}
				}
			}
			for name, r := range map[string]io.Reader{
				"at once":      bytes.NewReader(input),
				"byte by byte": iotest.OneByteReader(bytes.NewReader(input)),
				"with EOF":     iotest.DataErrReader(bytes.NewReader(input)),
			} {
				err := walk(t, input, r, ParserOptions{Documents: true}, check)
				if cut := errors.Is(err, io.ErrUnexpectedEOF); cut != c.cut || !cut && err != io.EOF {
					t.Fatalf("%s: %v", name, err)
				}
			}
			got, err := readAll(NewReader(bytes.NewReader(input), Limits{}))
			if c.cut != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if got.String() != c.want {
				t.Errorf("%v; want %s", got, c.want)
			}
			if codecs != c.codecs {
				t.Errorf("codecs %q; want %q", codecs, c.codecs)
			}
		})
	}
}

// TestWholeRecordings reads the files of which testdata has pieces.
func TestWholeRecordings(t *testing.T) {
	if *recordings == "" {
		t.Skip("no -recordings directory")
	}
	for file, want := range map[string]string{
		"clusters.mkv":         "8 fragments, 8 complete, 444 packets, 8 keys, 1191995 bytes",
		"vogels_480.mkv":       "9 fragments, 9 complete, 2334 packets, 1431 keys, 1991571 bytes",
		"output_get_media.mkv": "5 fragments, 5 complete, 300 packets, 5 keys, 2494505 bytes",
		"output-get-media-non-increasing-timecode.mkv": "12 fragments, 11 complete, 358 packets, 12 keys, 1837003 bytes",
		"upload-kvssink-h264-aac.mkv":                  "12 fragments, 12 complete, 426 packets, 12 keys, 1631467 bytes",
		"upload-csdk-mislabelled-h265.mkv":             "3 fragments, 3 complete, 125 packets, 3 keys, 305602 bytes",
	} {
		input, err := os.ReadFile(filepath.Join(*recordings, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := walk(t, input, bytes.NewReader(input), ParserOptions{Documents: true}, nil); err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", file, err)
		}
		got, _ := readAll(NewReader(bytes.NewReader(input), Limits{}))
		if got.String() != want {
			t.Errorf("%s: %v; want %s", file, got, want)
		}
	}
}
