// Sends FFmpeg's messages of the given level (AV_LOG_*) and worse to goLog, one complete line at a time.
void forward_log(int level);

// Drops what FFmpeg says on this thread, where failing is an answer and no trouble.
void hush(int on);
