// What the parts of BLAKE3 share: constants of the paper and the interface of a lane kernel.
#pragma once
#include "blake3.h"
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the words of BLAKE3 are little-endian and loaded as they are"
#endif

enum {
    CHUNK_START = 1,
    CHUNK_END = 2,
    PARENT = 4,
    ROOT = 8,
    KEYED_HASH = 16,
    DERIVE_KEY_CONTEXT = 32,
    DERIVE_KEY_MATERIAL = 64,
};

#define BLOCK_LENGTH 64
#define CHUNK_LENGTH BD_BLAKE3_CHUNK_LENGTH
#define DIGEST_LENGTH 32
#define LANES_MAX 16

#define BLAKE3_IV                                                                           \
    0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au, 0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, \
        0x5BE0CD19u

// The seven rounds. ROUND takes the order in which a round uses the sixteen words of a block;
// each line is the permutation of the paper (table 2) applied to the line above.
#define BLAKE3_ROUNDS(ROUND)                                       \
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)    \
    ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)    \
    ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1)    \
    ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6)    \
    ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4)    \
    ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7)    \
    ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)

/// The work of one call of a kernel: an input and a place for 32 bytes in each lane.
typedef struct blake3_lanes {
    _Alignas(64) uint32_t counterLow[LANES_MAX];
    _Alignas(64) uint32_t counterHigh[LANES_MAX];
    _Alignas(64) uint32_t endFlags[LANES_MAX];    // added on the last block of the lane
    _Alignas(64) uint32_t blockCount[LANES_MAX];  // tails only: 1...16, or 0 for an idle lane
    _Alignas(64) uint32_t tailLength[LANES_MAX];  // tails only: bytes of the last block
    const uint8_t *input[LANES_MAX];
    uint8_t *target[LANES_MAX];
    _Alignas(64) uint8_t tail[LANES_MAX][BLOCK_LENGTH];  // tails only: last blocks, zero padded
} blake3_lanes;

/// Compresses `blockCount` whole blocks in every lane: 16 for chunks, 1 for parents.
typedef void blake3_whole(
    const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags, uint32_t startFlags,
    size_t blockCount);
/// Compresses the last, partial chunks of inputs: a number of blocks of its own in every lane.
typedef void blake3_tails(const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags);

typedef struct blake3_kernel {
    size_t width;
    blake3_whole *whole;
    blake3_tails *tails;
} blake3_kernel;

/// Kernels of one kind of instructions, narrow ones first: few lanes cost less in a narrow one.
typedef struct blake3_kernels {
    size_t count;
    blake3_kernel list[4];
} blake3_kernels;

blake3_whole blake3_whole_scalar;
blake3_tails blake3_tails_scalar;

extern const blake3_kernels blake3_kernels_scalar;
#if defined(__x86_64__)
extern const blake3_kernels blake3_kernels_sse41, blake3_kernels_avx2, blake3_kernels_avx512;
#endif
#if defined(__aarch64__)
extern const blake3_kernels blake3_kernels_neon;
#endif

/// The compression function (paper, section 2.2): sixteen words, the first eight of which are the
/// new chaining value.
void blake3_compress(
    const uint32_t cv[8], const uint8_t block[64], uint64_t counter, uint32_t blockLength,
    uint32_t flags, uint32_t words[16]);

/// What one pass over a forest holds: chaining values of 1024 chunks are 32 KiB, which the
/// first-level cache keeps.
#define BLAKE3_FOREST_CHUNKS 1024
#define BLAKE3_TREE_LENGTH_MAX ((size_t)BLAKE3_FOREST_CHUNKS * CHUNK_LENGTH)

/// One input of a forest: the whole of it, or a subtree that starts at chunk `firstChunk`.
typedef struct blake3_tree {
    const uint8_t *bytes;
    size_t length;  // at most BLAKE3_TREE_LENGTH_MAX
    uint64_t firstChunk;
    uint8_t *target;  // takes 32 bytes
} blake3_tree;

/// Hashes any number of trees side by side. `rootFlag` is ROOT when they are whole inputs, else 0.
void blake3_forest(
    const bd_blake3_mode *mode, const blake3_tree *trees, size_t count, uint32_t rootFlag);
