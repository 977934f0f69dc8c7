// Package localkvs is a service that speaks the protocol of Amazon Kinesis Video Streams, for one machine.
//
// Unmodified AWS SDKs, the AWS CLI and producer SDKs work against it. [Open] a [Service] over a data directory,
// let [Service.Run] work, and serve it as an [net/http.Handler]; [Serve] does all three and listens.
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
// One file per operation or idea; names of operations, errors and fields are those of the API reference:
// https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Reference.html.
package localkvs
