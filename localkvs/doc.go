// Package localkvs is a service that speaks the protocol of Amazon Kinesis Video Streams, for one machine.
//
// Unmodified AWS SDKs, the AWS CLI and producer SDKs work against it. [Listen] opens a [Server]: a data directory, its
// access keys and a port; [Server.Run] serves. [New] makes the [Service] alone, an [net/http.Handler] over an archive.
//
// A fragment's way through the rooms:
//
//	PutMedia body -> mkv.Parser -> session (checks, acknowledgements) -> feed (live readers) and archive (disk)
//	GetMedia <- follow <- feed while the fragment is recent, archive when it is not
//
// The session (session.go) owns one upload and is the only writer of its fragment. The feed (feed.go) holds what
// arrived lately, so that readers see the bytes of a fragment while it still arrives. The archive (package
// archive) holds everything whose PERSISTED acknowledgement went out.
//
// Two things are done otherwise than by the real service, for recorders that send what they kept while they were offline. A
// fragment that is uploaded twice under one tag [mkv.Take] is acknowledged twice and stored once; streams without
// retention store nothing and so know no repeats but those that are still in memory. And what is uploaded beside a live
// picture but lies behind it is backfill: stored, listed and read by number and time, but not sent to who watches live
// (edge.go).
//
// Two operations go beyond it for timelines, signed and answered like the others: /kinora/listSpans says when a stream has
// something and why it has nothing in between, /kinora/listTags what producers noted on fragments.
//
// One file per operation or idea; names of operations, errors and fields are those of the API reference:
// https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Reference.html.
package localkvs
