// Package clip copies ranges of an archive to files, without decoding anything, and proves later that a file is what was
// copied. The app and its commands share it.
//
//   - [Export] writes a range as MP4 or MKV, from the key frame that shows at its start on. [Hours] writes a whole archive,
//     a file for each hour.
//   - Beside each file stands its [Proof], a JSON file: of which stream and time it is, which fragments are in it and
//     where, the SHA-256 sum of the file, and a checksum of each of them, which tells where it was damaged. [Verify] compares.
//
// A file is called .part until it is whole. What was begun and broke off, also by a crash, is taken up where it stands: the
// journal beside it (journal.go) says what is in it. Memory holds the fragment at hand, what the archive reads ahead, and
// the file's index. Each call runs on the caller's goroutine and ends with its context.
package clip
