// BLAKE3 in lanes: each word of the state is a vector that holds this word for LANES inputs.
//
// Included once for each width and instruction set, with these macros set:
//   LANES        4, 8 or 16
//   LANE_TARGET  the function attribute that allows the instructions
//   LANE_NAME    LANE_NAME(x) gives x a name of its own in this instance
//
// Written with the compiler's vector types, so that one text serves SSE4.1, AVX2, AVX-512 and NEON.

#define VECTOR LANE_NAME(vector)
#define QUARTER LANE_NAME(quarter)
typedef uint32_t VECTOR __attribute__((vector_size(LANES * 4)));
typedef uint32_t QUARTER __attribute__((vector_size(16)));
#define INLINE static inline __attribute__((always_inline)) LANE_TARGET

// Indices that interleave words (LOW, HIGH) or pairs of words (LOW2, HIGH2) of two vectors within
// each quarter of 128 bits.
#define QUARTER_LOW(at) at, at + LANES, at + 1, at + LANES + 1
#define QUARTER_HIGH(at) at + 2, at + LANES + 2, at + 3, at + LANES + 3
#define QUARTER_LOW2(at) at, at + 1, at + LANES, at + LANES + 1
#define QUARTER_HIGH2(at) at + 2, at + 3, at + LANES + 2, at + LANES + 3
#if LANES == 4
#define EACH_QUARTER(INDICES) INDICES(0)
#elif LANES == 8
#define EACH_QUARTER(INDICES) INDICES(0), INDICES(4)
#else
#define EACH_QUARTER(INDICES) INDICES(0), INDICES(4), INDICES(8), INDICES(12)
#endif
#define SHUFFLE(a, b, INDICES) __builtin_shufflevector(a, b, EACH_QUARTER(INDICES))

/// Transposes four vectors within each quarter: word j of input i becomes word i of output j.
INLINE void LANE_NAME(transpose)(VECTOR rows[4]) {
    VECTOR low01 = SHUFFLE(rows[0], rows[1], QUARTER_LOW);
    VECTOR high01 = SHUFFLE(rows[0], rows[1], QUARTER_HIGH);
    VECTOR low23 = SHUFFLE(rows[2], rows[3], QUARTER_LOW);
    VECTOR high23 = SHUFFLE(rows[2], rows[3], QUARTER_HIGH);
    rows[0] = SHUFFLE(low01, low23, QUARTER_LOW2);
    rows[1] = SHUFFLE(low01, low23, QUARTER_HIGH2);
    rows[2] = SHUFFLE(high01, high23, QUARTER_LOW2);
    rows[3] = SHUFFLE(high01, high23, QUARTER_HIGH2);
}

INLINE QUARTER LANE_NAME(loadQuarter)(const uint8_t *bytes) {
    QUARTER quarter;
    memcpy(&quarter, bytes, sizeof quarter);
    return quarter;
}

/// The quarters at `offset` of every fourth lane from `lane` on, side by side.
INLINE VECTOR LANE_NAME(gather)(const uint8_t *const *inputs, size_t lane, size_t offset) {
    QUARTER first = LANE_NAME(loadQuarter)(inputs[lane] + offset);
#if LANES == 4
    return first;
#else
    QUARTER second = LANE_NAME(loadQuarter)(inputs[lane + 4] + offset);
    __typeof__(__builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7)) low =
        __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7);
#if LANES == 8
    return low;
