// Package spool keeps recorded fragments on disk until the service has persisted them.
//
// A [Spool] is a directory of takes, and a [Take] is one recording of one source into one stream. The recorder calls
// [Take.Create] at a key frame, [Fragment.Write] for each frame and [Fragment.Finish] at the end; the uploader reads the
// same file with [Fragment.ReadAt], while it grows too, and tells with [Fragment.Advance] how far the service is. Nothing
// but a few words about each fragment is kept in memory, whatever the backlog.
//
//	spool/<account>/account.json               who owns the account, see [Spool.Claim]
//	spool/<account>/<stream>/<take>/take.json  what is recorded, and totals of what left the spool
//	                                000042.mkv.part       being written
//	                                000042.mkv            sealed: fsync, rename, fsync of the directory
//	                                rejected/000042.mkv   refused by the service; 000042.txt says why
//
// State is the file's name and a rename is the transaction. These hold after a crash or a power cut at any step:
//
//   - A sealed file is whole, and goes only when the service has persisted it, when it is evicted to make room, or by a
//     person's wish. The last two are counted and logged.
//   - Of a file that was being written, [Open] keeps everything up to the last whole frame.
//   - take.json names what is evicted before the file goes, and is brought up to date every five seconds otherwise. What
//     it names is removed at Open when it is still there. A number that is missing without being named was persisted.
//   - A take's identity and a fragment's number are never given out twice.
//   - No file is removed or changed that the spool did not write.
//
// Each file is Matroska by itself: the head, a Void element, then tags, Cluster and tags as they were written. The Void
// holds a record: times and the head's hash when the file is created; size, length and checksum when it is sealed. It
// stands in front because sealing must not need room on a disk that is full, and recovery reads one small piece of each
// file instead of parsing it. Readers of a fragment never see it. What was recovered is compared with its checksum when
// it is first read, and goes into quarantine when it differs.
//
// The camera never waits for an fsync: one goroutine seals what is finished, another evicts and writes take.json. Only
// when eight fragments wait to be sealed does Finish wait. A fragment that cannot be made durable is told by the next
// Create or Write; it can be sent all the same, and the next Open seals it.
//
// Two locks: a fragment's io for its file, and the spool's mu for everything in memory, in this order. Nobody waits for
// the disk while holding mu.
package spool
