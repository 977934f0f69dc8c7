package telemetry

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// nmea adds the checksum.
func nmea(body string) string {
	var sum byte
	for i := range len(body) {
		sum ^= body[i]
	}
	return fmt.Sprintf("$%s*%02X", body, sum)
}

func TestFixes(t *testing.T) {
	at := time.Date(2026, 11, 24, 0, 0, 10, 0, time.UTC)
	for line, want := range map[string]string{
		// The examples that every description of NMEA 0183 gives.
		"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A":   `{"lat":48.1173,"lon":11.5166667,"speed":11.524,"time":"1994-03-23T12:35:19Z"}`,
		"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47":      `{"lat":48.1173,"lon":11.5166667,"time":"2026-11-23T12:35:19Z"}`,
		nmea("GNGGA,235959.50,3723.2475,S,12158.3416,W,2,07,1.0,9.0,M,,M,,"):     `{"lat":-37.387458333333335,"lon":-121.97236,"time":"2026-11-23T23:59:59.5Z"}`,
		nmea("GNRMC,000009.25,A,0000.000,N,18000.000,W,,,241126,,,A"):            `{"lat":0,"lon":-180,"time":"2026-11-24T00:00:09.25Z"}`,
		nmea("GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"): "",
		nmea("GPGGA,123519,,,,,0,00,,,M,,M,,"):                                   "",
		nmea("GPGGA,123519,9107.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"):    "",
		nmea("GPGGA,123519,4877.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"):    "",
		nmea("GPGGA,993519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"):    "",
		nmea("GPRMC,123519,A,4807.038,N,01131.000,E,NaN,084.4,990394,003.1,W"):   "",
		nmea("GPGGA,123519,48NaN,N,011Inf,E,1"):                                  "",
		nmea("GPGGA"):                                                            "", nmea(""): "", nmea("GGA"): "", nmea(",,,,,,,,,,"): "",
		nmea("GPVTG,084.4,T,,M,022.4,N,041.5,K"): "",
		"$GPGGA,no,checksum":                     "",
		`{"radar":[1,2]}`:                        "",
	} {
		s, ok := parseSentence(line)
		if !ok {
			t.Errorf("%s: the checksum is right", line)
		}
		fix, found := s.fix(at)
		got := ""
		if found {
			got = fix.line()
		}
		if got != want && !(want != "" && near(got, want)) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// near compares what has more digits than matter.
func near(got, want string) bool {
	var a, b, c, d float64
	var e, f string
	n1, _ := fmt.Sscanf(got, `{"lat":%g,"lon":%g,%s`, &a, &b, &e)
	n2, _ := fmt.Sscanf(want, `{"lat":%g,"lon":%g,%s`, &c, &d, &f)
	return n1 == 3 && n2 == 3 && e == f && a-c < 1e-6 && c-a < 1e-6 && b-d < 1e-6 && d-b < 1e-6
}

func TestSentencesAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), origin{once: true})
		good := nmea("GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W")
		go func() {
			send(t, w, good+"\r\n"+good[:20]+"9"+good[21:]+"\r\n"+good[:len(good)-2]+"ZZ\n!AIVDM,raw,no,sum\ntemperature 3*4\n")
			w.Close()
		}()
		want(t, s, good, `{"lat":48.1173,"lon":11.5166667,"speed":11.524,"time":"1994-03-23T12:35:19Z"}`, "!AIVDM,raw,no,sum", "temperature 3*4")
		if _, err := s.Read(); err != io.EOF {
			t.Errorf("at the end %v", err)
		}
		if c := s.Counts(); c.Bad != 2 {
			t.Errorf("counts %+v", c)
		}
		s.Close()
	})
}

func FuzzSentence(f *testing.F) {
	f.Add("GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W")
	f.Add("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
	f.Fuzz(func(t *testing.T, body string) {
		s, _ := parseSentence(nmea(body))
		fix, ok := s.fix(time.Unix(1e9, 0))
		if ok && (fix.line() == "" || !(fix.Lat >= -90 && fix.Lat <= 90 && fix.Lon >= -180 && fix.Lon <= 180)) {
			t.Errorf("%q: %+v", body, fix)
		}
	})
}
