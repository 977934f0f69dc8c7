package timeline

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	now := at(10, 42, 7) // Sunday
	ref := time.Date(2026, 11, 20, 15, 0, 0, 0, berlin)
	day := func(d int, clock string) time.Time {
		c, err := time.ParseInLocation("15:04:05.000", clock, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 11, d, c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), berlin)
	}
	for text, want := range map[string]time.Time{
		"10:42": day(20, "10:42:00.000"), " 10:42:07.433 ": day(20, "10:42:07.433"), "10:42:07,433": day(20, "10:42:07.433"), "9pm": day(20, "21:00:00.000"),
		"9:30 am": day(20, "09:30:00.000"), "12 am": day(20, "00:00:00.000"), "12pm": day(20, "12:00:00.000"),
		"today": day(22, "00:00:00.000"), "Yesterday 9:00": day(21, "09:00:00.000"), "yesterday 9": day(21, "09:00:00.000"), "9:00 yesterday": day(21, "09:00:00.000"),
		"Monday 9:00": day(16, "09:00:00.000"), "sun 9:00": day(22, "09:00:00.000"), "sat": day(21, "00:00:00.000"),
		"22 Nov": day(22, "00:00:00.000"), "22 nov 2026 10:42": day(22, "10:42:00.000"), "nov 5th, 8:00": day(5, "08:00:00.000"), "5. november 8:00": day(5, "08:00:00.000"),
		"23 nov": time.Date(2025, 11, 23, 0, 0, 0, 0, berlin), "22.11.2026 10:42": day(22, "10:42:00.000"), "22.11. 10:42": day(22, "10:42:00.000"),
		"22/11/2026 10:42": day(22, "10:42:00.000"), "11/22/26": day(22, "00:00:00.000"),
		"2026-11-22": day(22, "00:00:00.000"), "2026-11-22 10:42": day(22, "10:42:00.000"), "2026-11-22T10:42:07.433": day(22, "10:42:07.433"),
		"2026-11-22T10:42:07.433Z": day(22, "11:42:07.433"), "2026-11-22T10:42:07+05:30": day(22, "06:12:07.000"), "20261122T104207Z": day(22, "11:42:07.000"),
		"2026-11-22T10:42Z": day(22, "11:42:00.000"), "10:42z": day(20, "11:42:00.000"), "10:42+01:00": day(20, "10:42:00.000"), "22 nov 10:42 utc": day(22, "11:42:00.000"),
		"5 min ago": now.Add(-5 * time.Minute), "2 hours ago": now.Add(-2 * time.Hour), "1h30m ago": now.Add(-90 * time.Minute), "3 days ago": now.Add(-72 * time.Hour),
		"-30s": ref.Add(-30 * time.Second), "+1h 30m": ref.Add(90 * time.Minute), "-1.5h": ref.Add(-90 * time.Minute),
		"1795340527": time.Unix(1795340527, 0), "1795340527433": time.UnixMilli(1795340527433),
	} {
		got, err := Parse(text, ref, now)
		if err != nil || !got.At.Equal(want) || got.Fragment != "" || got.Live {
			t.Errorf("%q is %v, %v; want %v", text, got.At.In(berlin), err, want)
		}
	}
	number := strings.Repeat("1234567890", 5)[:fragmentDigits]
	if got, err := Parse(number, ref, now); err != nil || got.Fragment != number {
		t.Errorf("a fragment's number is %+v, %v", got, err)
	}
	if got, err := Parse("Now", ref, now); err != nil || !got.Live || !got.At.Equal(now) {
		t.Errorf("now is %+v, %v", got, err)
	}
	for _, text := range []string{"", " ", "10", "25:00", "10:60", "10:4", "10:42:60", "13pm", "nonsense", "31 feb", "32 nov", "22 nov 25:00", "-", "-5 parsecs",
		"ago", "5 ago", "10:42+1", "1234567", "12345678901", "2026-13-01", "22.13.2026", "today yesterday", "99999999999 days ago", "now now"} {
		if got, err := Parse(text, ref, now); !errors.Is(err, ErrUnclear) {
			t.Errorf("%q is %+v, %v; want that it is unclear", text, got, err)
		}
	}
	if _, err := Parse("3/4/2026", ref, now); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("3/4/2026: %v, want that it is ambiguous", err)
	}
}

func TestATimeThatIsStillToComeWasYesterday(t *testing.T) {
	now := at(10, 42, 7)
	got, err := Parse("23:00", now, now)
	if want := at(-1, 0, 0); err != nil || !got.At.Equal(want) {
		t.Errorf("23:00 is %v, %v; want %v", got.At, err, want)
	}
}

func TestParseWhereClocksAreSet(t *testing.T) {
	now := at(10, 42, 7)
	twice, err := Parse("2026-10-25 02:30", now, now)
	if _, offset := twice.At.In(berlin).Zone(); err != nil || offset != 2*3600 {
		t.Errorf("an hour that comes twice is %v, %v; want the first", twice.At, err)
	}
	second, err := Parse("25 oct 02:30+01:00", now, now)
	if err != nil || second.At.Sub(twice.At) != time.Hour {
		t.Errorf("the second one is %v, %v", second.At, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"10:42", "yesterday 9:00", "2026-11-22T10:42:07Z", "5 min ago", "-1h", "22.11. 9pm", "3/4/5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		now := at(10, 42, 7)
		m, err := Parse(text, now, now)
		if err == nil && m.At.IsZero() && m.Fragment == "" {
			t.Errorf("%q is nothing at all", text)
		}
	})
}
