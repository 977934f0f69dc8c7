// Package channels keeps what describes the signaling channels of the local service, durably: one small file for each.
//
// What is said over a channel is not kept; package hub passes that on.
package channels

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/internal/atomicfile"
)

// Channel is what describes a channel. It is a value; its Tags are not changed after it was given out.
type Channel struct {
	Name       string // unique in the book; fixed, as are ARN, Type and Created
	ARN        string
	Type       string
	MessageTTL time.Duration // how long a message waits for a recipient that is not connected
	Version    string
	Created    time.Time
	Tags       map[string]string
	Stream     string // the ARN of the stream that stores what the master sends; empty: none does
}

// What changes of a book can fail with, beside errors of the disk.
var (
	ErrExists = errors.New("a channel of that name exists already")
	ErrGone   = errors.New("the channel is not there any more")
)

// Book is all channels of a data directory. The zero Book is empty and forgets with the process. Its methods may be called from any
// goroutine; a change is durable when its method returns.
type Book struct {
	dir string

	changing sync.Mutex // one change at a time, so that reading waits for no disk

	mu    sync.RWMutex
	names map[string]entry
}

type entry struct {
	channel Channel
	file    string
}

// record is the content of a channel's file.
type record struct {
	Format  int
	Channel Channel
}

const (
	format = 1
	suffix = ".json"
)

// Open reads the channels in dir, which is made when it does not exist. A file that cannot be read is logged and left alone.
func Open(dir string, log *slog.Logger) (*Book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of signaling channels: %w", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of signaling channels: %w", err)
	}
	b := &Book{dir: dir, names: make(map[string]entry)}
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		if !strings.HasSuffix(path, suffix) {
			continue
		}
		channel, err := read(path)
		if other, twice := b.names[channel.Name]; err == nil && twice {
			err = fmt.Errorf("%s describes a channel of the same name", other.file)
		}
		if err != nil {
			log.Error("a signaling channel cannot be read and is left out", "file", path, "error", err)
			continue
		}
		b.names[channel.Name] = entry{channel, path}
	}
	return b, nil
}

func read(path string) (Channel, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Channel{}, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return Channel{}, err
	}
	if r.Format != format || r.Channel.Name == "" {
		return Channel{}, fmt.Errorf("it has format %d instead of %d, or no name", r.Format, format)
	}
	return r.Channel, nil
}

func (b *Book) write(e entry) error {
	if b.dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(record{format, e.channel}, "", "\t")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(e.file, text, 0o600); err != nil {
		return fmt.Errorf("storing signaling channel %q: %w", e.channel.Name, err)
	}
	return nil
}

// Lookup returns the channel of that name.
func (b *Book) Lookup(name string) (Channel, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	e, ok := b.names[name]
	return e.channel, ok
}

// All returns all channels, ordered by name.
func (b *Book) All() []Channel {
	b.mu.RLock()
	list := make([]Channel, 0, len(b.names))
	for _, e := range b.names {
		list = append(list, e.channel)
	}
	b.mu.RUnlock()
	slices.SortFunc(list, func(x, y Channel) int { return cmp.Compare(x.Name, y.Name) })
	return list
}

// Len returns the number of channels.
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.names)
}

// Create adds a channel. ErrExists when its name is taken.
func (b *Book) Create(c Channel) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	if _, taken := b.Lookup(c.Name); taken {
		return ErrExists
	}
	c.Tags = maps.Clone(c.Tags)
	e := entry{c, filepath.Join(b.dir, rand.Text()+suffix)}
	if err := b.write(e); err != nil {
		return err
	}
	b.set(e)
	return nil
}

func (b *Book) set(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names == nil {
		b.names = make(map[string]entry)
	}
	b.names[e.channel.Name] = e
}

// Update changes the channel with that ARN by fn, which gets a copy; an error from fn leaves all as it is. fn must not change the book.
func (b *Book) Update(arn string, fn func(*Channel) error) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	e, ok := b.find(arn)
	if !ok {
		return ErrGone
	}
	fixed := e.channel
	e.channel.Tags = maps.Clone(e.channel.Tags)
	if err := fn(&e.channel); err != nil {
		return err
	}
	e.channel.Name, e.channel.ARN, e.channel.Type, e.channel.Created = fixed.Name, fixed.ARN, fixed.Type, fixed.Created
	if err := b.write(e); err != nil {
		return err
	}
	b.set(e)
	return nil
}

// Delete removes the channel with that ARN.
func (b *Book) Delete(arn string) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	e, ok := b.find(arn)
	if !ok {
		return ErrGone
	}
	if b.dir != "" {
		if err := os.Remove(e.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing signaling channel %q: %w", e.channel.Name, err)
		}
	}
	b.mu.Lock()
	delete(b.names, e.channel.Name)
	b.mu.Unlock()
	return nil
}

func (b *Book) find(arn string) (entry, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, e := range b.names {
		if e.channel.ARN == arn {
			return e, true
		}
	}
	return entry{}, false
}
