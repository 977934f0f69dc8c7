package media

// Sound on its way from decoders to loudspeakers is float32, 1 being full scale, its channels interleaved, left first: one
// form for all codecs, so that sounds can be mixed.
const (
	SoundRate     = 48000 // frames a second, of a sample for each channel
	SoundChannels = 2
)
