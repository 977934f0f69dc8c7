package rig

import (
	"math/rand/v2"
	"testing"
)

func TestNumberSurvivesScalingAndNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shown := range []int{640, 803, 1040, 1280, 1920} {
		for _, number := range []uint32{0, 1, 0xAAAAAA, 0x555555, 1799, maxNumber} {
			const width, left = 1280, 13
			picture := make([]byte, width*cellSize(width))
			paint(picture, width, number)
			screen := make([]byte, left+shown+20)
			for x := range shown {
				v := 16 + int(picture[x*width/shown])*219/255 + random.IntN(41) - 20 // limited range, badly coded
				screen[left+x] = byte(max(0, min(255, v)))
			}
			s, ok := find(screen, 7)
			if !ok {
				t.Errorf("number %d in %d pixels was not found", number, shown)
				continue
			}
			if got, ok := s.read(screen); !ok || got != number || s.y != 7 {
				t.Errorf("number %d in %d pixels was read as %d, %v", number, shown, got, ok)
			}
		}
	}
}

func TestNothingIsReadFromOtherPictures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 2000 {
		row := make([]byte, 1280)
		for x := 0; x < len(row); {
			level, run := byte(random.IntN(2)*255), 8+random.IntN(60)
			for ; run > 0 && x < len(row); run, x = run-1, x+1 {
				row[x] = level
			}
		}
		if _, ok := find(row, 0); ok {
			found++
		}
	}
	if found > 0 {
		t.Errorf("numbers were found in %d of 2000 rows that have none", found)
	}
}

func TestHalfDrawnNumberIsRefused(t *testing.T) {
	const width = 1280
	picture := make([]byte, width*cellSize(width))
	paint(picture, width, 0x123456)
	s, ok := find(picture[:width], 0)
	if !ok {
		t.Fatal("the number was not found")
	}
	other := make([]byte, len(picture))
	paint(other, width, 0x654321)
	copy(picture[width/2:width], other[width/2:width])
	if number, ok := s.read(picture[:width]); ok {
		t.Errorf("a mixture of two numbers was read as %d", number)
	}
}
