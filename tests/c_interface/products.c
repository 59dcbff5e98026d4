// Every packing on every instruction set of this machine, against loops that anybody can check.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { tokens = 3, most = 70 * 1100 };

static int8_t trits[most], unpacked[most], q[tokens * 1200];
static int32_t sums[tokens * 70], found[tokens * 80];

/// Nearest to x of the values that float16 has, as its bits; x is finite.
static uint16_t float16_of(float x) {
    int exponent;
    const float magnitude = fabsf(x);
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (magnitude == 0.0f) return sign;
    if (magnitude >= 65520.0f) return (uint16_t)(sign | 0x7c00);
    frexpf(magnitude, &exponent);
    const int last = exponent - 11 < -24 ? -24 : exponent - 11;  // the place of the last bit
    const float steps = nearbyintf(ldexpf(magnitude, -last));
    // 1024 steps above the least exponent are 1.0 there, and add one to the exponent's bits.
    return (uint16_t)(sign | (uint16_t)((last + 24) * 1024 + (int)steps));
}

static uint16_t bfloat16_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static void make_matrix(size_t n, size_t k, size_t q_ld, int has_zeros) {
    for (size_t i = 0; i < n * k; ++i)
        trits[i] = has_zeros ? (int8_t)((int)(next_random() % 3) - 1) : (int8_t)(next_random() % 2 == 0 ? -1 : 1);
    for (size_t i = 0; i < tokens * q_ld; ++i)
        q[i] = (int8_t)((int)(next_random() % 256) - 128);
    for (size_t m = 0; m < tokens; ++m) {
        for (size_t row = 0; row < n; ++row) {
            int32_t sum = 0;
            for (size_t i = 0; i < k; ++i)
                sum += trits[row * k + i] * q[m * q_ld + i];
            sums[m * n + row] = sum;
        }
    }
}

/// y[m][n] = W · q for one token, and for three with gaps, which stay as they are.
static void test_integers(const ternion_weights* w, size_t n, size_t k, size_t q_ld, const ternion_executor* executor) {
    OK(ternion_gemv_int8(w, q, k, found, n, executor));
    CHECK(memcmp(found, sums, n * sizeof *sums) == 0);

    const size_t ld = n + 2;
    for (size_t i = 0; i < tokens * ld; ++i)
        found[i] = -77;
    OK(ternion_gemm_int8(w, tokens, q, (tokens - 1) * q_ld + k, q_ld, found, tokens * ld, ld, executor));
    for (size_t m = 0; m < tokens; ++m) {
        CHECK(memcmp(found + m * ld, sums + m * n, n * sizeof *sums) == 0);
        CHECK(found[m * ld + n] == -77 && found[m * ld + n + 1] == -77);
    }
}

/// Results of each type for some rows of W. The scales are powers of two and the residual small integers: exact in
/// float.
static void test_types(const ternion_weights* w, size_t n, size_t k, size_t q_ld, const ternion_executor* executor) {
    static const float scales[tokens] = {0.5f, 2.0f, 0.125f};
    static float residual[tokens * 70], floats[tokens * 80];
    static uint16_t halves[tokens * 80];
    const ternion_scales of_tokens = {scales, tokens, 0};
    const size_t begin = n / 3, end = n - n / 5, ld = n + 1;
    ternion_activations* x = NULL;
    OK(ternion_new_activations(&x));
    OK(ternion_set_activations(q, tokens * q_ld, q_ld, tokens, k, &of_tokens, x));
    for (size_t i = 0; i < tokens * n; ++i)
        residual[i] = (float)((int)(next_random() % 100) - 50);

    for (ternion_type type = TERNION_INT32; type <= TERNION_BFLOAT16; ++type) {
        void* const data = type == TERNION_INT32     ? (void*)found
                           : type == TERNION_FLOAT32 ? (void*)floats
                                                     : (void*)halves;
        const int with_residual = type != TERNION_INT32;
        const ternion_output to = {data, tokens * ld, ld, with_residual ? residual : NULL, tokens * n, n, type, 0};
        memset(found, 0x55, sizeof found);
        memset(floats, 0x55, sizeof floats);
        memset(halves, 0x55, sizeof halves);
        OK(ternion_multiply(w, x, begin, end, &to, executor));
        for (size_t m = 0; m < tokens; ++m) {
            for (size_t row = 0; row < n; ++row) {
                const size_t at = m * ld + row;
                const float y = (float)sums[m * n + row] * (0.25f * scales[m]) + residual[m * n + row];
                if (row < begin || row >= end) {
                    CHECK(type == TERNION_INT32 ? found[at] == 0x55555555 : type != TERNION_FLOAT32 || floats[at] != y);
                    CHECK(type < TERNION_FLOAT16 || halves[at] == 0x5555);
                } else if (type == TERNION_INT32) {
                    CHECK(found[at] == sums[m * n + row]);
                } else if (type == TERNION_FLOAT32) {
                    CHECK(floats[at] == y);
                } else {
                    CHECK(halves[at] == (type == TERNION_FLOAT16 ? float16_of(y) : bfloat16_of(y)));
                }
            }
        }
    }
    // Accumulation: the residual is the output itself.
    for (size_t i = 0; i < tokens * n; ++i)
        floats[i] = residual[i];
    const ternion_output sum = {floats, tokens * n, n, floats, tokens * n, n, TERNION_FLOAT32, 0};
    OK(ternion_multiply(w, x, 0, n, &sum, executor));
    for (size_t i = 0; i < tokens * n; ++i)
        CHECK(floats[i] == (float)sums[i] * (0.25f * scales[i / n]) + residual[i]);
    ternion_free_activations(x);
}

