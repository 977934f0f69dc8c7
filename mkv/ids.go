package mkv

import "fmt"

// Element IDs with their length marker, from RFC 8794 (EBML) and RFC 9559 (Matroska).
const (
	idEBML     = 0x1A45DFA3
	idDocType  = 0x4282
	idReadVer  = 0x42F7
	idMaxIDLen = 0x42F2
	idCRC32    = 0xBF
	idVoid     = 0xEC

	idSegment     = 0x18538067
	idSeekHead    = 0x114D9B74
	idInfo        = 0x1549A966
	idTracks      = 0x1654AE6B
	idCluster     = 0x1F43B675
	idCues        = 0x1C53BB6B
	idAttachments = 0x1941A469
	idChapters    = 0x1043A770
	idTags        = 0x1254C367

	idTimecodeScale = 0x2AD7B1

	idTrackEntry       = 0xAE
	idTrackNumber      = 0xD7
	idTrackType        = 0x83
	idName             = 0x536E
	idCodecID          = 0x86
	idCodecPrivate     = 0x63A2
	idVideo            = 0xE0
	idPixelWidth       = 0xB0
	idPixelHeight      = 0xBA
	idAudio            = 0xE1
	idSampling         = 0xB5
	idChannels         = 0x9F
	idBitDepth         = 0x6264
	idContentEncodings = 0x6D80

	idTag       = 0x7373
	idTargets   = 0x63C0
	idSimpleTag = 0x67C8
	idTagName   = 0x45A3
	idTagString = 0x4487

	idTimecode       = 0xE7
	idPosition       = 0xA7
	idPrevSize       = 0xAB
	idSimpleBlock    = 0xA3
	idBlockGroup     = 0xA0
	idBlock          = 0xA1
	idReferenceBlock = 0xFB
)

var names = map[uint32]string{
	idEBML: "EBML", idDocType: "DocType", idReadVer: "EBMLReadVersion", idMaxIDLen: "EBMLMaxIDLength",
	idCRC32: "CRC-32", idVoid: "Void",
	idSegment: "Segment", idSeekHead: "SeekHead", idInfo: "Info", idTracks: "Tracks", idCluster: "Cluster",
	idCues: "Cues", idAttachments: "Attachments", idChapters: "Chapters", idTags: "Tags",
	idTimecodeScale: "TimecodeScale",
	idTrackEntry:    "TrackEntry", idTrackNumber: "TrackNumber", idTrackType: "TrackType", idName: "Name",
	idCodecID: "CodecID", idCodecPrivate: "CodecPrivate", idVideo: "Video", idPixelWidth: "PixelWidth",
	idPixelHeight: "PixelHeight", idAudio: "Audio", idSampling: "SamplingFrequency", idChannels: "Channels",
	idBitDepth: "BitDepth", idContentEncodings: "ContentEncodings",
	idTag: "Tag", idTargets: "Targets", idSimpleTag: "SimpleTag", idTagName: "TagName", idTagString: "TagString",
	idTimecode: "Timecode", idPosition: "Position", idPrevSize: "PrevSize", idSimpleBlock: "SimpleBlock",
	idBlockGroup: "BlockGroup", idBlock: "Block", idReferenceBlock: "ReferenceBlock",
}

// name is the element's name as the specifications spell it, or its number.
func name(id uint32) string {
	if n, ok := names[id]; ok {
		return n
	}
	return fmt.Sprintf("element 0x%X", id)
}

// endsCluster says whether an element of this ID cannot be inside a Cluster, so that a Cluster of unknown size
// ends in front of it.
func endsCluster(id uint32) bool {
	switch id {
	case idEBML, idSegment, idSeekHead, idInfo, idTracks, idCluster, idCues, idAttachments, idChapters, idTags:
		return true
	}
	return false
}
