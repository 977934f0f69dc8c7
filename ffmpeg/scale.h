#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// What a conversion depends on.
typedef struct {
	int src_w, src_h, src_format, src_full, src_space;
	int dst_w, dst_h, dst_format, dst_full, dst_space;
} scale_key;

// A swscale context that is built anew only when its key changes.
typedef struct {
	scale_key key;
	struct SwsContext *sws;
} conversion;

typedef struct {
	conversion scale; // to the wanted size
	conversion paint; // planar YUV to RGBA at one size
	AVFrame *mid;     // in between; NULL until it is needed
} scaler;

int is_rgb(int format);
int colour_matrix(int colorspace, int w, int h);
int draw(scaler *s, const AVFrame *f, uint8_t *rgba, int w, int h);
int convert(scaler *s, const AVFrame *f, AVFrame *dst, int dst_space);
int blacken(AVFrame *f, int x, int y, int w, int h);
int stamp(AVFrame *f, const AVFrame *label, int w, int h, int x, int y);
void free_scaler(scaler *s);
