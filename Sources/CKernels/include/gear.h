#pragma once
#include <stddef.h>
#include <stdint.h>

// The gear scan: finds where content-defined chunks end. docs/formats/chunker.md has the hash.

/// Bytes that `bd_gear_table_make` reads.
#define BD_GEAR_EXPANDED_BYTES 2048
/// Bytes before a position that its hashes depend on, itself included.
#define BD_GEAR_WINDOW 64

#define BD_GEAR_SCALAR 0
#define BD_GEAR_AVX2 1
#define BD_GEAR_AVX512 2

/// What one repository key becomes: the words of the confirming hash, and the sixteen-bit entries
/// of the candidate hash in three shapes. An entry is an affine function of its byte's bits, so it
/// can be looked up by byte, put together from two nibbles, or multiplied out.
typedef struct {
    uint64_t confirm[256];
    uint16_t candidate[256];
    uint8_t low[32];      // low bytes of entries: 16 for the low nibble, then 16 for the high one
    uint8_t high[32];     // high bytes, in the same order
    uint64_t lowMatrix;   // low bytes, as a bit matrix in the order of GF2P8AFFINEQB
    uint64_t highMatrix;  // high bytes
} bd_gear_table;

/// Fills `table` from 2048 bytes, read as 256 little-endian words.
void bd_gear_table_make(const uint8_t *expanded, bd_gear_table *table);

/// 1 when this processor has what `kernel` needs.
int bd_gear_available(int kernel);

/// The first index in `from..<to` whose candidate hash vanishes under `candidateMask` and whose
/// confirming hash is below `confirmLimit`; `to` when there is none.
///
/// `from` is at least `BD_GEAR_WINDOW`, `bytes` holds `to` bytes, and `candidateMask` is a run of
/// ones from the top bit. All kernels give the same index; the caller has asked
/// `bd_gear_available`.
size_t bd_gear_scan(
    const bd_gear_table *table, const uint8_t *bytes, size_t from, size_t to,
    uint16_t candidateMask, uint64_t confirmLimit, int kernel);
