package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// A file has the sum of its bytes, wherever blocks end.
func TestDigest(t *testing.T) {
	for _, size := range []int{0, 1, blockSize, blocks*blockSize + 1000} {
		content := make([]byte, size)
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
		want := sha256.Sum256(content)
		if sum, n, err := digest(file); err != nil || n != int64(size) || sum != hex.EncodeToString(want[:]) {
			t.Errorf("%d bytes: %s, %d bytes, %v", size, sum, n, err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := digest(file); err == nil {
			t.Error("a closed file has a sum")
		}
	}
}
