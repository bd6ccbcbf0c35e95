// System calls on single names inside open directories.
//
// Names are raw bytes with a length. Every function that takes one refuses, with -EINVAL, what is
// not one component of a path: empty, ".", "..", with "/" or NUL. None follows a symbolic link.
// All return 0 or more, or the negative errno; EINTR is retried.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t inode, device, link_count, size, special_device;
    /// In units of 512 bytes.
    uint64_t block_count;
    int64_t modified_seconds, changed_seconds;
    uint32_t modified_nanoseconds, changed_nanoseconds;
    uint32_t mode, user, group;
} bd_file_status;

int bd_status_at(int directory, const void *name, size_t length, bd_file_status *status);
int bd_status_of(int descriptor, bd_file_status *status);

/// Opens what the user named: the only function that follows symbolic links.
int bd_open_root(const char *path);
int bd_open_directory(int directory, const void *name, size_t length);
/// For reading; never blocks on a fifo, and leaves the access time alone where that is allowed.
int bd_open_file(int directory, const void *name, size_t length);
/// A descriptor that only names an entry of any kind (O_PATH).
int bd_open_node(int directory, const void *name, size_t length);
/// Creates a file of mode 0600, for reading and writing, with a lock that lasts while it is open.
int bd_create_file(int directory, const void *name, size_t length);
/// 1 when nobody holds the lock of ``bd_create_file`` on it, 0 when somebody does.
int bd_is_abandoned(int directory, const void *name, size_t length);
void bd_close(int descriptor);

/// Whole records of getdents64, from the start of the directory when `rewind` is set.
long bd_read_directory(int descriptor, void *bytes, size_t capacity, bool rewind);

int bd_make_root(const char *path);
int bd_make_directory(int directory, const void *name, size_t length);
int bd_make_node(int directory, const void *name, size_t length, uint32_t mode, uint64_t device);
int bd_make_symbolic_link(int directory, const void *name, size_t length, const char *target);
int bd_make_hard_link(int source, const void *source_name, size_t source_length,
                      int target, const void *target_name, size_t target_length);
/// With `keeps` an existing target is left alone and -EEXIST returned, where the file system can.
int bd_rename(int directory, const void *from, size_t from_length, const void *to,
              size_t to_length, bool keeps);
int bd_remove(int directory, const void *name, size_t length);
long bd_read_link(int directory, const void *name, size_t length, void *bytes, size_t capacity);

// Metadata of an open file. `node` tells descriptors of bd_open_node from those of opened files.
long bd_list_attributes(int descriptor, bool node, void *bytes, size_t capacity);
long bd_get_attribute(int descriptor, bool node, const char *name, void *bytes, size_t capacity);
int bd_set_attribute(int descriptor, bool node, const char *name, const void *bytes, size_t count);
int bd_remove_attribute(int descriptor, bool node, const char *name);
int bd_set_owner(int descriptor, bool node, uint32_t user, uint32_t group);
int bd_set_mode(int descriptor, bool node, uint32_t mode);
int bd_set_modified(int descriptor, bool node, int64_t seconds, uint32_t nanoseconds);

/// Reads until `count` bytes or the end of the file. `size` is where the file is known to end: a
/// read that stops there is not followed by another that only finds nothing. UINT64_MAX when it is
/// not known.
long bd_read_at(int descriptor, void *bytes, size_t count, uint64_t offset, uint64_t size);
/// Writes all bytes or fails.
int bd_write_at(int descriptor, const void *bytes, size_t count, uint64_t offset);
int bd_set_length(int descriptor, uint64_t length);
/// Offset of the next data (or hole) at or after `offset`; -ENXIO past the last.
int64_t bd_next_data(int descriptor, uint64_t offset);
int64_t bd_next_hole(int descriptor, uint64_t offset);
void bd_advise_sequential(int descriptor);
int bd_synchronize(int descriptor);
bool bd_is_zero(const void *bytes, size_t count);
