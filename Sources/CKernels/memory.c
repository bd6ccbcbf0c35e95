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
#else
void bd_keep_memory(void) {}
#endif
