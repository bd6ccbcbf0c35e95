#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected 0x82F63B78) of `length` bytes, continuing `seed` (0 at first).
uint32_t bd_crc32c(uint32_t seed, const void *bytes, size_t length);

/// The table-driven version, kept as the reference for tests.
uint32_t bd_crc32c_scalar(uint32_t seed, const void *bytes, size_t length);
