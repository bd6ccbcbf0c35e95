// BLAKE3's compression function on single words: the reference for every other kernel.
#include "blake3_core.h"

static inline uint32_t rotateRight(uint32_t word, int count) {
    return word >> count | word << (32 - count);
}

#define GMIX(a, b, c, d, x, y)            \
    v[a] = v[a] + v[b] + m[x];            \
    v[d] = rotateRight(v[d] ^ v[a], 16);  \
    v[c] = v[c] + v[d];                   \
    v[b] = rotateRight(v[b] ^ v[c], 12);  \
    v[a] = v[a] + v[b] + m[y];            \
    v[d] = rotateRight(v[d] ^ v[a], 8);   \
    v[c] = v[c] + v[d];                   \
    v[b] = rotateRight(v[b] ^ v[c], 7);

// One round: the four columns of the state, then its four diagonals (paper, section 2.2).
#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, x, y, z, w) \
    GMIX(0, 4, 8, 12, a, b)                                   \
    GMIX(1, 5, 9, 13, c, d)                                   \
    GMIX(2, 6, 10, 14, e, f)                                  \
    GMIX(3, 7, 11, 15, g, h)                                  \
    GMIX(0, 5, 10, 15, i, j)                                  \
    GMIX(1, 6, 11, 12, k, l)                                  \
    GMIX(2, 7, 8, 13, x, y)                                   \
    GMIX(3, 4, 9, 14, z, w)

void blake3_compress(
    const uint32_t cv[8], const uint8_t block[64], uint64_t counter, uint32_t blockLength,
    uint32_t flags, uint32_t words[16]) {
    uint32_t m[16];
    memcpy(m, block, sizeof m);
    const uint32_t iv[8] = {BLAKE3_IV};
    uint32_t v[16] = {
        cv[0], cv[1], cv[2], cv[3], cv[4], cv[5], cv[6], cv[7],
        iv[0], iv[1], iv[2], iv[3],
        (uint32_t)counter, (uint32_t)(counter >> 32), blockLength, flags,
    };
    BLAKE3_ROUNDS(ROUND)
    for (int index = 0; index < 8; index++) {
        words[index] = v[index] ^ v[index + 8];
        words[index + 8] = v[index + 8] ^ cv[index];
    }
}

void blake3_whole_scalar(
    const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags, uint32_t startFlags,
    size_t blockCount) {
    uint64_t counter = lanes->counterLow[0] | (uint64_t)lanes->counterHigh[0] << 32;
    uint32_t words[16];
    memcpy(words, key, DIGEST_LENGTH);
    for (size_t index = 0; index < blockCount; index++) {
        uint32_t now = flags | (index == 0 ? startFlags : 0)
            | (index + 1 == blockCount ? lanes->endFlags[0] : 0);
        blake3_compress(
            words, lanes->input[0] + index * BLOCK_LENGTH, counter, BLOCK_LENGTH, now, words);
    }
    memcpy(lanes->target[0], words, DIGEST_LENGTH);
}

void blake3_tails_scalar(const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags) {
    uint64_t counter = lanes->counterLow[0] | (uint64_t)lanes->counterHigh[0] << 32;
    uint32_t words[16];
    memcpy(words, key, DIGEST_LENGTH);
    for (uint32_t index = 0; index < lanes->blockCount[0]; index++) {
        int last = index + 1 == lanes->blockCount[0];
        blake3_compress(
            words, last ? lanes->tail[0] : lanes->input[0] + index * BLOCK_LENGTH, counter,
            last ? lanes->tailLength[0] : BLOCK_LENGTH,
            flags | (index == 0 ? CHUNK_START : 0) | (last ? lanes->endFlags[0] : 0), words);
    }
    memcpy(lanes->target[0], words, DIGEST_LENGTH);
}

const blake3_kernels blake3_kernels_scalar = {
    1, {{1, blake3_whole_scalar, blake3_tails_scalar}}};
