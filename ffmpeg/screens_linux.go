package ffmpeg

/*
#cgo pkg-config: xcb
#include <stdlib.h>
#include <string.h>
#include <xcb/xcb.h>

typedef struct {
	uint32_t id;
	int w, h;
	char title[200];
} window;

static xcb_atom_t atom(xcb_connection_t *c, const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(c, xcb_intern_atom(c, 1, strlen(name), name), NULL);
	xcb_atom_t a = r ? r->atom : XCB_ATOM_NONE;
	free(r);
	return a;
}

static int title(xcb_connection_t *c, xcb_window_t w, xcb_atom_t name, char *to, int size)
{
	xcb_get_property_reply_t *r = xcb_get_property_reply(c, xcb_get_property(c, 0, w, name, XCB_GET_PROPERTY_TYPE_ANY, 0, size / 4), NULL);
	int n = r && r->format == 8 ? xcb_get_property_value_length(r) : 0;
	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(to, xcb_get_property_value(r), n);
	to[n] = 0;
	free(r);
	return n;
}

// Whether a window is seen, and then its size.
static int measure_window(xcb_connection_t *c, window *w)
{
	xcb_get_window_attributes_reply_t *a = xcb_get_window_attributes_reply(c, xcb_get_window_attributes(c, w->id), NULL);
	xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(c, xcb_get_geometry(c, w->id), NULL);
	int seen = a && g && a->map_state == XCB_MAP_STATE_VIEWABLE && a->_class == XCB_WINDOW_CLASS_INPUT_OUTPUT;
	if (seen) {
		w->w = g->width;
		w->h = g->height;
	}
	free(a);
	free(g);
	return seen;
}

// Fills found with the whole screen and then the windows that have a title: those that the window manager lists, or
// without one those that lie on the screen. Gives their number, -1 when there is no such display.
static int list_windows(const char *display, window *found, int most)
{
	int number, n = 0, count = 0;
	xcb_connection_t *c = xcb_connect(display, &number);
	xcb_get_property_reply_t *managed = NULL;
	xcb_query_tree_reply_t *tree = NULL;
	xcb_window_t *list = NULL;
	xcb_atom_t name;
	xcb_screen_iterator_t i;

	if (xcb_connection_has_error(c)) {
		xcb_disconnect(c);
		return -1;
	}
	i = xcb_setup_roots_iterator(xcb_get_setup(c));
	while (number-- > 0 && i.rem > 1)
		xcb_screen_next(&i);
	found[n++] = (window){i.data->root, i.data->width_in_pixels, i.data->height_in_pixels, ""};
	name = atom(c, "_NET_WM_NAME");
	managed = xcb_get_property_reply(c, xcb_get_property(c, 0, i.data->root, atom(c, "_NET_CLIENT_LIST"), XCB_ATOM_WINDOW, 0, 1000), NULL);
	if (managed && managed->format == 32) {
		list = xcb_get_property_value(managed);
		count = xcb_get_property_value_length(managed) / 4;
	} else if ((tree = xcb_query_tree_reply(c, xcb_query_tree(c, i.data->root), NULL))) {
		list = xcb_query_tree_children(tree);
		count = xcb_query_tree_children_length(tree);
	}
	for (int k = 0; k < count && n < most; k++) {
		window *w = &found[n];
		w->id = list[k];
		if (measure_window(c, w) && (title(c, w->id, name, w->title, sizeof w->title) || title(c, w->id, XCB_ATOM_WM_NAME, w->title, sizeof w->title)))
			n++;
	}
	free(managed);
	free(tree);
	xcb_disconnect(c);
	return n;
}
*/
import "C"

import (
	"fmt"
	"image"
	"os"
	"strings"
	"unsafe"
)

// Screens gives the X display, if there is one, and the windows on it that have a title. A window is captured as it is
// seen, with what covers it.
func Screens() []Device { return screens(os.Getenv("DISPLAY")) }

func screens(display string) (found []Device) {
	if display == "" {
		return nil
	}
	const most = 64
	list := make([]C.window, most)
	d := C.CString(display)
	defer C.free(unsafe.Pointer(d))
	n := C.list_windows(d, unsafe.SliceData(list), most)
	for i, w := range list[:max(n, 0)] {
		screen := Device{ID: "screen" + display, Kind: Screen, Name: "Screen " + display}
		in := Input{Format: "x11grab", URL: display, Options: map[string]string{"framerate": "30"}}
		if i > 0 {
			screen.ID = fmt.Sprintf("window%s/%#x", display, uint32(w.id))
			screen.Name = strings.ToValidUTF8(C.GoString(&w.title[0]), "?")
			in.Options["window_id"] = fmt.Sprint(uint32(w.id))
		}
		in.Name = screen.Name
		screen.Options.Inputs = []Input{in}
		for _, rate := range []float64{30, 15, 5} {
			screen.Modes = append(screen.Modes, Mode{Size: image.Pt(int(w.w), int(w.h)), Rate: rate})
		}
		found = append(found, screen)
	}
	return found
}
