// Package mp4 writes media as MP4 (ISO/IEC 14496-12) without touching a frame. The service and the app share it.
//
//   - [Codec] is a track's codec as players are told it (RFC 6381), and [Check] says why a track cannot be in an MP4.
//   - [Init] and [AppendSegment] make fragmented MP4, for HLS and DASH: one init segment, then a segment for each
//     fragment or for a part of one. [Duration] is how long a fragment lasts.
//   - [ReadInit] and [Reader.Segment] read them back.
//   - [Movie] makes the index of an ordinary MP4 of many fragments, [Writer] writes one to a file.
//
// What MP4 can hold here is what Kinesis Video Streams plays: H.264, H.265, AAC, G.711 and, of calls, Opus. Times come in as packets have
// them, without a decoding time and rounded to milliseconds; timing.go makes decoding times, durations and composition
// offsets of them. Video counts in 1/90000 s, sound in its samples.
//
// It starts no goroutine. But for the Writer, which writes to a file that is given to it, all of it is computation.
package mp4
