// Every kind of bad input: refused, in words, before anything is written.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include "check.h"

#define BAD(call, words) REFUSED(TERNION_INVALID_ARGUMENT, (call), (words))

enum { n = 4, k = 64 };

static const int8_t trits[n * k] = {1, -1, 0, 1};
static const size_t huge = (size_t)-1;

/// No handle comes out of a call that fails.
#define NO_HANDLE(call, words)                                  \
    do {                                                        \
        ternion_weights* made = (ternion_weights*)(void*)&huge; \
        BAD(call, words);                                       \
        CHECK(made == NULL);                                    \
    } while (0)

static void test_names(void) {
    const ternion_isa* isa = NULL;
    ternion_packing_info info;
    ternion_weights* w = NULL;
    ternion_activations* x = NULL;
    size_t bytes = 0;
    const float floats[k] = {0};
    REFUSED(TERNION_NOT_FOUND, ternion_find_isa("mmx", &isa), "unknown instruction set: expected ");
    BAD(ternion_find_isa(NULL, NULL), "isa is NULL");
    REFUSED(TERNION_NOT_FOUND, ternion_find_packing("i2s", &info), "found i2s");
    REFUSED(TERNION_NOT_FOUND, ternion_packing_at(99, &info), "no number 99");
    BAD(ternion_find_packing(NULL, &info), "packing is NULL");
    BAD(ternion_find_packing("i2_s", NULL), "info is NULL");
    REFUSED(TERNION_NOT_FOUND, ternion_packed_bytes("", 1, 1, &bytes), "packing: expected one of int8, i2_s");
    REFUSED(TERNION_NOT_FOUND, ternion_pack(NULL, "q4_0", trits, n * k, n, k, NULL, NULL, &w), "ternion_pack: packing");
    OK(ternion_new_activations(&x));
    REFUSED(TERNION_NOT_FOUND, ternion_quantize(NULL, "absmax", 0, floats, k, k, 1, k, NULL, x), "found absmax");
    BAD(ternion_quantize(NULL, NULL, 32, floats, k, k, 1, k, NULL, x), "not by 32");
    BAD(ternion_quantize(NULL, "none", 64, floats, k, k, 1, k, NULL, x), "floats have no scales");
    ternion_free_activations(x);
    BAD(ternion_new_activations(NULL), "activations is NULL");
    // A name that is longer than the message may be.
    char name[2000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    REFUSED(TERNION_NOT_FOUND, ternion_find_packing(name, &info), "found xxx");
    CHECK(strlen(ternion_last_error()) == 511);
}

static void test_sizes(void) {
    size_t bytes = 0;
    BAD(ternion_packed_bytes("i2_s", 0, 1, &bytes), "0 x 1");
    BAD(ternion_packed_bytes("i2_s", 1, 0, &bytes), "at least one");
    BAD(ternion_packed_bytes("i2_s", 1, (size_t)1 << 24, &bytes), "K is at most 16777215");
    BAD(ternion_packed_bytes("i2_s", huge, 3, &bytes), "too large");
    BAD(ternion_packed_bytes("trits5x16", huge / 16, 1, &bytes), "too large");
    BAD(ternion_packed_bytes("i2_s", 1, 1, NULL), "bytes is NULL");
    for (size_t p = 0; p < ternion_packing_count(); ++p) {  // rows for which some product wraps
        ternion_packing_info info;
        OK(ternion_packing_at(p, &info));
        for (size_t shift = 20; shift < 64; ++shift) {
            const size_t rows = (size_t)1 << shift;
            if (ternion_packed_bytes(info.name, rows, 3, &bytes) == TERNION_OK) CHECK(bytes >= rows / 4);
        }
    }
}

static void test_weights(void) {
    const float nan = nanf(""), zero = 0.0f, one = 1.0f, rows[n] = {1, 2, INFINITY, 4}, with_zero[n] = {0, 1, 1, 1};
    const ternion_scales bad_nan = {&nan, 1, 0}, bad_zero = {&zero, 1, 0}, infinite = {rows, n, 0}, fine = {&one, 1, 0};
    const ternion_scales lost = {with_zero, n, 0}, few = {rows, n - 1, 0}, odd = {rows, n, 32}, none = {NULL, 1, 0};
    const ternion_scales crooked = {(const float*)(const void*)((const char*)rows + 1), 1, 0};
    const float huge_scale = 1e30f, floats[k] = {1, 2, INFINITY};
    const ternion_scales beyond_float16 = {&huge_scale, 1, 0};
    static const int8_t two[k] = {0, 0, 2};
    NO_HANDLE(ternion_pack(NULL, "i2_s", NULL, n * k, n, k, NULL, NULL, &made), "trits is NULL");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k - 1, n, k, NULL, NULL, &made),
              "255 values; the shapes ask for 256");
    NO_HANDLE(ternion_pack(NULL, NULL, trits, n * k, n, k, NULL, NULL, &made), "packing is NULL");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, 2, huge, 2, NULL, NULL, &made), "too large");
    NO_HANDLE(ternion_pack(NULL, "i2_s", two, k, 1, k, NULL, NULL, &made), "row 0, column 2 is 2, not -1, 0 or 1");
    NO_HANDLE(ternion_pack(NULL, "binary", trits, n * k, n, k, NULL, NULL, &made), "column 2 is 0");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &bad_nan, NULL, &made), "nan: a scale is finite");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &bad_zero, NULL, &made), "not zero");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &infinite, NULL, &made), "scale 2 is inf");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &lost, NULL, &made), "trits that are not zero");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &few, NULL, &made), "scales has 3 values");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &odd, NULL, &made), "not by 32");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &none, NULL, &made), "scales is NULL");
    NO_HANDLE(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &crooked, NULL, &made), "scales is misaligned");
    NO_HANDLE(ternion_pack(NULL, "tq2_0", trits, n * k, n, k, &beyond_float16, NULL, &made),
              "can't hold the scale 1e+30");
    BAD(ternion_pack(NULL, "i2_s", trits, n * k, n, k, &fine, NULL, NULL), "weights is NULL");
    NO_HANDLE(ternion_pack_floats(NULL, "i2_s", floats, k, 1, k, NULL, &made), "not finite");
    NO_HANDLE(ternion_pack_floats(NULL, "i2_s", floats, k, 2, k, NULL, &made), "values has 64 values");

    static unsigned char bytes[4 * 66];
    memset(bytes, 0xff, sizeof bytes);
    NO_HANDLE(ternion_borrow(NULL, "i2_s", NULL, 64, n, k, NULL, &made), "bytes is NULL");
    NO_HANDLE(ternion_borrow(NULL, "i2_s", bytes, 63, n, k, NULL, &made), "takes 64 bytes, not 63");
    NO_HANDLE(ternion_borrow(NULL, "i2_s", bytes, 64, n, k, NULL, &made),
              "row 0, column 0 holds a code that is no trit");
    NO_HANDLE(ternion_borrow(NULL, "i2_s", bytes, 64, huge / 2, k, NULL, &made), "too large");
    memset(bytes, 0x55, sizeof bytes);  // zeros
    bytes[65] = 0x7e;
    NO_HANDLE(ternion_borrow(NULL, "tq2_0", bytes, sizeof bytes, n, k, NULL, &made), "have the scale nan");
    memset(bytes, 0xaa, 64);
    bytes[64] = bytes[65] = 0;
    NO_HANDLE(ternion_borrow(NULL, "tq2_0", bytes, sizeof bytes, n, k, NULL, &made), "scale 0.0");
    NO_HANDLE(ternion_repack(NULL, "i2_s", NULL, NULL, &made), "from is NULL");
}

