package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// Each piece has the sum of its bytes, wherever blocks end, and the file its own. What is not there, or cannot be, has none that fits.
func TestDigest(t *testing.T) {
	content := make([]byte, 3*blockSize+1000)
	for i := range content {
		content[i] = byte(i * i >> 7)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
	pieces := []Piece{{Offset: 100, Bytes: 50}, {Offset: 150, Bytes: 2 * blockSize}, {Offset: 3 * blockSize, Bytes: 0}, {Offset: 3 * blockSize, Bytes: 1000},
		{Offset: 3*blockSize + 1000, Bytes: 1}}
	whole, size, err := digest(file, pieces)
	if err != nil || whole != sum(content) || size != int64(len(content)) {
		t.Errorf("the file: %s, %d bytes, %v", whole, size, err)
	}
	for i, p := range pieces[:4] {
		if want := sum(content[p.Offset : p.Offset+p.Bytes]); p.SHA256 != want {
			t.Errorf("piece %d: %s, want %s", i, p.SHA256, want)
		}
	}
	if p := pieces[4]; p.SHA256 != "" {
		t.Errorf("a piece behind the end has the sum %s", p.SHA256)
	}
	odd := []Piece{{Offset: 500, Bytes: 10}, {Offset: 20, Bytes: 10}, {Offset: 600, Bytes: -1}, {Offset: -5, Bytes: 1 << 62}}
	if _, _, err := digest(file, odd); err != nil || odd[0].SHA256 != sum(content[500:510]) || odd[1].SHA256 == sum(content[20:30]) {
		t.Errorf("pieces that overlap: %+v, %v", odd, err)
	}
}