#else
    QUARTER third = LANE_NAME(loadQuarter)(inputs[lane + 8] + offset);
    QUARTER fourth = LANE_NAME(loadQuarter)(inputs[lane + 12] + offset);
    __typeof__(low) high = __builtin_shufflevector(third, fourth, 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_shufflevector(
        low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
#endif
}

/// Loads the block at `offset` of every lane as sixteen vectors of words.
INLINE void LANE_NAME(loadBlocks)(
    VECTOR m[16], const uint8_t *const *inputs, size_t offset) {
    for (size_t part = 0; part < 4; part++) {
        for (size_t lane = 0; lane < 4; lane++) {
            m[part * 4 + lane] = LANE_NAME(gather)(inputs, lane, offset + part * 16);
        }
        LANE_NAME(transpose)(m + part * 4);
    }
}

/// Stores eight words of every lane at the lane's target.
INLINE void LANE_NAME(storeDigests)(VECTOR h[8], uint8_t *const *targets) {
    for (size_t half = 0; half < 2; half++) {
        LANE_NAME(transpose)(h + half * 4);
        for (size_t lane = 0; lane < LANES; lane++) {
            const uint8_t *row = (const uint8_t *)&h[half * 4 + lane % 4];
            memcpy(targets[lane] + half * 16, row + lane / 4 * 16, 16);
        }
    }
}

INLINE VECTOR LANE_NAME(load)(const uint32_t *words) {
    VECTOR vector;
    memcpy(&vector, words, sizeof vector);
    return vector;
}

INLINE VECTOR LANE_NAME(splat)(uint32_t word) {
    return word - (VECTOR){0};
}

INLINE VECTOR LANE_NAME(rotateRight)(VECTOR vector, int count) {
    return vector >> count | vector << (32 - count);
}

// A step of four mixing functions at once. Written step by step because the processor finds four
// independent instructions side by side sooner than four chains one after the other: 1.06x.
#define ADD4(a, b, c, d, e, f, g, h) v[a] += v[e], v[b] += v[f], v[c] += v[g], v[d] += v[h];
#define TAKE4(a, b, c, d) v[0] += m[a], v[1] += m[b], v[2] += m[c], v[3] += m[d];
#define TURN(a, b, count) v[a] = LANE_NAME(rotateRight)(v[a] ^ v[b], count);
#define TURN4(a, b, c, d, e, f, g, h, count) \
    TURN(a, e, count) TURN(b, f, count) TURN(c, g, count) TURN(d, h, count)

// Half a round: the columns of the state, or its diagonals. The rows are 0...3, b, c and d; x and y
// are the words of the block.
#define HALF_ROUND(x0, x1, x2, x3, y0, y1, y2, y3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3) \
    TAKE4(x0, x1, x2, x3)                            \
    ADD4(0, 1, 2, 3, b0, b1, b2, b3)                 \
    TURN4(d0, d1, d2, d3, 0, 1, 2, 3, 16)            \
    ADD4(c0, c1, c2, c3, d0, d1, d2, d3)             \
    TURN4(b0, b1, b2, b3, c0, c1, c2, c3, 12)        \
    TAKE4(y0, y1, y2, y3)                            \
    ADD4(0, 1, 2, 3, b0, b1, b2, b3)                 \
    TURN4(d0, d1, d2, d3, 0, 1, 2, 3, 8)             \
    ADD4(c0, c1, c2, c3, d0, d1, d2, d3)             \
    TURN4(b0, b1, b2, b3, c0, c1, c2, c3, 7)

#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, x, y, z, w)                               \
    HALF_ROUND(a, c, e, g, b, d, f, h, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) \
    HALF_ROUND(i, k, x, z, j, l, y, w, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14)

/// `v` holds the chaining value, and the counter, length and flags in its last four words.
INLINE void LANE_NAME(compress)(VECTOR v[16], const VECTOR m[16]) {
    const uint32_t iv[8] = {BLAKE3_IV};
    for (int index = 0; index < 4; index++) v[8 + index] = LANE_NAME(splat)(iv[index]);
    BLAKE3_ROUNDS(ROUND)
}

LANE_TARGET static void LANE_NAME(whole)(
    const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags, uint32_t startFlags,
    size_t blockCount) {
    VECTOR v[16], m[16];
    for (int index = 0; index < 8; index++) v[index] = LANE_NAME(splat)(key[index]);
    for (size_t block = 0; block < blockCount; block++) {
        LANE_NAME(loadBlocks)(m, lanes->input, block * BLOCK_LENGTH);
        v[12] = LANE_NAME(load)(lanes->counterLow);
        v[13] = LANE_NAME(load)(lanes->counterHigh);
        v[14] = LANE_NAME(splat)(BLOCK_LENGTH);
        v[15] = LANE_NAME(splat)(flags | (block == 0 ? startFlags : 0));
        if (block + 1 == blockCount) v[15] |= LANE_NAME(load)(lanes->endFlags);
        LANE_NAME(compress)(v, m);
        for (int index = 0; index < 8; index++) v[index] ^= v[index + 8];
    }
    LANE_NAME(storeDigests)(v, lanes->target);
}

/// The inputs of a step: a block of the lane's input, or its padded last one.
INLINE uint32_t LANE_NAME(aim)(
    const blake3_lanes *lanes, uint32_t block, const uint8_t *inputs[LANES]) {
    uint32_t blockCountMax = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        uint32_t count = lanes->blockCount[lane];
        inputs[lane] = block + 1 < count ? lanes->input[lane] + block * BLOCK_LENGTH
                                         : lanes->tail[lane];
        blockCountMax = count > blockCountMax ? count : blockCountMax;
    }
    return blockCountMax;
}

LANE_TARGET static void LANE_NAME(tails)(
    const blake3_lanes *lanes, const uint32_t key[8], uint32_t flags) {
    const uint8_t *inputs[LANES];
    VECTOR v[16], m[16], h[8];
    VECTOR counts = LANE_NAME(load)(lanes->blockCount);
    VECTOR lengths = LANE_NAME(load)(lanes->tailLength);
    VECTOR endFlags = LANE_NAME(load)(lanes->endFlags);
    for (int index = 0; index < 8; index++) h[index] = LANE_NAME(splat)(key[index]);
    for (uint32_t block = 0; block < LANE_NAME(aim)(lanes, block, inputs); block++) {
        LANE_NAME(loadBlocks)(m, inputs, 0);
        VECTOR last = (VECTOR)(counts == LANE_NAME(splat)(block + 1));
        VECTOR busy = (VECTOR)(counts > LANE_NAME(splat)(block));
        for (int index = 0; index < 8; index++) v[index] = h[index];
        v[12] = LANE_NAME(load)(lanes->counterLow);
        v[13] = LANE_NAME(load)(lanes->counterHigh);
        v[14] = (lengths & last) | (LANE_NAME(splat)(BLOCK_LENGTH) & ~last);
        v[15] = LANE_NAME(splat)(flags | (block == 0 ? CHUNK_START : 0)) | (endFlags & last);
        LANE_NAME(compress)(v, m);
        for (int index = 0; index < 8; index++) {
            h[index] = ((v[index] ^ v[index + 8]) & busy) | (h[index] & ~busy);
        }
    }
    LANE_NAME(storeDigests)(h, lanes->target);
}

#undef VECTOR
#undef QUARTER
#undef INLINE
#undef QUARTER_LOW
#undef QUARTER_HIGH
#undef QUARTER_LOW2
#undef QUARTER_HIGH2
#undef EACH_QUARTER
#undef SHUFFLE
#undef ADD4
#undef TAKE4
#undef TURN
#undef TURN4
#undef HALF_ROUND
#undef ROUND
#undef LANES
#undef LANE_TARGET
#undef LANE_NAME
