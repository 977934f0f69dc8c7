package mkv

// Limits bound what a Parser holds in memory, in bytes. Zero fields mean the defaults. Its buffer never exceeds the
// larger of Header and Tags+Element; a copy of the head comes on top.
type Limits struct {
	Header  int // everything in front of the first Cluster; 4 MiB
	Element int // one element of a Cluster, such as a frame; 50 MiB
	Tags    int // Tags waiting for the fragment that they belong to; 1 MiB
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Header, 4 << 20}, {&l.Element, 50 << 20}, {&l.Tags, 1 << 20}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// ParserOptions says what a Parser accepts.
type ParserOptions struct {
	Limits Limits
	// Documents allows several EBML documents back to back, which is what GetMedia answers. Otherwise, as in an
	// upload, a second one is a SyntaxError.
	Documents bool
}
