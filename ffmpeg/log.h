// Sends FFmpeg's messages of the given level (AV_LOG_*) and worse to goLog, one complete line at a time.
void forward_log(int level);
