package diskcache

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func open(t *testing.T, dir string, limit int64) *Cache {
	t.Helper()
	c, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, c *Cache, key, value string) {
	t.Helper()
	if err := c.Put(key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, c *Cache, key, value string) {
	t.Helper()
	got, ok := c.Get(key)
	if ok != (value != "") || string(got) != value {
		t.Errorf("%s: %q, %v; want %q", key, got, ok, value)
	}
	if c.Has(key) != ok {
		t.Errorf("%s: Has is %v, Get found it: %v", key, !ok, ok)
	}
}

// files returns the contents of the cache's files by path.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == keyFile {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestKeptOverRestartsAndUnreadable(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	put(t, c, "arn/1", "a secret picture")
	put(t, c, "arn/1", "another secret picture")
	want(t, c, "arn/1", "another secret picture")
	want(t, c, "arn/2", "")
	c = open(t, dir, 1<<20)
	want(t, c, "arn/1", "another secret picture")
	all := files(t, dir)
	if len(all) != 1 {
		t.Errorf("%d files, want 1", len(all))
	}
	for path, content := range all {
		if bytes.Contains(content, []byte("secret")) || bytes.Contains([]byte(path), []byte("arn")) {
			t.Errorf("%s can be read: %q", path, content)
		}
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

func TestTheLongestUnusedGoesFirst(t *testing.T) {
	value := string(bytes.Repeat([]byte("x"), 1000))
	c := open(t, t.TempDir(), 10_000)
	for i := range 9 {
		put(t, c, fmt.Sprint(i), value)
	}
	want(t, c, "0", value)
	put(t, c, "9", value)
	want(t, c, "0", value)
	want(t, c, "1", "")
	want(t, c, "2", value)
	if c.Size() > 10_000 {
		t.Errorf("%d bytes", c.Size())
	}
	put(t, c, "large", value+value) // more than an eighth
	want(t, c, "large", "")
}

func TestASmallerLimitAfterARestart(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	for i := range 100 {
		put(t, c, fmt.Sprint(i), fmt.Sprint("value ", i))
	}
	if c = open(t, dir, 1000); c.Size() > 1000 || len(files(t, dir)) > 30 {
		t.Errorf("%d bytes in %d files", c.Size(), len(files(t, dir)))
	}
}

func TestDamageIsAMiss(t *testing.T) {
	for name, damage := range map[string]func(path string, content []byte) error{
		"a bit":  func(p string, b []byte) error { b[len(b)/2] ^= 1; return os.WriteFile(p, b, 0o600) },
		"cut":    func(p string, b []byte) error { return os.WriteFile(p, b[:5], 0o600) },
		"empty":  func(p string, _ []byte) error { return os.WriteFile(p, nil, 0o600) },
		"absent": func(p string, _ []byte) error { return os.Remove(p) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c := open(t, dir, 1<<20)
			put(t, c, "k", "value")
			for path, content := range files(t, dir) {
				if err := damage(path, content); err != nil {
					t.Fatal(err)
				}
			}
			want(t, c, "k", "")
			if c.Size() != 0 || len(files(t, dir)) != 0 {
				t.Errorf("%d bytes in %d files are left", c.Size(), len(files(t, dir)))
			}
			put(t, c, "k", "again")
			want(t, c, "k", "again")
		})
	}
}

// What two entries hold cannot be exchanged by whoever can write files.
func TestContentIsBoundToItsKey(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	put(t, c, "a", "value of a")
	put(t, c, "b", "value of b")
	if err := os.Rename(c.path(c.name("a")), c.path(c.name("b"))); err != nil {
		t.Fatal(err)
	}
	want(t, c, "b", "")
}

func TestALostKeyAndHalfAFile(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	put(t, c, "k", "value")
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1234.tmp"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, dir, 1<<20)
	want(t, c, "k", "")
	if _, err := os.Stat(filepath.Join(dir, "1234.tmp")); err == nil {
		t.Error("half a file is still there")
	}
	put(t, c, "k", "new")
	want(t, c, "k", "new")
}

func TestManyAtOnce(t *testing.T) {
	c := open(t, t.TempDir(), 20_000)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 200 {
				key := fmt.Sprint((g*31 + i) % 50)
				if got, ok := c.Get(key); ok && string(got) != "value of "+key+" and so on" {
					t.Errorf("%s holds %q", key, got)
				}
				if err := c.Put(key, []byte("value of "+key+" and so on")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
