// What the dispatcher in gf256.c knows of a kernel. Lengths are multiples of `vectorLength`.
// `streamed`: all targets are aligned to registers and too large for the cache, write past it.
#pragma once
#include "gf256.h"

#define GF256_SOURCES_MAX 255
#define GF256_STRIP_MAX 1024
/// Bytes of each of the two work spaces of a transform: both stay in a first-level cache.
#define GF256_WORK 16384
/// Bytes of each of the two work spaces of a transform: both stay in a first-level cache.
#define GF256_WORK 16384
/// log2 of the sources that a transform of 2^logSize points reads at a time.
#define GF256_GROUP_LOG(logSize) ((logSize) <= 4 ? (logSize) : 3)

/// Rows of the next pass when `rows` are left: passes are as equal as they can be.
static inline size_t gf256_passRows(size_t rows, size_t rowsMax) {
    const size_t passes = (rows + rowsMax - 1) / rowsMax;
    return (rows + passes - 1) / passes;
}

typedef struct {
    size_t vectorLength;
    size_t constantLength;
    size_t rowsMax;  // rows of one pass, kept in registers
    void (*rows)(const uint8_t *table, size_t rows, size_t columns, const uint8_t *const *sources,
                 uint8_t *const *targets, size_t offset, size_t count, int streamed);
    void (*transform)(const bd_gf256_transform *transform, const uint8_t *table,
                      const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                      size_t count, int streamed);
} gf256_kernel;

extern const gf256_kernel gf256_ssse3, gf256_avx2, gf256_avx2_gfni, gf256_avx512_gfni, gf256_neon;
