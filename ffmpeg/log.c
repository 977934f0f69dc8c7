#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <libavutil/log.h>
#include "log.h"
#include "_cgo_export.h"

// FFmpeg builds lines in pieces and logs from threads of its own: each thread has its line.
static _Thread_local char line[1024];
static _Thread_local size_t used;
static _Thread_local int hushed;

static void on_log(void *object, int level, const char *format, va_list args)
{
	if (hushed || level > av_log_get_level())
		return;
	int n = vsnprintf(line + used, sizeof line - used, format, args);
	if (n > 0)
		used += (size_t)n < sizeof line - used ? (size_t)n : sizeof line - used - 1;
	if (used == 0 || (line[used - 1] != '\n' && used < sizeof line - 1))
		return;
	AVClass *class = object ? *(AVClass **)object : NULL;
	goLog(level, class ? (char *)class->item_name(object) : "", line);
	used = 0;
}

void forward_log(int level)
{
	av_log_set_level(level);
	av_log_set_callback(on_log);
}

void hush(int on)
{
	hushed = on;
}
