// 16 bytes by two table look-ups, for aarch64.
#if defined(__aarch64__)
#include "gf256_kernel.h"
#include <arm_neon.h>

typedef uint8x16_t Vector;
typedef struct { Vector low, high; } Operand, Constant;
#define VECTOR 16
#define CONSTANT 32
#define ROWS_MAX 8
#define KERNEL gf256_neon
#define load(p) vld1q_u8(p)
#define store(p, v) vst1q_u8(p, v)
#define stream(p, v) vst1q_u8(p, v)
#define fence() ((void)0)
#define xor2(a, b) veorq_u8(a, b)
#define xor3(a, b, c) xor2(a, xor2(b, c))

static inline Constant constant(const uint8_t *table) {
    return (Constant){load(table), load(table + 16)};
}

static inline Operand operand(Vector v) {
    return (Operand){vandq_u8(v, vdupq_n_u8(15)), vshrq_n_u8(v, 4)};
}

static inline Vector product(Constant c, Operand x) {
    return xor2(vqtbl1q_u8(c.low, x.low), vqtbl1q_u8(c.high, x.high));
}

#include "gf256_template.h"
#endif