static void test_outputs(const ternion_weights* w) {
    int8_t few[n * k];
    float floats[n * k];
    ternion_weights_info info;
    BAD(ternion_describe_weights(NULL, &info), "weights is NULL");
    BAD(ternion_describe_weights(w, NULL), "info is NULL");
    BAD(ternion_unpack(w, few, n * k - 1), "trits has 255 values");
    BAD(ternion_unpack(w, NULL, n * k), "trits is NULL");
    BAD(ternion_dequantize(w, floats, 1, NULL), "values has 1 values");
    BAD(ternion_dequantize(w, (float*)(void*)((char*)floats + 2), n * k, NULL), "values is misaligned");
    BAD(ternion_copy_scales(w, floats, n), "values has 4 values; the shapes ask for 1");
    ternion_weights* borrowed = NULL;
    OK(ternion_borrow(NULL, "int8", trits, n * k, n, k, NULL, &borrowed));
    BAD(ternion_unpack(borrowed, (int8_t*)trits, n * k), "trits overlaps the bytes of weights");
    ternion_free_weights(borrowed);
}

static void test_products_of(const ternion_weights* w) {
    static int32_t y[3 * n];
    static int8_t q[3 * k];
    static float x[3 * k];
    const ternion_executor without = {2, NULL, NULL};
    for (size_t i = 0; i < 3 * n; ++i)
        y[i] = 77;
    BAD(ternion_gemv_int8(NULL, q, k, y, n, NULL), "weights is NULL");
    BAD(ternion_gemv_int8(w, NULL, k, y, n, NULL), "q is NULL");
    BAD(ternion_gemv_int8(w, q, k - 1, y, n, NULL), "q has 63 values");
    BAD(ternion_gemv_int8(w, q, k, y, n + 1, NULL), "y has 5 values");
    BAD(ternion_gemv_int8(w, q, k, NULL, n, NULL), "y is NULL");
    BAD(ternion_gemv_int8(w, q, k, (int32_t*)(void*)((char*)y + 1), n, NULL), "multiple of 4");
    BAD(ternion_gemv_int8(w, (int8_t*)y, k, (int32_t*)(void*)((int8_t*)y + 16), n, NULL), "y overlaps q");
    BAD(ternion_gemv_int8(w, q, k, y, n, &without), "parallel_for");
    BAD(ternion_gemv_float(w, (float*)(void*)((char*)x + 2), k, x, n, NULL), "x is misaligned");
    BAD(ternion_gemv_float(w, x, k, x + k - 1, n, NULL), "y overlaps x");
    BAD(ternion_gemm_int8(w, 3, q, 3 * k - 1, k, y, 3 * n, n, NULL), "q has 191 values; 3 rows of 64");
    BAD(ternion_gemm_int8(w, 3, q, 3 * k, k - 1, y, 3 * n, n, NULL), "leading dimension of 63, less than its 64");
    BAD(ternion_gemm_int8(w, 3, q, 3 * k, k, y, 3 * n - 1, n, NULL), "y has 11 values");
    BAD(ternion_gemm_int8(w, huge, q, 3 * k, k, y, 3 * n, n, NULL), "more than memory holds");
    BAD(ternion_gemm_int8(w, 3, q, 3 * k, huge / 2, y, 3 * n, n, NULL), "more than memory holds");
    BAD(ternion_gemm_int8(w, 3, q, 3 * k, huge / 3, y, 3 * n, n, NULL), "more than memory holds");
    BAD(ternion_gemm_float(w, 2, x, 3 * k, k, (float*)(void*)y, 3 * n, n - 1, NULL), "y has a leading dimension of 3");
    OK(ternion_gemm_int8(w, 0, NULL, 0, k, NULL, 0, n, NULL));
    OK(ternion_gemm_int8(w, 0, NULL, 0, 0, NULL, 0, 1, NULL));
    OK(ternion_gemm_float(w, 0, NULL, 0, 0, NULL, 0, 1, NULL));
    for (size_t i = 0; i < 3 * n; ++i)
        CHECK(y[i] == 77);
    // Columns of one array lie apart although their rows interleave.
    static float columns[3 * (k + n)];
    OK(ternion_gemm_float(w, 3, columns, 2 * (k + n) + k, k + n, columns + k, 2 * (k + n) + n, k + n, NULL));
    BAD(ternion_gemm_float(w, 3, columns, 2 * (k + n) + k, k + n, columns + k - 1, 2 * (k + n) + n, k + n, NULL),
        "y overlaps x");
}

