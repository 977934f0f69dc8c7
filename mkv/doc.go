// Package mkv is Matroska as Amazon Kinesis Video Streams speaks it, read and written as a stream. Client, recorder
// and service share it.
//
// KVS takes Matroska as a sequence of fragments. A fragment is one Cluster with the tags that belong to it. An upload
// (PutMedia) is one document: a head with Info and Tracks, then fragments. A download (GetMedia) is a document for
// each fragment, each with the uploaded head and with tags of KVS around the Cluster.
//
//   - [Parser] is the lowest level: it delimits heads, fragments and frames, hands out every byte of the input
//     verbatim, and decides to which fragment tags belong. The service stores what it hands out.
//   - [Reader] is what clients read with: fragments with their numbers and times, and their packets, each of its own or all in
//     one [Memory].
//   - [Writer] writes what a producer sends.
//
// Tags belong to fragments by where they stand. Those without Targets in front of the first Cluster, after all else of
// the head, belong to the first fragment; those with Targets describe the file and belong to the head. Between two
// Clusters they belong to the second, unless the tag END_OF_FRAGMENT follows: it ends the fragment in front of it at
// once, and takes along what waited. At the end they belong to the last fragment. In a document of GetMedia, whose
// leading tags number the fragment, it is the tag CONTINUATION_TOKEN that ends it.
//
// Memory is bounded by [Limits] whatever the input says: buffers grow with what has arrived, not with what is
// declared. Errors say offset and element. What a frame costs is its copy: no allocation (but the packet that a
// Reader gives away) and no reflection. Heads and tags are read and written by ebml-go, which is handed only what
// has been checked first.
//
// Element IDs and rules are those of RFC 8794 and RFC 9559; what KVS demands beyond them is in its guide, at
// https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html.
package mkv
