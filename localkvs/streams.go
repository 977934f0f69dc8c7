package localkvs

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kinora/localkvs/archive"
)

// accountID stands in ARNs; a local service has one account.
const accountID = "000000000000"

// streamRef is how most requests name their stream.
type streamRef struct {
	StreamName string
	StreamARN  string
}

type streamInfo struct {
	DeviceName           string `json:",omitempty"`
	StreamName           string
	StreamARN            string
	MediaType            string `json:",omitempty"`
	KmsKeyId             string
	Version              string
	Status               string
	CreationTime         epoch
	DataRetentionInHours int
}

func infoOf(m archive.Meta) streamInfo {
	return streamInfo{
		DeviceName: m.DeviceName, StreamName: m.Name, StreamARN: m.ARN, MediaType: m.MediaType, KmsKeyId: m.KMSKeyID,
		Version: m.Version, Status: "ACTIVE", CreationTime: epoch(m.Created), DataRetentionInHours: m.RetentionHours,
	}
}

type createStreamIn struct {
	StreamName                 string
	DeviceName                 string
	MediaType                  string
	KmsKeyId                   string
	DataRetentionInHours       int
	Tags                       map[string]string
	StreamStorageConfiguration *struct{ DefaultStorageTier string }
}

type createStreamOut struct{ StreamARN string }

func createStream(s *Service, _ *http.Request, in createStreamIn) (createStreamOut, error) {
	var out createStreamOut
	if err := checkName("StreamName", in.StreamName); err != nil {
		return out, err
	}
	if in.DeviceName != "" {
		if err := checkName("DeviceName", in.DeviceName); err != nil {
			return out, err
		}
	}
	if err := checkMediaType(in.MediaType); err != nil {
		return out, err
	}
	if len(in.KmsKeyId) > maxKMSKeyID {
		return out, invalidArgument("KmsKeyId must be at most %d characters.", maxKMSKeyID)
	}
	if in.DataRetentionInHours < 0 || in.DataRetentionInHours > maxRetentionHours {
		return out, invalidArgument("DataRetentionInHours must be 0 to %d.", maxRetentionHours)
	}
	tier := "HOT"
	if c := in.StreamStorageConfiguration; c != nil {
		if c.DefaultStorageTier != "HOT" && c.DefaultStorageTier != "WARM" {
			return out, invalidArgument("DefaultStorageTier must be HOT or WARM.")
		}
		tier = c.DefaultStorageTier
	}
	tags := make(map[string]string)
	if err := mergeTags(tags, in.Tags); err != nil {
		return out, err
	}
	kms := in.KmsKeyId
	if kms == "" {
		kms = fmt.Sprintf("arn:aws:kms:%s:%s:alias/aws/kinesisvideo", s.region, accountID)
	}
	if _, ok := s.archive.Lookup(in.StreamName); !ok && len(s.archive.Streams()) >= s.limits.Streams {
		return out, &apiError{http.StatusBadRequest, "AccountStreamLimitExceededException",
			fmt.Sprintf("There are %d streams, which is the limit.", s.limits.Streams)}
	}
	created := time.Now().Truncate(time.Millisecond)
	arn := fmt.Sprintf("arn:aws:kinesisvideo:%s:%s:stream/%s/%d", s.region, accountID, in.StreamName, created.UnixMilli())
	_, err := s.archive.Create(archive.Meta{
		Name: in.StreamName, ARN: arn, DeviceName: in.DeviceName, MediaType: in.MediaType, KMSKeyID: kms,
		Version: newVersion(), Tier: tier, RetentionHours: in.DataRetentionInHours, Created: created, Tags: tags,
	})
	if errors.Is(err, archive.ErrExists) {
		return out, resourceInUse("The stream %s already exists.", in.StreamName)
	}
	if err != nil {
		return out, err
	}
	s.log.Info("stream created", "stream", in.StreamName, "retention_hours", in.DataRetentionInHours)
	return createStreamOut{arn}, nil
}

type describeStreamOut struct{ StreamInfo streamInfo }

func describeStream(s *Service, _ *http.Request, in streamRef) (describeStreamOut, error) {
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return describeStreamOut{}, err
	}
	return describeStreamOut{infoOf(stream.Meta())}, nil
}

type listStreamsIn struct {
	MaxResults          *int
	NextToken           string
	StreamNameCondition *nameCondition
}

type listStreamsOut struct {
	StreamInfoList []streamInfo
	NextToken      string `json:",omitempty"`
}

func listStreams(s *Service, _ *http.Request, in listStreamsIn) (listStreamsOut, error) {
	out := listStreamsOut{StreamInfoList: []streamInfo{}}
	l, err := listingOf(in.MaxResults, 10000, in.NextToken, in.StreamNameCondition)
	if err != nil {
		return out, err
	}
	page, token := pageOfNames(l, s.archive.Streams(), func(stream *archive.Stream) string { return stream.Meta().Name })
	for _, stream := range page {
		out.StreamInfoList = append(out.StreamInfoList, infoOf(stream.Meta()))
	}
	out.NextToken = token
	return out, nil
}

