package localkvs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"kinora/localkvs/archive"
	"kinora/localkvs/channels"
	"kinora/localkvs/sigv4"
	"kinora/mp4"
)

// apiError is an error that the API documents: an HTTP status, an exception's name and a sentence.
type apiError struct {
	status  int
	name    string
	message string
}

func (e *apiError) Error() string { return e.name + ": " + e.message }

func invalidArgument(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, "InvalidArgumentException", fmt.Sprintf(format, args...)}
}

func notFound(what, name string) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException",
		fmt.Sprintf("The requested %s %q is not found or not active.", what, name)}
}

func resourceInUse(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, "ResourceInUseException", fmt.Sprintf(format, args...)}
}

// versionMismatch says that what (a stream, a channel) was changed since the request's maker described it.
func versionMismatch(what, got, want string) error {
	return &apiError{http.StatusBadRequest, "VersionMismatchException",
		fmt.Sprintf("The %s's version is %s, the request was made for version %s. Describe the %s and try again.", what, want, got, what)}
}

func connectionLimit(api string, limit int) error {
	return &apiError{http.StatusBadRequest, "ConnectionLimitExceededException",
		fmt.Sprintf("The stream has %d %s connections, which is the limit.", limit, api)}
}

func clientLimit(api string, limit int) error {
	return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
		fmt.Sprintf("The stream answers %d calls of %s at once, which is the limit.", limit, api)}
}

// asMediaError gives an error of package mp4 the name that the API has for it.
func asMediaError(err error, track int) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mp4.ErrNoPrivate):
		return mediaError("MissingCodecPrivateDataException", "Missing codec private data in fragment for track %d.", track)
	case errors.Is(err, mp4.ErrInvalidPrivate):
		return mediaError("InvalidCodecPrivateDataException", "Invalid codec private data in fragment for track %d: %v.", track, err)
	default:
		return unsupportedMedia("Track %d cannot be played: %v.", track, err)
	}
}

func unsupportedMedia(format string, args ...any) error {
	return mediaError("UnsupportedStreamMediaTypeException", format, args...)
}

func mediaError(name, format string, args ...any) error {
	return &apiError{http.StatusBadRequest, name, fmt.Sprintf(format, args...)}
}

// asAPIError turns whatever a handler returned into an error that the API documents.
func asAPIError(err error) *apiError {
	var api *apiError
	var sig *sigv4.Error
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &sig):
		return &apiError{sig.Status, sig.Code, sig.Message}
	case errors.Is(err, channels.ErrGone):
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "The requested channel is not found or not active."}
	case errors.Is(err, archive.ErrDeleted):
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "The requested stream is not found or not active."}
	default:
		return &apiError{http.StatusInternalServerError, "InternalFailure", "The service could not answer. Its log says why."}
	}
}

// writeError answers with the error in every form that clients look for: two spellings of the header, and a body
// with both spellings of the message.
func writeError(w http.ResponseWriter, e *apiError) {
	w.Header().Set("x-amzn-ErrorType", e.name)
	w.Header().Set("x-amz-ErrorType", e.name)
	writeJSON(w, e.status, struct {
		Type    string `json:"__type"`
		Message string `json:"Message"`
		Lower   string `json:"message"`
	}{e.name, e.message, e.message})
}

// writeUnknownOperation answers a path that is no operation, in the form of the real front end.
func writeUnknownOperation(w http.ResponseWriter) {
	const name = "com.amazon.coral.service#UnknownOperationException"
	w.Header().Set("x-amzn-ErrorType", "UnknownOperationException")
	w.Header().Set("x-amz-ErrorType", "UnknownOperationException")
	writeJSON(w, http.StatusNotFound, json.RawMessage(`{"Output":{"__type":"`+name+`"},"Version":"1.0"}`))
}

// writeJSON answers in one piece with a Content-Length, which embedded clients depend on.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("localkvs: an answer cannot be encoded: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; nobody is left to tell
}
