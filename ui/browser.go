package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// browser lists a folder inside a sheet: its folders, which are entered, and those of its files that are wanted. Directories are
// read off Fyne's goroutine.
type browser struct {
	widget.List
	box     *fyne.Container
	dir     string
	entries []string // folders end with a separator
	trouble *caption
	binder  *binder
	wanted  func(name string) bool
	chosen  func(path string) // a folder that was entered, or a file
	keys    func(*fyne.KeyEvent)
	at      int
}

const (
	browserHeight = 180
	mostEntries   = 2000 // of a folder; more are not listed
	parent        = ".."
)

// newBrowser lists dir.
func newBrowser(b *binder, dir string, wanted func(string) bool, chosen func(string), keys func(*fyne.KeyEvent)) *browser {
	l := &browser{binder: b, wanted: wanted, chosen: chosen, keys: keys, trouble: newCaption("", colorQuiet).small().cut(0)}
	l.HideSeparators = true
	l.Length = func() int { return len(l.entries) }
	l.CreateItem = func() fyne.CanvasObject {
		return padded(newCaption("", theme.ColorNameForeground).cut(0), space1, space1, space2, space2)
	}
	l.UpdateItem = func(i int, o fyne.CanvasObject) { o.(*fyne.Container).Objects[0].(*caption).set(l.entries[i]) }
	l.OnSelected = func(i int) {
		l.UnselectAll()
		l.enter(i)
	}
	l.OnHighlighted = func(i int) { l.at = i }
	l.ExtendBaseWidget(l)
	l.box = column(space1, container.New(sized{height: browserHeight}, l), l.trouble)
	l.read(dir)
	return l
}

func (l *browser) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		l.keys(ev)
	case fyne.KeyReturn, fyne.KeyEnter:
		l.enter(l.at)
	default:
		l.List.TypedKey(ev)
	}
}

// enter opens a folder or chooses a file.
func (l *browser) enter(i int) {
	if i < 0 || i >= len(l.entries) {
		return
	}
	path := filepath.Join(l.dir, l.entries[i])
	if i == 0 || strings.HasSuffix(l.entries[i], string(filepath.Separator)) {
		l.read(path)
	}
	l.chosen(path)
}

// read lists another folder.
func (l *browser) read(dir string) {
	var entries []string
	l.binder.work(func(context.Context) (err error) {
		entries, err = listFolder(dir, l.wanted)
		return err
	}, func(err error) {
		if err != nil {
			l.trouble.set(sentence(err))
			return
		}
		l.dir, l.entries, l.at = dir, entries, 0
		l.trouble.set(dir)
		l.ScrollToTop()
		l.Refresh()
	})
}

// listFolder returns the way up, the folders, and the files that are wanted; hidden ones are left out.
func listFolder(dir string, wanted func(string) bool) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	found, err := d.ReadDir(mostEntries)
	if e := d.Close(); err == nil {
		err = e
	}
	if err != nil && !errors.Is(err, io.EOF) { // an empty folder ends at once
		return nil, err
	}
	var folders, files []string
	for _, e := range found {
		switch name := e.Name(); {
		case strings.HasPrefix(name, "."):
		case e.IsDir():
			folders = append(folders, name+string(filepath.Separator))
		case wanted(name):
			files = append(files, name)
		}
	}
	slices.Sort(folders)
	slices.Sort(files)
	return append(append([]string{parent}, folders...), files...), nil
}

// isMedia reports whether a file is of a kind that can be recorded.
func isMedia(name string) bool {
	return slices.Contains([]string{".mkv", ".mp4", ".mov", ".webm", ".ts", ".avi", ".m4v", ".mka", ".m4a", ".wav", ".mp3"},
		strings.ToLower(filepath.Ext(name)))
}

// homeFolder is where browsing begins.
func homeFolder() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return string(filepath.Separator)
	}
	return home
}
