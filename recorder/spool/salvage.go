package spool

import (
	"errors"
	"io"
	"os"
	"strings"

	"kinora/mkv"
)

// recoverPart takes in what is whole of a file that was not sealed, and seals it. One without a frame is removed.
func (t *Take) recoverPart(path string, number uint32, buf []byte) {
	s := t.spool
	if _, found := search(t.waiting, number); found {
		s.strange(path, "the fragment is there already")
		return
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		file, err = os.Open(path) // what cannot be sealed can be sent
	}
	if err != nil {
		s.strange(path, err.Error())
		return
	}
	f, err := t.salvage(file, number, buf)
	if err := file.Close(); err != nil {
		s.report(err)
	}
	switch {
	case err != nil:
		s.strange(path, err.Error())
		return
	case f == nil:
		s.log.Info("a fragment without a frame is removed", "path", path)
		t.damaged[int(number)] = true
		s.report(s.remove(path))
		return
	}
	if strings.HasSuffix(path, sealedSuffix) {
		f.place = inLine
	}
	if err := f.reseal(); err != nil {
		f.failed = true
		s.log.Error("what was being recorded can be sent, but is not safe on disk", "path", path, "err", err)
	}
	f.sealed = !f.failed
	t.admit(f)
}

// reseal ends what a crash interrupted, once the content is durable.
func (f *Fragment) reseal() error {
	if f.failed {
		return nil // told already
	}
	if f.place == part {
		if err := f.move(inLine); err != nil {
			return err
		}
	}
	return f.take.spool.disk.SyncDir(f.take.dir)
}

// salvage finds what is whole in a file and writes the record of that. It returns nil when there is no frame. A fragment whose
// content could not be made durable is marked as failed.
func (t *Take) salvage(file *os.File, number uint32, buf []byte) (*Fragment, error) {
	s := t.spool
	r, size, err := readRecord(file, buf)
	if errors.Is(err, errNoRecord) && torn(file) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if r.number != int(number) {
		return nil, errors.New("it is another fragment by its record")
	}
	if r.sealed && size == r.body()+r.size {
		sum, err := r.checksum(file)
		if err != nil {
			return nil, err
		}
		if sum == r.crc {
			f := t.recovered(r, part)
			f.failed = s.failing(file, s.disk.Sync(file))
			return f, nil
		}
	}
	k, err := cut(file, r, max(0, size-r.body()))
	if err != nil || k.frames == 0 {
		return nil, err
	}
	if rest := size - r.body() - k.size; rest > 0 {
		s.log.Warn("what is not whole is cut off", "path", file.Name(), "bytes", rest)
		t.damaged[int(number)] = true
	}
	r.sealed, r.size, r.length, r.frames = true, k.size, k.length, k.frames
	if r.crc, err = r.checksum(file); err != nil {
		return nil, err
	}
	f := t.recovered(r, part)
	f.failed = s.failing(file, s.settle(file, r))
	return f, nil
}

func (s *Spool) failing(file *os.File, err error) bool {
	if err != nil {
		s.log.Error("what was being recorded can be sent, but is not safe on disk", "path", file.Name(), "err", err)
	}
	return err != nil
}

// torn reports whether a file is the beginning of one that the spool was creating: a head that breaks off.
func torn(file io.ReaderAt) bool {
	p := mkv.NewParser(io.NewSectionReader(file, 0, maxHead+recordSize), mkv.ParserOptions{})
	for {
		ev, err := p.Next()
		if err != nil {
			return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)
		}
		if ev.Kind == mkv.Frame {
			return false
		}
	}
}
