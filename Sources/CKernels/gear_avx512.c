// The gear scan, 128 positions at a time, for processors with AVX-512 and GFNI.
//
// With e[i] the entry of byte i, the hash of position i is the sum of e[i-j] << j for j in 0...15.
// Four doublings make it in every lane: s1 = e; s2[i] = s1[i] + (s1[i-1] << 1);
// s4[i] = s2[i] + (s2[i-2] << 2); s8 with 4; s16 with 8.
//
// Sixteen-bit lanes need two registers for 64 positions. Unpacking puts positions 16k...16k+7 into
// 128-bit lane k of `x` and 16k+8...16k+15 into lane k of `y`: what precedes a lane of `y` is the
// same lane of `x`, what precedes a lane of `x` is the lane before of `y`, the first of them from
// the block before (`carry`).
//
// Shuffles and shifts share two of the four vector ports (Zen 4), so shifts are multiplications
// here, which go to the other two; `opaque512` keeps the compiler from undoing that.
#include "gear_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,gfni")))

typedef struct {
    __m512i low, high, times2, times4, times16, times256;
} tables512;

typedef struct {
    __m512i one, two, four, eight;
} carry512;

typedef struct {
    __m512i x, y;
} hashes512;

AVX512 static inline __m512i opaque512(__m512i value) {
    __asm__("" : "+v"(value));
    return value;
}

/// The lanes before those of `y`.
#define PREVIOUS(y, carry) _mm512_alignr_epi64(y, carry, 6)

#define DOUBLED(x, y, carry, by, factor)                                                \
    do {                                                                                \
        __m512i before = PREVIOUS(y, carry);                                            \
        __m512i fromX = _mm512_alignr_epi8(x, before, 16 - 2 * by);                     \
        __m512i fromY = _mm512_alignr_epi8(y, x, 16 - 2 * by);                          \
        carry = y;                                                                      \
        x = _mm512_add_epi16(x, _mm512_mullo_epi16(fromX, factor));                     \
        y = _mm512_add_epi16(y, _mm512_mullo_epi16(fromY, factor));                     \
    } while (0)

/// The candidate hashes of the 64 positions from `bytes` on.
AVX512 static inline hashes512 hash512(
    const tables512 *tables, carry512 *carry, const uint8_t *bytes
) {
    __m512i data = _mm512_loadu_si512(bytes);
    __m512i low = _mm512_gf2p8affine_epi64_epi8(data, tables->low, BD_GEAR_ZERO_LOW);
    __m512i high = _mm512_gf2p8affine_epi64_epi8(data, tables->high, BD_GEAR_ZERO_HIGH);
    __m512i x = opaque512(_mm512_unpacklo_epi8(low, high));
    __m512i y = opaque512(_mm512_unpackhi_epi8(low, high));
    DOUBLED(x, y, carry->one, 1, tables->times2);
    DOUBLED(x, y, carry->two, 2, tables->times4);
    DOUBLED(x, y, carry->four, 4, tables->times16);
    // Eight positions are a whole lane, so the last doubling needs no shuffle within lanes.
    __m512i before = PREVIOUS(y, carry->eight);
    carry->eight = y;
    y = _mm512_add_epi16(y, _mm512_mullo_epi16(x, tables->times256));
    x = _mm512_add_epi16(x, _mm512_mullo_epi16(before, tables->times256));
    return (hashes512){ x, y };
}

/// A bit for each of 64 positions, set where the hash vanishes under `mask`.
AVX512 static inline uint64_t candidates512(hashes512 hashes, __m512i mask) {
    __m512i first = _mm512_movm_epi16(_mm512_testn_epi16_mask(hashes.x, mask));
    __m512i second = _mm512_movm_epi16(_mm512_testn_epi16_mask(hashes.y, mask));
    return _mm512_movepi8_mask(_mm512_packs_epi16(first, second));
}

/// The first confirmed candidate of 64 positions from `from` on, or `SIZE_MAX`.
AVX512 static size_t confirmed512(
    gear_confirmer *confirmer, size_t from, hashes512 hashes, __m512i mask
) {
    for (uint64_t found = candidates512(hashes, mask); found; found &= found - 1) {
        size_t index = from + (size_t)__builtin_ctzll(found);
        if (gearConfirms(confirmer, index)) return index;
    }
    return SIZE_MAX;
}

AVX512 static inline tables512 load512(const bd_gear_table *table) {
    tables512 tables = {
        _mm512_set1_epi64((long long)table->lowMatrix),
        _mm512_set1_epi64((long long)table->highMatrix),
        opaque512(_mm512_set1_epi16(2)), opaque512(_mm512_set1_epi16(4)),
        opaque512(_mm512_set1_epi16(16)), opaque512(_mm512_set1_epi16(256)),
    };
    return tables;
}

AVX512 size_t bd_gear_scan_avx512(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask
) {
    const tables512 tables = load512(table);
    const __m512i masks = _mm512_set1_epi16((short)mask), zero = _mm512_setzero_si512();
    const uint8_t *bytes = confirmer->bytes;
    carry512 carry = { zero, zero, zero, zero };
    if (to - from >= 128) (void)hash512(&tables, &carry, bytes + from - 64);
    for (; to - from >= 128; from += 128) {
        hashes512 one = hash512(&tables, &carry, bytes + from);
        hashes512 two = hash512(&tables, &carry, bytes + from + 64);
        // The mask holds the top bits, so a hash vanishes under it when the least one does.
        __m512i least = _mm512_min_epu16(
            _mm512_min_epu16(one.x, one.y), _mm512_min_epu16(two.x, two.y));
        if (__builtin_expect(_mm512_testn_epi16_mask(least, masks) == 0, 1)) continue;
        size_t index = confirmed512(confirmer, from, one, masks);
        if (index == SIZE_MAX) index = confirmed512(confirmer, from + 64, two, masks);
        if (index != SIZE_MAX) return index;
    }
    return bd_gear_scan_scalar(table, confirmer, from, to, mask);
}
#endif
