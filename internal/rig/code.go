package rig

// A picture's number is a strip of square cells along its top edge, as wide as the picture: black, then white and black
// in turn seven times to find it by, then 24 bits of number and 8 of checksum, the most significant first, white is 1.
const (
	cells      = 40
	preamble   = 8 // the black cell and the alternating ones
	numberBits = 24
	checkBits  = 8
	maxNumber  = 1<<numberBits - 1
)

// cellSize returns the width and height of one cell in a picture of the given width.
func cellSize(width int) int { return width / cells }

// paint draws the strip of a number into gray pixels, row by row, width of them in each of cellSize(width) rows.
func paint(gray []byte, width int, number uint32) {
	clear(gray)
	code := codeword(number)
	size := cellSize(width)
	for cell := range cells {
		white := cell%2 == 1
		if cell >= preamble {
			white = code>>(cells-1-cell)&1 == 1
		}
		if white {
			for y := range size {
				row := gray[y*width+cell*size:][:size]
				for x := range row {
					row[x] = 0xFF
				}
			}
		}
	}
}

// codeword is the number with its checksum.
func codeword(number uint32) uint32 { return number<<checkBits | uint32(checksum(number)) }

// checksum is a CRC-8 (polynomial 0x07) of the number's three bytes, so shifted that 0 has ones in it.
func checksum(number uint32) byte {
	crc := byte(0x55)
	for shift := 16; shift >= 0; shift -= 8 {
		crc ^= byte(number >> shift)
		for range 8 {
			carry := crc >> 7
			crc = crc<<1 ^ carry*0x07
		}
	}
	return crc
}

// A Strip is where a number was found on the screen, in pixels: the left edge of its picture, a row through the cells,
// and the width of a cell.
type Strip struct {
	left float64
	y    int
	cell float64
}

// read decodes the number from the brightness of the pixels of a row. It reports false when the row shows none.
func (s Strip) read(row []byte) (number uint32, ok bool) {
	var code uint32
	for cell := range cells {
		from := int(s.left + (float64(cell)+0.3)*s.cell)
		to := int(s.left + (float64(cell)+0.7)*s.cell)
		if from < 0 || to >= len(row) {
			return 0, false
		}
		sum := 0
		for _, v := range row[from : to+1] {
			sum += int(v)
		}
		mean := sum / (to + 1 - from)
		if mean > 96 && mean < 160 {
			return 0, false // neither black nor white
		}
		white := mean >= 160
		if cell < preamble {
			if white != (cell%2 == 1) {
				return 0, false
			}
			continue
		}
		code <<= 1
		if white {
			code |= 1
		}
	}
	number = code >> checkBits
	return number, checksum(number) == byte(code)
}

// find looks for a strip in a row of brightness.
func find(row []byte, y int) (Strip, bool) {
	var edges []int // where the row turns white
	for x := 1; x < len(row); x++ {
		if row[x] >= 128 && row[x-1] < 128 {
			edges = append(edges, x)
		}
	}
	// The white cells of the preamble are the cells 1, 3, 5 and 7.
	for i := 0; i+3 < len(edges); i++ {
		pair := float64(edges[i+3]-edges[i]) / 3
		if pair < 12 || !evenly(edges[i:i+4], pair) {
			continue
		}
		if s, ok := fit(row, y, edges[i], pair/2); ok {
			return s, true
		}
	}
	return Strip{}, false
}

// fit takes the middle of those cell widths near the estimate with which the row can be read.
func fit(row []byte, y, firstWhite int, estimate float64) (Strip, bool) {
	var low, high float64
	for step := -40; step <= 40; step++ {
		cell := estimate * (1 + float64(step)/1000)
		s := Strip{float64(firstWhite) - cell, y, cell}
		if _, ok := s.read(row); ok {
			if low == 0 {
				low = cell
			}
			high = cell
		}
	}
	cell := (low + high) / 2
	s := Strip{float64(firstWhite) - cell, y, cell}
	_, ok := s.read(row)
	return s, low > 0 && ok
}

func evenly(edges []int, step float64) bool {
	for i, x := range edges {
		if off := float64(x-edges[0]) - float64(i)*step; off > 2 || off < -2 {
			return false
		}
	}
	return true
}
