// What malloc does with memory that is given back.
#include "memory.h"
#include <stddef.h>

#if defined(__GLIBC__)
#include <malloc.h>

void bd_keep_memory(void) {
    // 1 GiB: more than all buffers of a pipeline together, so that none is mapped or trimmed.
    // Setting them also ends glibc's own adjustment of both while the program runs.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

void bd_share_memory(void) {
    // What hundreds of peers send is never needed at once: a payload is mapped and given back, and
    // what is smaller comes from few arenas, which do not keep one another's peaks.
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
}
#else
void bd_keep_memory(void) {}
void bd_share_memory(void) {}
#endif
