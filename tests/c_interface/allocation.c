// What says that it allocates nothing doesn't: malloc, which C++'s operator new calls, is counted.
#include <stdlib.h>

#include "check.h"

#if defined(__GLIBC__)

static volatile size_t allocations;

void* __libc_malloc(size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
void* aligned_alloc(size_t alignment, size_t size) {
    ++allocations;
    return __libc_memalign(alignment, size);
}

#define COUNT_OF(call) (allocations = 0, (call), allocations)

static void in_turn(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    (void)pool;
    while (count-- > 0)
        task(work, count);
}

void test_allocation(void) {
    enum { m = 2, n = 40, k = 300 };
    static int8_t trits[n * k], q[k];
    static float x[m * k], y[m * n];
    static int32_t sums[n];
    const ternion_executor executor = {3, in_turn, NULL};
    ternion_weights* w = NULL;
    ternion_activations* activations = NULL;
    // Both ways of memory are seen.
    CHECK(COUNT_OF(ternion_new_activations(&activations)) > 0);
    CHECK(COUNT_OF(ternion_pack(NULL, "interleaved2x16", trits, n * k, n, k, NULL, NULL, &w)) > 1);
    CHECK(COUNT_OF(ternion_quantize(NULL, NULL, 64, x, m * k, k, m, k, NULL, activations)) > 0);

    const ternion_output out = {y, m * n, n, NULL, 0, 0, TERNION_FLOAT32, 0};
    CHECK(COUNT_OF(ternion_quantize(NULL, NULL, 64, x, m * k, k, m, k, &executor, activations)) == 0);
    CHECK(COUNT_OF(ternion_quantize(NULL, "absmax4", 0, x, k, k, 1, k, NULL, activations)) == 0);
    CHECK(COUNT_OF(ternion_multiply(w, activations, 0, n, &out, &executor)) == 0);
    CHECK(COUNT_OF(ternion_gemv_int8(w, q, k, sums, n, &executor)) == 0);
    CHECK(COUNT_OF(ternion_set_activations(q, k, k, 1, k, NULL, activations)) == 0);
    ternion_free_activations(activations);
    ternion_free_weights(w);
}

#else

void test_allocation(void) {
    CHECK(sizeof(size_t) >= 4);  // malloc can't be counted like this here
}

#endif
