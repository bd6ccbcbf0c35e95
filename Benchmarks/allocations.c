// Counts the allocations of a process: preloaded by Benchmarks/allocations.sh, part of no product.
// glibc only: its allocator is reached by its inner names.
#include <stdatomic.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong count;

static void counted(void) { atomic_fetch_add_explicit(&count, 1, memory_order_relaxed); }

void *malloc(size_t length) {
    counted();
    return __libc_malloc(length);
}

void *calloc(size_t items, size_t length) {
    counted();
    return __libc_calloc(items, length);
}

void *realloc(void *old, size_t length) {
    counted();
    return __libc_realloc(old, length);
}

void *memalign(size_t alignment, size_t length) {
    counted();
    return __libc_memalign(alignment, length);
}

void *aligned_alloc(size_t alignment, size_t length) { return memalign(alignment, length); }

int posix_memalign(void **target, size_t alignment, size_t length) {
    void *memory = memalign(alignment, length);
    if (!memory) return ENOMEM;
    *target = memory;
    return 0;
}

// Appends the count to the file that ALLOCATION_COUNT_FILE names.
__attribute__((destructor)) static void report(void) {
    unsigned long total = atomic_load(&count);
    const char *path = getenv("ALLOCATION_COUNT_FILE");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%lu\n", total);
    fclose(file);
}