type empty struct{}

type updateStreamIn struct {
	streamRef
	CurrentVersion string
	DeviceName     string
	MediaType      string
}

func updateStream(s *Service, _ *http.Request, in updateStreamIn) (empty, error) {
	if in.DeviceName != "" {
		if err := checkName("DeviceName", in.DeviceName); err != nil {
			return empty{}, err
		}
	}
	if err := checkMediaType(in.MediaType); err != nil {
		return empty{}, err
	}
	return empty{}, s.update(in.streamRef, in.CurrentVersion, func(m *archive.Meta) error {
		if in.DeviceName != "" {
			m.DeviceName = in.DeviceName
		}
		if in.MediaType != "" {
			m.MediaType = in.MediaType
		}
		return nil
	})
}

type updateDataRetentionIn struct {
	streamRef
	CurrentVersion             string
	Operation                  string
	DataRetentionChangeInHours int
}

func updateDataRetention(s *Service, _ *http.Request, in updateDataRetentionIn) (empty, error) {
	if in.DataRetentionChangeInHours < 1 {
		return empty{}, invalidArgument("DataRetentionChangeInHours must be at least 1.")
	}
	change := in.DataRetentionChangeInHours
	switch in.Operation {
	case "INCREASE_DATA_RETENTION":
	case "DECREASE_DATA_RETENTION":
		change = -change
	default:
		return empty{}, invalidArgument("Operation must be INCREASE_DATA_RETENTION or DECREASE_DATA_RETENTION.")
	}
	return empty{}, s.update(in.streamRef, in.CurrentVersion, func(m *archive.Meta) error {
		hours := m.RetentionHours + change
		if change > maxRetentionHours || hours < 0 || hours > maxRetentionHours {
			return invalidArgument("The retention is %d h; it can be changed to anything from 0 to %d h.", m.RetentionHours, maxRetentionHours)
		}
		m.RetentionHours = hours
		return nil
	})
}

// update changes a stream's metadata under its version, which every change replaces.
func (s *Service) update(ref streamRef, version string, fn func(*archive.Meta) error) error {
	stream, err := s.stream(ref.StreamName, ref.StreamARN)
	if err != nil {
		return err
	}
	if version == "" {
		return invalidArgument("CurrentVersion must be given. Describe the stream to get it.")
	}
	return stream.Update(func(m *archive.Meta) error {
		if m.Version != version {
			return versionMismatch("stream", version, m.Version)
		}
		if err := fn(m); err != nil {
			return err
		}
		m.Version = newVersion()
		return nil
	})
}

type deleteStreamIn struct {
	StreamARN      string
	CurrentVersion string
}

func deleteStream(s *Service, _ *http.Request, in deleteStreamIn) (empty, error) {
	if in.StreamARN == "" {
		return empty{}, invalidArgument("StreamARN must be given.")
	}
	stream, err := s.stream("", in.StreamARN)
	if err != nil {
		return empty{}, err
	}
	m := stream.Meta()
	if in.CurrentVersion != "" && in.CurrentVersion != m.Version {
		return empty{}, versionMismatch("stream", in.CurrentVersion, m.Version)
	}
	if channel, ok := s.storesInto(m.ARN); ok {
		return empty{}, resourceInUse("The signaling channel %s stores into the stream; disable that by UpdateMediaStorageConfiguration first.", channel.Name)
	}
	err = s.archive.Delete(stream)
	if there, ok := s.archive.Lookup(m.Name); !ok || there != stream { // also where some of its files are left
		s.dropFeed(stream)
		s.asked.forget(m.ARN)
		s.sessions.forget(m.ARN)
	}
	if err != nil {
		return empty{}, err
	}
	s.log.Info("stream deleted", "stream", m.Name)
	return empty{}, nil
}

type getDataEndpointIn struct {
	streamRef
	APIName string
}

type getDataEndpointOut struct{ DataEndpoint string }

var apiNames = map[string]bool{
	"PUT_MEDIA": true, "GET_MEDIA": true, "LIST_FRAGMENTS": true, "GET_MEDIA_FOR_FRAGMENT_LIST": true,
	"GET_HLS_STREAMING_SESSION_URL": true, "GET_DASH_STREAMING_SESSION_URL": true, "GET_CLIP": true, "GET_IMAGES": true,
}

func getDataEndpoint(s *Service, r *http.Request, in getDataEndpointIn) (getDataEndpointOut, error) {
	if _, err := s.stream(in.StreamName, in.StreamARN); err != nil {
		return getDataEndpointOut{}, err
	}
	if !apiNames[in.APIName] {
		return getDataEndpointOut{}, invalidArgument("APIName %q is not the name of a data API.", in.APIName)
	}
	return getDataEndpointOut{s.dataEndpoint(r)}, nil
}

// newVersion is an opaque token of the model's alphabet.
func newVersion() string { return rand.Text()[:20] }