/// Bytes that lie at an odd address give what they gave before; so does the same matrix in another packing.
static void test_bytes(const ternion_isa* isa, const ternion_weights* w, size_t n, size_t k, size_t q_ld) {
    ternion_weights_info info;
    size_t bytes = 0;
    OK(ternion_describe_weights(w, &info));
    OK(ternion_packed_bytes(info.packing, n, k, &bytes));
    CHECK(info.n == n && info.k == k && info.byte_count == bytes && info.scale_count == 1 && info.scale == 0.25f);
    CHECK(info.group_inputs == 0 && !info.scales_among_bytes && strcmp(info.isa, ternion_isa_name(isa)) == 0);
    char* copy = malloc(bytes + 1);
    memcpy(copy + 1, info.bytes, bytes);
    const ternion_scales one = {&info.scale, 1, 0};
    ternion_weights *borrowed = NULL, *repacked = NULL;
    OK(ternion_borrow(isa, info.packing, copy + 1, bytes, n, k, &one, &borrowed));
    test_integers(borrowed, n, k, q_ld, NULL);
    OK(ternion_repack(isa, "interleaved2x16", borrowed, NULL, &repacked));
    ternion_free_weights(borrowed);
    free(copy);
    test_integers(repacked, n, k, q_ld, NULL);
    test_types(repacked, n, k, q_ld, NULL);
    ternion_free_weights(repacked);
}

static void test_matrix(const ternion_isa* isa, const char* packing, size_t n, size_t k) {
    static const float scale = 0.25f;
    const ternion_scales one = {&scale, 1, 0};
    const ternion_executor pool = threads(3);
    const size_t q_ld = k + k % 4;
    ternion_packing_info info;
    OK(ternion_find_packing(packing, &info));
    make_matrix(n, k, q_ld, info.has_zeros);
    ternion_weights* w = NULL;
    OK(ternion_pack(isa, packing, trits, n * k, n, k, &one, &pool, &w));
    OK(ternion_unpack(w, unpacked, n * k));
    CHECK(memcmp(unpacked, trits, n * k) == 0);
    test_integers(w, n, k, q_ld, NULL);
    test_integers(w, n, k, q_ld, &pool);
    test_types(w, n, k, q_ld, NULL);
    test_types(w, n, k, q_ld, &pool);
    test_bytes(isa, w, n, k, q_ld);
    ternion_free_weights(w);
}

void test_products(void) {
    static const size_t shapes[][2] = {{1, 1}, {3, 7}, {16, 64}, {17, 129}, {33, 255}, {70, 256}, {37, 1100}};
    size_t matrices = 0;
    for (size_t i = 0; i < ternion_isa_count(); ++i) {
        const ternion_isa* isa = NULL;
        if (!ternion_isa_available_at(i)) continue;
        OK(ternion_find_isa(ternion_isa_name_at(i), &isa));
        for (size_t p = 0; p < ternion_packing_count(); ++p) {
            ternion_packing_info info;
            OK(ternion_packing_at(p, &info));
            for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; ++s, ++matrices)
                test_matrix(isa, info.name, shapes[s][0], shapes[s][1]);
        }
    }
    CHECK(matrices >= 12 * sizeof shapes / sizeof shapes[0]);
    printf("%u matrices\n", (unsigned)matrices);
}
