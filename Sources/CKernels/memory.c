// What malloc does with memory that is given back.
#include "memory.h"
#include <stddef.h>

#if defined(__GLIBC__)
#include <malloc.h>

void bd_keep_memory(void) {
    // 1 GiB: larger than any buffer of ours, and the most that glibc takes for both on 64 bits
    // without its own adjustment of the thresholds coming back.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}
#else
void bd_keep_memory(void) {}
#endif
