// The gear scan, 64 positions at a time: gear_avx512.c explains the lanes. Without GFNI an entry
// is put together from two nibbles.
#include "gear_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

typedef struct {
    __m256i lowLow, lowHigh, highLow, highHigh, times2, times4, times16, times256;
} tables256;

typedef struct {
    __m256i one, two, four, eight;
} carry256;

typedef struct {
    __m256i x, y;
} hashes256;

AVX2 static inline __m256i opaque256(__m256i value) {
    __asm__("" : "+x"(value));
    return value;
}

/// The lanes before those of `y`.
#define PREVIOUS(y, carry) _mm256_permute2x128_si256(carry, y, 0x21)

#define DOUBLED(x, y, carry, by, factor)                                                \
    do {                                                                                \
        __m256i before = PREVIOUS(y, carry);                                            \
        __m256i fromX = _mm256_alignr_epi8(x, before, 16 - 2 * by);                     \
        __m256i fromY = _mm256_alignr_epi8(y, x, 16 - 2 * by);                          \
        carry = y;                                                                      \
        x = _mm256_add_epi16(x, _mm256_mullo_epi16(fromX, factor));                     \
        y = _mm256_add_epi16(y, _mm256_mullo_epi16(fromY, factor));                     \
    } while (0)

/// The candidate hashes of the 32 positions from `bytes` on.
AVX2 static inline hashes256 hash256(
    const tables256 *tables, carry256 *carry, const uint8_t *bytes
) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i data = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i lows = _mm256_and_si256(data, nibble);
    __m256i highs = _mm256_and_si256(_mm256_srli_epi16(data, 4), nibble);
    __m256i low = _mm256_xor_si256(
        _mm256_shuffle_epi8(tables->lowLow, lows), _mm256_shuffle_epi8(tables->lowHigh, highs));
    __m256i high = _mm256_xor_si256(
        _mm256_shuffle_epi8(tables->highLow, lows), _mm256_shuffle_epi8(tables->highHigh, highs));
    __m256i x = opaque256(_mm256_unpacklo_epi8(low, high));
    __m256i y = opaque256(_mm256_unpackhi_epi8(low, high));
    DOUBLED(x, y, carry->one, 1, tables->times2);
    DOUBLED(x, y, carry->two, 2, tables->times4);
    DOUBLED(x, y, carry->four, 4, tables->times16);
    // Eight positions are a whole lane, so the last doubling needs no shuffle within lanes.
    __m256i before = PREVIOUS(y, carry->eight);
    carry->eight = y;
    y = _mm256_add_epi16(y, _mm256_mullo_epi16(x, tables->times256));
    x = _mm256_add_epi16(x, _mm256_mullo_epi16(before, tables->times256));
    return (hashes256){ x, y };
}

AVX2 static inline __m256i vanishing256(__m256i hashes, __m256i mask) {
    return _mm256_cmpeq_epi16(_mm256_and_si256(hashes, mask), _mm256_setzero_si256());
}

/// The first confirmed candidate of 32 positions from `from` on, or `SIZE_MAX`.
AVX2 static size_t confirmed256(
    gear_confirmer *confirmer, size_t from, hashes256 hashes, __m256i mask
) {
    __m256i first = vanishing256(hashes.x, mask), second = vanishing256(hashes.y, mask);
    uint32_t found = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(first, second));
    for (; found; found &= found - 1) {
        size_t index = from + (size_t)__builtin_ctz(found);
        if (gearConfirms(confirmer, index)) return index;
    }
    return SIZE_MAX;
}

AVX2 static inline __m256i spread256(const uint8_t *entries) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)entries));
}

AVX2 static inline tables256 load256(const bd_gear_table *table) {
    tables256 tables = {
        spread256(table->low), spread256(table->low + 16),
        spread256(table->high), spread256(table->high + 16),
        opaque256(_mm256_set1_epi16(2)), opaque256(_mm256_set1_epi16(4)),
        opaque256(_mm256_set1_epi16(16)), opaque256(_mm256_set1_epi16(256)),
    };
    return tables;
}

AVX2 size_t bd_gear_scan_avx2(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask
) {
    const tables256 tables = load256(table);
    const __m256i masks = _mm256_set1_epi16((short)mask), zero = _mm256_setzero_si256();
    const uint8_t *bytes = confirmer->bytes;
    carry256 carry = { zero, zero, zero, zero };
    if (to - from >= 64) (void)hash256(&tables, &carry, bytes + from - 32);
    for (; to - from >= 64; from += 64) {
        hashes256 one = hash256(&tables, &carry, bytes + from);
        hashes256 two = hash256(&tables, &carry, bytes + from + 32);
        // The mask holds the top bits, so a hash vanishes under it when the least one does.
        __m256i least = _mm256_min_epu16(
            _mm256_min_epu16(one.x, one.y), _mm256_min_epu16(two.x, two.y));
        if (_mm256_testz_si256(vanishing256(least, masks), _mm256_set1_epi8(-1))) continue;
        size_t index = confirmed256(confirmer, from, one, masks);
        if (index == SIZE_MAX) index = confirmed256(confirmer, from + 32, two, masks);
        if (index != SIZE_MAX) return index;
    }
    return bd_gear_scan_scalar(table, confirmer, from, to, mask);
}
#endif
