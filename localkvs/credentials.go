package localkvs

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kinora/internal/atomicfile"
)

// Credentials are the access keys of a local service. The secret must not be logged.
type Credentials struct {
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

const credentialsFile = "credentials.json"

// LoadCredentials reads the keys of a data directory. When there are none and create is set, it makes some and stores
// them readable for the owner alone.
func LoadCredentials(dir string, create bool) (Credentials, error) {
	path := filepath.Join(dir, credentialsFile)
	var c Credentials
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		c = Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
		if b, err = json.MarshalIndent(c, "", "  "); err != nil {
			return c, err
		}
		if err := atomicfile.Write(path, append(b, '\n'), 0o600); err != nil {
			return c, fmt.Errorf("the access keys cannot be stored: %w", err)
		}
		return c, nil
	case err != nil:
		return c, fmt.Errorf("the access keys cannot be read: %w", err)
	}
	if err := json.Unmarshal(b, &c); err != nil || c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return c, fmt.Errorf("%s does not hold access keys; move it away to have new ones made", path)
	}
	return c, nil
}

// Secret is what Options.Secret wants of a service with one pair of keys.
func (c Credentials) Secret(accessKey string) (string, bool) {
	return c.SecretAccessKey, subtle.ConstantTimeCompare([]byte(accessKey), []byte(c.AccessKeyID)) == 1
}
