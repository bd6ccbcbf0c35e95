#pragma once
#include <stdint.h>

/// Takes disk space for `length` bytes of an open file from `offset` on and leaves its length as it
/// is. Returns 0 or an error number; `EOPNOTSUPP` where there are no reservations.
int bd_reserve(int descriptor, int64_t offset, int64_t length);
