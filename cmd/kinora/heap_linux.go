package main

/*
#include <malloc.h>

// What is neither glibc nor musl has no such options; a failure changes nothing but the pace.
static void keep_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}
*/
import "C"

// keepMemory lets the C libraries use the memory of a picture again for the next one: textures, decoded frames and what a painter
// without a GPU needs come and go with every picture, in some megabytes, which the system would have to take back and clear each
// time. Up to 64 MiB stay with the program.
func keepMemory() { C.keep_memory() }
