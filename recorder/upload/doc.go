// Package upload sends a spool's fragments to the service, live and without losing or doubling any.
//
// An [Uploader] works for one target of a [spool.Spool]. It has two lanes. The live lane carries what is being recorded,
// each frame the moment it was written; the other carries the backlog, oldest first, and with [InOrder] everything. A lane makes
// one connection after the other. A connection is the head of a fragment and then the bodies of fragments with the same head and rising
// timecodes, read from the spool's files while they are sent: nothing is kept in memory but a few words about each fragment under way.
//
// What is under way belongs to its connection until the service has persisted it, which removes it from the spool, or until
// the connection is over, which puts it back in line. Then three things can be wrong:
//
//   - It was sent to its end, and perhaps stored without the acknowledgement having arrived. So the service is asked what it has
//     ([Options.Stored]) before such a fragment is sent again, and before anything is sent that an earlier life of the program
//     left behind.
//   - The service refused it (an ERROR acknowledgement, see refusals). It goes into quarantine with the reason in words, once it is clear that it
//     is the one: a suspect is sent again alone on a connection first.
//   - The service cannot be reached. Pauses are short while the network is away, so that viewers see the live edge again
//     at once, and long when only a person can help.
//
// A stream without retention never sends PERSISTED. There RECEIVED is all that can be had, see [Options.Keeps].
//
// All state is guarded by one mutex, and everybody who waits does so on one condition: a frame was written, an acknowledgement
// arrived, a connection ended, a person pressed a button.
package upload