static void test_multiply(const ternion_weights* w) {
    static int8_t q[k];
    static float y[n], residual[n];
    ternion_activations* x = NULL;
    ternion_output out = {y, n, n, NULL, 0, 0, TERNION_FLOAT32, 0};
    OK(ternion_new_activations(&x));
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "activations have 0 inputs, and weights 64");
    BAD(ternion_set_activations(q, k, k, 2, k, NULL, x), "q has 64 values; 2 rows");
    BAD(ternion_set_activations(q, k, k, 1, 0, NULL, x), "at least one");
    BAD(ternion_set_activations(q, k, k, 1, k, NULL, NULL), "activations is NULL");
    BAD(ternion_set_activations(q, huge, 1, huge / 2, 1, NULL, x), "too large");
    const float nan = nanf("");
    const ternion_scales bad = {&nan, 1, 0}, two = {y, 2, 0};
    BAD(ternion_set_activations(q, k, k, 1, k, &bad, x), "scale 0 is nan");
    BAD(ternion_set_activations(q, k, k, 1, k, &two, x), "scales has 2 values");
    BAD(ternion_quantize(NULL, NULL, 0, NULL, k, k, 1, k, NULL, x), "x is NULL");
    BAD(ternion_describe_activations(x, NULL), "info is NULL");
    OK(ternion_set_activations(q, k, k, 1, k, NULL, x));

    BAD(ternion_multiply(NULL, x, 0, n, &out, NULL), "weights is NULL");
    BAD(ternion_multiply(w, NULL, 0, n, &out, NULL), "activations is NULL");
    BAD(ternion_multiply(w, x, 0, n, NULL, NULL), "output is NULL");
    BAD(ternion_multiply(w, x, 0, n + 1, &out, NULL), "rows 0 to 5 of 4");
    BAD(ternion_multiply(w, x, 3, 2, &out, NULL), "rows 3 to 2 of 4");
    out.type = 4;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "output has the type 4");
    out.type = TERNION_FLOAT32;
    out.reserved = 1;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "reserved is 1");
    out.reserved = 0;
    out.count = n - 1;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "y has 3 values");
    OK(ternion_multiply(w, x, 0, n - 1, &out, NULL));
    out.count = n;
    out.ld = n - 1;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "leading dimension of 3");
    out.ld = n;
    out.residual = residual;
    out.residual_ld = n;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "residual has 0 values");
    out.residual_count = n;
    out.residual = y + 1;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "y overlaps residual");
    out.residual = y;
    out.type = TERNION_FLOAT16;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "y overlaps residual");
    out.residual = residual;
    out.type = TERNION_INT32;
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "int32 results take no residual");
    out.residual = NULL;
    OK(ternion_quantize(NULL, "none", 0, residual, k > n ? n : k, n, 1, n, NULL, x));
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "activations have 4 inputs");
    static float floats[k];
    OK(ternion_quantize(NULL, "none", 0, floats, k, k, 1, k, NULL, x));
    BAD(ternion_multiply(w, x, 0, n, &out, NULL), "no int32 sums");
    ternion_free_activations(x);
}

