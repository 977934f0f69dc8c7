package mkv

// aacRates are the sampling rates that have a number: ISO/IEC 14496-3, 1.6.3.4.
var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// aacChannels are how many channels a configuration means; 0: it does not say.
var aacChannels = [16]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}

// aacForm is what an AudioSpecificConfig says of the sound: ISO/IEC 14496-3, 1.6.2.1. What it does not say is 0.
func aacForm(config []byte) (rate, channels int) {
	bits := 8 * len(config)
	at := 0
	next := func(n int) (v int) {
		for range n {
			v <<= 1
			if at < bits {
				v |= int(config[at/8]) >> (7 - at%8) & 1
			}
			at++
		}
		return v
	}
	const escape, own = 31, 15
	if next(5) == escape {
		next(6)
	}
	if index := next(4); index == own {
		rate = next(24)
	} else if index < len(aacRates) {
		rate = aacRates[index]
	}
	channels = aacChannels[next(4)]
	if at > bits {
		return 0, 0
	}
	return rate, channels
}
