// Package archive keeps the fragments of the local service durably: per stream a log of segment files, and one index.
//
// [Open] takes a data directory, repairs what a crash left, and returns an [Archive]; its Run must be running for appends to
// be accepted. A [Stream] gives out numbers (NextNumber), stores fragments (Append: fsynced and indexed when it returns)
// and finds them again (After, From, Find, FindTake, Last, List, then Read). A fragment that its producer named by the tag
// mkv.Take is there once, however often it is appended.
//
//	a, err := archive.Open(dir, archive.Options{})
//	go a.Run(ctx) // and wait for it
//	<-a.Ready()
//	s, err := a.Create(archive.Meta{Name: "door", RetentionHours: 24})
//	err = s.Append(ctx, &archive.Fragment{Number: s.NextNumber(now, true), Server: now, ...})
//	e, ok, err := s.After(archive.Number{})
//	f, err := s.Read(e)
//
// The directory holds
//
//	kek                      the key-encryption key, 32 random bytes; without it nothing can be read
//	index.db                 SQLite; may be deleted while nobody uses the directory, and is built again from the logs
//	streams/<id>/stream.json description and wrapped data key
//	streams/<id>/00000001.log, ...  records, each sealed by AES-256-GCM under the stream's data key
//	lock                     held while a process uses the directory
//
// What a crash or damage can do and cannot, and each procedure step by step, stands in DESIGN.md beside the code.
package archive
