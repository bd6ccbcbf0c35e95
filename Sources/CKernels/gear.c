// The gear scan: tables, dispatch, and the scalar reference.
//
// Gear hash and cut by mask: Xia et al., "FastCDC", USENIX ATC 2016. Here it is taken in two
// steps, so that the dense one fits vectors: a sixteen-bit gear over the last 16 bytes at every
// position, and a sixty-four-bit gear over the last 64 at the few positions the first one lets by.
// Speed of scalar : AVX2 : AVX-512 is about 1 : 2 : 2.8 on Zen 4.
#include "gear_scan.h"
#include <string.h>

/// The entry of a byte is the entry of zero, changed by the low half of one word for each bit set.
static void makeEntries(bd_gear_table *table) {
    for (int n = 0; n < 256; n++) {
        uint16_t entry = BD_GEAR_ZERO_HIGH << 8 | BD_GEAR_ZERO_LOW;
        for (int bit = 0; bit < 8; bit++) {
            if (n >> bit & 1) entry ^= (uint16_t)table->confirm[bit];
        }
        table->candidate[n] = entry;
    }
    for (int n = 0; n < 16; n++) {
        uint16_t lows = table->candidate[n], highs = table->candidate[n << 4] ^ table->candidate[0];
        table->low[n] = (uint8_t)lows;
        table->low[n + 16] = (uint8_t)highs;
        table->high[n] = (uint8_t)(lows >> 8);
        table->high[n + 16] = (uint8_t)(highs >> 8);
    }
}

/// Byte 7-r of a matrix holds row r: the input bits whose parity is output bit r.
static void makeMatrices(bd_gear_table *table) {
    table->lowMatrix = table->highMatrix = 0;
    for (int row = 0; row < 8; row++) {
        for (int bit = 0; bit < 8; bit++) {
            uint64_t place = 1ull << ((7 - row) * 8 + bit);
            if (table->confirm[bit] >> row & 1) table->lowMatrix |= place;
            if (table->confirm[bit] >> (row + 8) & 1) table->highMatrix |= place;
        }
    }
}

void bd_gear_table_make(const uint8_t *expanded, bd_gear_table *table) {
    for (int n = 0; n < 256; n++) {
        uint64_t word = 0;
        for (int byte = 7; byte >= 0; byte--) word = word << 8 | expanded[n * 8 + byte];
        table->confirm[n] = word;
    }
    makeEntries(table);
    makeMatrices(table);
}

int bd_gear_available(int kernel) {
    if (kernel == BD_GEAR_SCALAR) return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (kernel == BD_GEAR_AVX2) return __builtin_cpu_supports("avx2") != 0;
    if (kernel == BD_GEAR_AVX512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("gfni");
    }
#endif
    return 0;
}

#define STRIP 128u

static inline uint32_t warmed(const uint16_t *entries, const uint8_t *bytes) {
    uint32_t hash = 0;
    for (int at = -15; at < 0; at++) hash = (hash << 1) + entries[bytes[at]];
    return hash;
}

/// Whether any of four strips of 128 positions from `bytes` on holds a candidate. Four hashes at
/// once hide the latency of one: 1.25 times the speed of a single one.
static int mayHoldCandidates(const uint16_t *entries, const uint8_t *bytes, uint32_t mask) {
    uint32_t one = warmed(entries, bytes), two = warmed(entries, bytes + STRIP);
    uint32_t three = warmed(entries, bytes + 2 * STRIP), four = warmed(entries, bytes + 3 * STRIP);
    int found = 0;
    for (size_t at = 0; at < STRIP; at++) {
        one = (one << 1) + entries[bytes[at]];
        two = (two << 1) + entries[bytes[at + STRIP]];
        three = (three << 1) + entries[bytes[at + 2 * STRIP]];
        four = (four << 1) + entries[bytes[at + 3 * STRIP]];
        found |= !(one & mask) | !(two & mask) | !(three & mask) | !(four & mask);
    }
    return found;
}

size_t bd_gear_scan_scalar(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask
) {
    const uint16_t *entries = table->candidate;
    const uint8_t *bytes = confirmer->bytes;
    while (from < to) {
        size_t end = to - from > 4 * STRIP ? from + 4 * STRIP : to;
        if (end - from == 4 * STRIP && !mayHoldCandidates(entries, bytes + from, mask)) {
            from = end;
            continue;
        }
        uint32_t hash = warmed(entries, bytes + from);
        for (; from < end; from++) {
            hash = (hash << 1) + entries[bytes[from]];
            if ((hash & mask) == 0 && gearConfirms(confirmer, from)) return from;
        }
    }
    return to;
}

size_t bd_gear_scan(
    const bd_gear_table *table, const uint8_t *bytes, size_t from, size_t to,
    uint16_t candidateMask, uint64_t confirmLimit, int kernel
) {
    if (from >= to) return to;
    gear_confirmer confirmer = { table->confirm, bytes, confirmLimit, 0, 0 };
#if defined(__x86_64__)
    if (kernel == BD_GEAR_AVX512) {
        return bd_gear_scan_avx512(table, &confirmer, from, to, candidateMask);
    }
    if (kernel == BD_GEAR_AVX2) {
        return bd_gear_scan_avx2(table, &confirmer, from, to, candidateMask);
    }
#endif
    (void)kernel;
    return bd_gear_scan_scalar(table, &confirmer, from, to, candidateMask);
}
