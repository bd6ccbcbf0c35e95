// BLAKE3: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020.
//
// Inputs are cut into chunks of 1024 bytes, chunks are the leaves of a binary tree, and all leaves
// and all nodes of a level are compressed side by side in the lanes of vector registers.
// No global state: the instructions to use are part of the mode. All functions may be called from
// any thread; a hasher belongs to one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define BD_BLAKE3_CHUNK_LENGTH 1024
/// Chaining values a hasher may have to keep: one for each level of a tree over 2^64 bytes.
#define BD_BLAKE3_DEPTH_MAX 54

/// The instructions a kernel is made of. All give the same bytes.
typedef enum bd_blake3_isa {
    BD_BLAKE3_SCALAR = 0,
    BD_BLAKE3_SSE41 = 1,
    BD_BLAKE3_AVX2 = 2,
    BD_BLAKE3_AVX512 = 3,
    BD_BLAKE3_NEON = 4,
} bd_blake3_isa;

/// One if this processor (and this build) can run `isa`, else zero.
int bd_blake3_supports(uint32_t isa);

/// The fastest that this processor can run.
uint32_t bd_blake3_best(void);

/// What is hashed for which purpose, and with which instructions.
typedef struct bd_blake3_mode {
    uint32_t key[8];
    uint32_t flags;
    uint32_t isa;
} bd_blake3_mode;

void bd_blake3_plain(bd_blake3_mode *mode, uint32_t isa);
void bd_blake3_keyed(bd_blake3_mode *mode, const uint8_t key[32], uint32_t isa);
void bd_blake3_derive(
    bd_blake3_mode *mode, const void *context, size_t contextLength, uint32_t isa);

/// Hashes `length` bytes into 32.
void bd_blake3_hash(
    const bd_blake3_mode *mode, const void *bytes, size_t length, uint8_t target[32]);

typedef struct bd_blake3_range {
    size_t lower, upper;
} bd_blake3_range;

/// Hashes `count` inputs, of any lengths, side by side: `ranges` are offsets into `bytes`;
/// `targets` takes 32 bytes for each range.
void bd_blake3_hash_ranges(
    const bd_blake3_mode *mode, const void *bytes, const bd_blake3_range *ranges, size_t count,
    uint8_t *targets);

/// Chaining values of the groups that `bytes` is cut into, `groupLength` bytes each (a power of two
/// of chunks, at most 1024 of them), the last one as long as what is left; none of them is a root.
/// `firstChunk` is the number of the first chunk in the whole input. Needs `length > 0`.
void bd_blake3_groups(
    const bd_blake3_mode *mode, const void *bytes, size_t length, uint64_t firstChunk,
    size_t groupLength, uint8_t *targets);

/// The parents of `count` pairs of chaining values, 64 bytes each; `targets` takes 32 for each and
/// may be `pairs`. `isRoot` is for the node at the top of a tree only.
void bd_blake3_parents(
    const bd_blake3_mode *mode, const uint8_t *pairs, size_t count, int isRoot, uint8_t *targets);

/// Hashes bytes that arrive in parts. May be copied at any time.
typedef struct bd_blake3_hasher {
    bd_blake3_mode mode;
    uint64_t chunkCount;     // chunks in `stack`
    uint32_t depth;          // chaining values in `stack`: one for each bit set in `chunkCount`
    uint32_t pendingLength;  // bytes in `pending`; zero only before the first byte
    uint64_t pending[BD_BLAKE3_CHUNK_LENGTH / 8];
    uint64_t stack[BD_BLAKE3_DEPTH_MAX * 4];
} bd_blake3_hasher;

void bd_blake3_start(bd_blake3_hasher *hasher, const bd_blake3_mode *mode);
void bd_blake3_update(bd_blake3_hasher *hasher, const void *bytes, size_t length);

/// Writes the first `length` bytes of the digest, 32 or any other number; the hasher is unchanged.
void bd_blake3_finish(const bd_blake3_hasher *hasher, uint8_t *target, size_t length);