/// Where there is no memory, that is said, and the program goes on.
static void test_memory(void) {
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
    const size_t rows = 16384, columns = 4096;
    int8_t* zeros = calloc(rows, columns);
    ternion_weights* w = NULL;
    struct rlimit before, little;
    unsigned long pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (zeros == NULL || file == NULL || fscanf(file, "%lu", &pages) != 1 || getrlimit(RLIMIT_AS, &before) != 0)
        abort();
    fclose(file);
    little = before;
    little.rlim_cur = (rlim_t)pages * 4096 + (1 << 20);
    setrlimit(RLIMIT_AS, &little);
    REFUSED(TERNION_OUT_OF_MEMORY, ternion_pack(NULL, "int8", zeros, rows * columns, rows, columns, NULL, NULL, &w),
            "ternion_pack: out of memory");
    setrlimit(RLIMIT_AS, &before);
    CHECK(w == NULL);
    free(zeros);
#endif
}

void test_errors(void) {
    ternion_weights* w = NULL;
    OK(ternion_pack(NULL, "interleaved2x16", trits, n * k, n, k, NULL, NULL, &w));
    test_names();
    test_sizes();
    test_weights();
    test_outputs(w);
    test_products_of(w);
    test_multiply(w);
    ternion_free_weights(w);
    ternion_free_weights(NULL);
    ternion_free_activations(NULL);
    test_memory();
}
