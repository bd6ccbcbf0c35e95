#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RETRIED(result, call)                                                                      \
    do {                                                                                           \
        (result) = (call);                                                                         \
    } while ((result) < 0 && errno == EINTR)

/// One component of a path, with a NUL behind it.
typedef char component[NAME_MAX + 1];

static int copy_name(component target, const void *name, size_t length) {
    const char *bytes = name;
    if (length > NAME_MAX) return -ENAMETOOLONG;
    if (length == 0 || memchr(bytes, 0, length) || memchr(bytes, '/', length)) return -EINVAL;
    if (bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.'))) return -EINVAL;
    memcpy(target, bytes, length);
    target[length] = 0;
    return 0;
}

#define NAMED(target, name, length)                                                                \
    component target;                                                                              \
    {                                                                                              \
        int refused = copy_name(target, name, length);                                             \
        if (refused) return refused;                                                               \
    }

static int fill(int result, const struct stat *from, bd_file_status *to) {
    if (result < 0) return -errno;
    to->inode = from->st_ino;
    to->device = from->st_dev;
    to->link_count = from->st_nlink;
    to->size = from->st_size < 0 ? 0 : (uint64_t)from->st_size;
    to->special_device = from->st_rdev;
    to->block_count = from->st_blocks < 0 ? 0 : (uint64_t)from->st_blocks;
    to->modified_seconds = from->st_mtim.tv_sec;
    to->changed_seconds = from->st_ctim.tv_sec;
    to->modified_nanoseconds = (uint32_t)from->st_mtim.tv_nsec;
    to->changed_nanoseconds = (uint32_t)from->st_ctim.tv_nsec;
    to->mode = from->st_mode;
    to->user = from->st_uid;
    to->group = from->st_gid;
    return 0;
}

int bd_status_at(int directory, const void *name, size_t length, bd_file_status *status) {
    NAMED(single, name, length)
    struct stat found;
    int result;
    RETRIED(result, fstatat(directory, single, &found, AT_SYMLINK_NOFOLLOW));
    return fill(result, &found, status);
}

int bd_status_of(int descriptor, bd_file_status *status) {
    struct stat found;
    int result;
    RETRIED(result, fstat(descriptor, &found));
    return fill(result, &found, status);
}

// MARK: Opening

static int open_at(int directory, const char *name, int flags, mode_t mode) {
    int result;
    RETRIED(result, openat(directory, name, flags | O_CLOEXEC, mode));
    return result < 0 ? -errno : result;
}

/// Reading moves the access time unless O_NOATIME is set, which only owner and root may do.
static int open_quietly(int directory, const char *name, int flags) {
    int result = open_at(directory, name, flags | O_NOATIME, 0);
    return result == -EPERM ? open_at(directory, name, flags, 0) : result;
}

int bd_open_root(const char *path) {
    return open_quietly(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
}

int bd_open_directory(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    return open_quietly(directory, single, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

int bd_open_file(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    return open_quietly(directory, single, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

int bd_open_node(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    return open_at(directory, single, O_PATH | O_NOFOLLOW, 0);
}

int bd_create_file(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    int result = open_at(directory, single, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    // A file system without locks only loses the protection against a second restore beside us.
    if (result >= 0) (void)flock(result, LOCK_EX | LOCK_NB);
    return result;
}

int bd_is_abandoned(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    int opened = open_at(directory, single, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    // What cannot be opened is no file of ours that is being written.
    if (opened < 0) return 1;
    int held = flock(opened, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(opened);
    return held ? 0 : 1;
}

void bd_close(int descriptor) {
    close(descriptor);
}

long bd_read_directory(int descriptor, void *bytes, size_t capacity, bool rewind) {
    if (rewind && lseek(descriptor, 0, SEEK_SET) < 0) return -errno;
    long result;
    RETRIED(result, syscall(SYS_getdents64, descriptor, bytes, capacity));
    return result < 0 ? -errno : result;
}

// MARK: Creating

int bd_make_root(const char *path) {
    return mkdir(path, 0777) < 0 ? -errno : 0;
}

int bd_make_directory(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    return mkdirat(directory, single, 0700) < 0 ? -errno : 0;
}

int bd_make_node(int directory, const void *name, size_t length, uint32_t mode, uint64_t device) {
    NAMED(single, name, length)
    return mknodat(directory, single, mode, device) < 0 ? -errno : 0;
}

int bd_make_symbolic_link(int directory, const void *name, size_t length, const char *target) {
    NAMED(single, name, length)
    return symlinkat(target, directory, single) < 0 ? -errno : 0;
}

int bd_make_hard_link(int source, const void *source_name, size_t source_length,
                      int target, const void *target_name, size_t target_length) {
    NAMED(from, source_name, source_length)
    NAMED(to, target_name, target_length)
    return linkat(source, from, target, to, 0) < 0 ? -errno : 0;
}

int bd_rename(int directory, const void *from, size_t from_length, const void *to,
              size_t to_length, bool keeps) {
    NAMED(old, from, from_length)
    NAMED(new, to, to_length)
    if (keeps) {
        if (renameat2(directory, old, directory, new, RENAME_NOREPLACE) == 0) return 0;
        if (errno != EINVAL && errno != ENOSYS) return -errno;
    }
    return renameat(directory, old, directory, new) < 0 ? -errno : 0;
}

int bd_remove(int directory, const void *name, size_t length) {
    NAMED(single, name, length)
    return unlinkat(directory, single, 0) < 0 ? -errno : 0;
}

long bd_read_link(int directory, const void *name, size_t length, void *bytes, size_t capacity) {
    NAMED(single, name, length)
    long result = readlinkat(directory, single, bytes, capacity);
    return result < 0 ? -errno : result;
}

// MARK: Metadata

/// O_PATH descriptors refuse the f... calls; this name leads to the very inode they hold.
typedef char node_path[32];

static const char *path_of(int descriptor, node_path path) {
    snprintf(path, sizeof(node_path), "/proc/self/fd/%d", descriptor);
    return path;
}

long bd_list_attributes(int descriptor, bool node, void *bytes, size_t capacity) {
    node_path path;
    long result = node ? listxattr(path_of(descriptor, path), bytes, capacity)
                       : flistxattr(descriptor, bytes, capacity);
    return result < 0 ? -errno : result;
}

long bd_get_attribute(int descriptor, bool node, const char *name, void *bytes, size_t capacity) {
    node_path path;
    long result = node ? getxattr(path_of(descriptor, path), name, bytes, capacity)
                       : fgetxattr(descriptor, name, bytes, capacity);
    return result < 0 ? -errno : result;
}

int bd_set_attribute(int descriptor, bool node, const char *name, const void *bytes, size_t count) {
    node_path path;
    int result = node ? setxattr(path_of(descriptor, path), name, bytes, count, 0)
                      : fsetxattr(descriptor, name, bytes, count, 0);
    return result < 0 ? -errno : 0;
}

int bd_remove_attribute(int descriptor, bool node, const char *name) {
    node_path path;
    int result = node ? removexattr(path_of(descriptor, path), name)
                      : fremovexattr(descriptor, name);
    return result < 0 ? -errno : 0;
}

int bd_set_owner(int descriptor, bool node, uint32_t user, uint32_t group) {
    int result = node ? fchownat(descriptor, "", user, group, AT_EMPTY_PATH)
                      : fchown(descriptor, user, group);
    return result < 0 ? -errno : 0;
}

int bd_set_mode(int descriptor, bool node, uint32_t mode) {
    node_path path;
    int result = node ? chmod(path_of(descriptor, path), mode) : fchmod(descriptor, mode);
    return result < 0 ? -errno : 0;
}

int bd_set_modified(int descriptor, bool node, int64_t seconds, uint32_t nanoseconds) {
    // Values from 10^9 on are orders to the kernel, not times.
    if (nanoseconds >= 1000000000) return -EINVAL;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    int result = node ? utimensat(descriptor, "", times, AT_EMPTY_PATH)
                      : futimens(descriptor, times);
    return result < 0 ? -errno : 0;
}

// MARK: Bytes

long bd_read_at(int descriptor, void *bytes, size_t count, uint64_t offset, uint64_t size) {
    size_t done = 0;
    while (done < count) {
        ssize_t part;
        RETRIED(part, pread(descriptor, (char *)bytes + done, count - done, offset + done));
        if (part < 0) return -errno;
        if (part == 0) break;
        done += (size_t)part;
        if (offset + done == size) break;
    }
    return (long)done;
}

int bd_write_at(int descriptor, const void *bytes, size_t count, uint64_t offset) {
    size_t done = 0;
    while (done < count) {
        ssize_t part;
        RETRIED(part, pwrite(descriptor, (const char *)bytes + done, count - done, offset + done));
        if (part < 0) return -errno;
        if (part == 0) return -EIO;
        done += (size_t)part;
    }
    return 0;
}

int bd_set_length(int descriptor, uint64_t length) {
    int result;
    RETRIED(result, ftruncate(descriptor, (off_t)length));
    return result < 0 ? -errno : 0;
}

int64_t bd_next_data(int descriptor, uint64_t offset) {
    off_t result = lseek(descriptor, (off_t)offset, SEEK_DATA);
    return result < 0 ? -errno : result;
}

int64_t bd_next_hole(int descriptor, uint64_t offset) {
    off_t result = lseek(descriptor, (off_t)offset, SEEK_HOLE);
    return result < 0 ? -errno : result;
}

void bd_advise_sequential(int descriptor) {
    (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
}

int bd_synchronize(int descriptor) {
    return syncfs(descriptor) < 0 ? -errno : 0;
}

bool bd_is_zero(const void *bytes, size_t count) {
    const char *start = bytes;
    size_t head = count < 16 ? count : 16;
    for (size_t index = 0; index < head; index += 1)
        if (start[index]) return false;
    // The first 16 bytes are zero, so each byte equals the one 16 before it.
    return memcmp(start, start + head, count - head) == 0;
}
