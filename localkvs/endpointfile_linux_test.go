package localkvs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Where the service is cannot be written on a full disk; then nothing says that it is where another was.
func TestTheEndpointOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	if err := tellEndpoint(dir, "http://127.0.0.1:1", "eu-west-1"); err != nil {
		t.Fatal(err)
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	if e := fill.Close(); !errors.Is(err, syscall.ENOSPC) || e != nil {
		t.Fatalf("%v, %v", err, e)
	}
	if err := tellEndpoint(dir, "http://127.0.0.1:1", "eu-west-1"); err != nil {
		t.Errorf("where it was before: %v", err)
	}
	if endpoint, _, err := ReadEndpoint(dir); err != nil || endpoint != "http://127.0.0.1:1" {
		t.Errorf("then it is said to be at %q, %v", endpoint, err)
	}
	if err := tellEndpoint(dir, "http://127.0.0.1:2", "eu-west-1"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("elsewhere: %v", err)
	}
	if endpoint, _, err := ReadEndpoint(dir); err == nil {
		t.Errorf("then it is said to be at %q", endpoint)
	}
}
