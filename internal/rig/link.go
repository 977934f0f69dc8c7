package rig

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"
)

// OpenLink has the Kinora whose Window was given dir show what a link names, as a second start of it does. It returns the
// instant at which the link was handed over.
func OpenLink(ctx context.Context, dir, link string) (time.Time, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", filepath.Join(dir, "kinora", "kinora.sock"))
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return time.Time{}, err
		}
	}
	at := time.Now()
	if _, err := io.WriteString(conn, "open "+link+"\n"); err != nil {
		return at, err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && answer != "ok\n" {
		err = fmt.Errorf("%s is not followed: %s", link, answer)
	}
	return at, err
}
