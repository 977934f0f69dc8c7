package clip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
		if sum, n, err := digest(t.Context(), file); err != nil || n != int64(size) || sum != hex.EncodeToString(want[:]) {
			t.Errorf("%d bytes: %s, %d bytes, %v", size, sum, n, err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := digest(t.Context(), file); err == nil {
			t.Error("a closed file has a sum")
		}
	}
}

// Whoever cancels waits for the sum of a small file, and not for that of a large one.
func TestDigestIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for size, want := range map[int64]error{soon: nil, soon + blockSize: context.Canceled} {
		file, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Truncate(size); err != nil {
			t.Fatal(err)
		}
		if _, n, err := settle(ctx, file); !errors.Is(err, want) || want == nil && n != size {
			t.Errorf("%d bytes: %d were read, %v; want %v", size, n, err, want)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
