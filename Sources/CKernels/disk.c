// fallocate(2) is a GNU extension, which Swift's Glibc module does not import.
#define _GNU_SOURCE
#include "disk.h"
#include <errno.h>
#include <fcntl.h>

#if defined(__linux__)
int bd_reserve(int descriptor, int64_t offset, int64_t length) {
    int status;
    do {
        status = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
    } while (status != 0 && errno == EINTR);
    return status == 0 ? 0 : errno;
}
#else
int bd_reserve(int descriptor, int64_t offset, int64_t length) {
    (void)descriptor;
    (void)offset;
    (void)length;
    return EOPNOTSUPP;
}
#endif
