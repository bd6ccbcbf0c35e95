// CRC-32C, by the SSE4.2 instruction where the processor has it, else by table.
//
// Three independent streams hide the 3-cycle latency of crc32q: about 3x one stream. The streams
// are joined by multiplying with x^(8*n) mod P, done with a table of zero-byte operators.
#include "checksum.h"
#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82F63B78u
#define STREAM 4096u

static uint32_t byteTable[256];
static uint32_t shiftTable[2][4][256];  // advance a CRC over STREAM and 2*STREAM zero bytes

static void makeByteTable(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        byteTable[n] = crc;
    }
}

static uint32_t zeros(uint32_t crc, size_t count) {
    while (count--) crc = byteTable[crc & 0xFF] ^ (crc >> 8);
    return crc;
}

static void makeTables(void) {
    makeByteTable();
    for (int which = 0; which < 2; which++) {
        uint32_t bits[32];
        for (int bit = 0; bit < 32; bit++) {
            bits[bit] = zeros(1u << bit, (size_t)STREAM << which);
        }
        for (int lane = 0; lane < 4; lane++) {
            for (uint32_t n = 0; n < 256; n++) {
                uint32_t crc = 0;
                for (int bit = 0; bit < 8; bit++) {
                    if (n >> bit & 1) crc ^= bits[lane * 8 + bit];
                }
                shiftTable[which][lane][n] = crc;
            }
        }
    }
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

uint32_t bd_crc32c_scalar(uint32_t seed, const void *bytes, size_t length) {
    pthread_once(&once, makeTables);
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;
    while (length--) crc = byteTable[(crc ^ *p++) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

static uint32_t shifted(uint32_t crc, int which) {
    return shiftTable[which][0][crc & 0xFF] ^ shiftTable[which][1][crc >> 8 & 0xFF]
        ^ shiftTable[which][2][crc >> 16 & 0xFF] ^ shiftTable[which][3][crc >> 24];
}

static uint64_t word(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

__attribute__((target("sse4.2")))
static uint32_t crcHardware(uint32_t seed, const uint8_t *p, size_t length) {
    uint64_t crc = (uint32_t)~seed;
    while (length >= 3 * STREAM) {
        uint64_t second = 0, third = 0;
        for (size_t at = 0; at < STREAM; at += 8) {
            crc = _mm_crc32_u64(crc, word(p + at));
            second = _mm_crc32_u64(second, word(p + STREAM + at));
            third = _mm_crc32_u64(third, word(p + 2 * STREAM + at));
        }
        crc = shifted((uint32_t)crc, 1) ^ shifted((uint32_t)second, 0) ^ (uint32_t)third;
        p += 3 * STREAM;
        length -= 3 * STREAM;
    }
    for (; length >= 8; p += 8, length -= 8) crc = _mm_crc32_u64(crc, word(p));
    for (; length; p++, length--) crc = _mm_crc32_u8((uint32_t)crc, *p);
    return ~(uint32_t)crc;
}
#endif

uint32_t bd_crc32c(uint32_t seed, const void *bytes, size_t length) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        pthread_once(&once, makeTables);
        return crcHardware(seed, bytes, length);
    }
#endif
    return bd_crc32c_scalar(seed, bytes, length);
}
