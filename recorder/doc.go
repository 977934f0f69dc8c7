// Package recorder keeps what a [media.Source] gives, whatever becomes of the network, the service and the source itself.
//
// An [Intake] keeps one source open: for a preview ([Intake.Tap]), and between [Intake.Begin] and [Intake.End] for a take. It
// cuts the take into fragments at key frames and writes each frame to the spool on disk the moment it was read. When the
// source fails it is opened again and the take goes on behind a gap; when the disk is full, time that could not be kept is
// counted, and the take goes on when there is room.
//
//	source -> Intake -> fragments in a spool -> upload.Uploader -> PutMedia
//	             \----> taps (previews, which are never waited for)
//
// The spool ([kinora/recorder/spool]) is all that the recorder and the uploader ([kinora/recorder/upload]) share: neither
// waits for the other, and both find their work there after a crash. Who opens sources, and what is sent where, is the
// app's business.
package recorder
