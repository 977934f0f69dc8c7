//go:build cgo

package main

import (
	"kinora/app"
	"kinora/audio"
	"kinora/ffmpeg"
	"kinora/media"
	"kinora/player"
)

// decoders are FFmpeg's, as the player wants them.
type decoders struct{}

func (decoders) Video(t media.Track) (player.VideoDecoder, error) {
	d, err := ffmpeg.Codecs{}.Video(t)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (decoders) ArchiveVideo(t media.Track) (player.VideoDecoder, error) {
	d, err := ffmpeg.Codecs{}.ArchiveVideo(t)
	if err != nil {
		return nil, err
	}
	return keeper{d}, nil
}

func (decoders) Audio(t media.Track) (player.AudioDecoder, error) {
	d, err := ffmpeg.Codecs{}.Audio(t)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// loudspeaker is the computer's, as the app wants it.
type loudspeaker struct{ *audio.Output }

func (l loudspeaker) NewVoice() app.Voice { return l.Output.NewVoice() }

// keeper is a decoder whose pictures can be kept.
type keeper struct{ *ffmpeg.VideoDecoder }

func (k keeper) Keep() player.Picture {
	if p := k.VideoDecoder.Keep(); p != nil {
		return p
	}
	return nil
}
