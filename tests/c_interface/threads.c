// Executors of the caller's: good ones, and those that don't do what they are for.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct share {
    void (*task)(void*, size_t);
    void* work;
    size_t index;
    pthread_t thread;
};

static void* run_share(void* data) {
    const struct share* share = data;
    share->task(share->work, share->index);
    return NULL;
}

static void on_threads(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    struct share shares[64];
    (void)pool;
    if (count > 64) abort();  // more than the library was told to run at once
    for (size_t i = 0; i < count; ++i) {
        shares[i].task = task;
        shares[i].work = work;
        shares[i].index = i;
        if (pthread_create(&shares[i].thread, NULL, run_share, &shares[i]) != 0) abort();
    }
    for (size_t i = 0; i < count; ++i)
        pthread_join(shares[i].thread, NULL);
}

ternion_executor threads(size_t concurrency) {
    const ternion_executor executor = {concurrency, on_threads, NULL};
    return executor;
}

static void backwards(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    *(size_t*)pool += 1;
    while (count-- > 0)
        task(work, count);
}
static void all_but_one(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    (void)pool;
    for (size_t i = 1; i < count; ++i)
        task(work, i);
}
static void one_twice(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    (void)pool;
    for (size_t i = 0; i < count; ++i)
        task(work, i == 1 ? 0 : i);
}
static void beyond(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    (void)pool;
    for (size_t i = 0; i <= count; ++i)
        task(work, i);
}

enum { n = 80, k = 64 };

static int8_t trits[n * k], q[k];
static ternion_weights* weights;

/// What one of several callers does: its own call fails, and it multiplies by the weights of all.
static void* call_alone(void* number) {
    int32_t y[n], expected[n];
    char words[32] = "found x";
    words[6] = (char)('a' + *(int*)number);
    if (ternion_gemv_int8(weights, q, k, expected, n, NULL) != TERNION_OK) return NULL;
    for (int i = 0; i < 200; ++i) {
        size_t bytes;
        (void)ternion_packed_bytes(words + 6, n, k, &bytes);
        if (ternion_gemv_int8(weights, q, k, y, n, NULL) != TERNION_OK) return NULL;
        if (memcmp(y, expected, sizeof y) != 0 || strstr(ternion_last_error(), words) == NULL) return NULL;
    }
    return number;
}

/// The message of a thread is its own: empty at first, and not that of another.
static void* fail_alone(void* unused) {
    size_t bytes;
    CHECK(strcmp(ternion_last_error(), "") == 0);
    REFUSED(TERNION_NOT_FOUND, ternion_packed_bytes("second", n, k, &bytes), "found second");
    return unused;
}

static void test_messages(void) {
    size_t bytes;
    pthread_t other;
    REFUSED(TERNION_NOT_FOUND, ternion_packed_bytes("first", n, k, &bytes), "found first");
    if (pthread_create(&other, NULL, fail_alone, NULL) != 0) abort();
    pthread_join(other, NULL);
    CHECK(strstr(ternion_last_error(), "found first") != NULL);
}

static void test_callers(void) {
    pthread_t callers[4];
    int numbers[4];
    for (int i = 0; i < 4; ++i) {
        numbers[i] = i;
        if (pthread_create(&callers[i], NULL, call_alone, &numbers[i]) != 0) abort();
    }
    for (int i = 0; i < 4; ++i) {
        void* result = NULL;
        pthread_join(callers[i], &result);
        CHECK(result == &numbers[i]);
    }
}

void test_threads(void) {
    int32_t y[n], expected[n];
    size_t regions = 0;
    for (size_t i = 0; i < sizeof trits; ++i)
        trits[i] = (int8_t)((int)(next_random() % 3) - 1);
    for (size_t i = 0; i < k; ++i)
        q[i] = (int8_t)next_random();
    OK(ternion_pack(NULL, "interleaved2x16", trits, n * k, n, k, NULL, NULL, &weights));
    OK(ternion_gemv_int8(weights, q, k, expected, n, NULL));

    const ternion_executor serial = {4, backwards, &regions}, pool = threads(5);
    OK(ternion_gemv_int8(weights, q, k, y, n, &serial));
    CHECK(memcmp(y, expected, sizeof y) == 0 && regions == 1);
    OK(ternion_gemv_int8(weights, q, k, y, n, &pool));
    CHECK(memcmp(y, expected, sizeof y) == 0);

    const ternion_executor lazy = {4, all_but_one, NULL}, twice = {4, one_twice, NULL}, many = {4, beyond, NULL};
    REFUSED(TERNION_FAILED, ternion_gemv_int8(weights, q, k, y, n, &lazy), "each of 4 tasks once, and ran 3");
    REFUSED(TERNION_FAILED, ternion_gemv_int8(weights, q, k, y, n, &twice), "each of 4 tasks once");
    REFUSED(TERNION_FAILED, ternion_gemv_int8(weights, q, k, y, n, &many), "each of 4 tasks once, and ran 5");
    ternion_weights* w = NULL;
    REFUSED(TERNION_FAILED, ternion_pack(NULL, "i2_s", trits, n * k, n, k, NULL, &lazy, &w), "ran 3");
    CHECK(w == NULL);
    ternion_activations* x = NULL;
    ternion_activations_info info;
    const float floats[4 * k] = {0};
    OK(ternion_new_activations(&x));
    REFUSED(TERNION_FAILED, ternion_quantize(NULL, NULL, 0, floats, 4 * k, k, 4, k, &lazy, x), "ran 3");
    OK(ternion_describe_activations(x, &info));
    CHECK(info.m == 0 && info.k == 0);
    ternion_free_activations(x);

    const ternion_executor none = {0, on_threads, NULL}, without = {2, NULL, NULL},
                           huge = {(size_t)-1, on_threads, NULL};
    REFUSED(TERNION_INVALID_ARGUMENT, ternion_gemv_int8(weights, q, k, y, n, &none), "concurrency of 0");
    REFUSED(TERNION_INVALID_ARGUMENT, ternion_gemv_int8(weights, q, k, y, n, &without), "parallel_for");
    REFUSED(TERNION_INVALID_ARGUMENT, ternion_gemv_int8(weights, q, k, y, n, &huge), "expected 1 to 65536");
    test_callers();
    test_messages();
    ternion_free_weights(weights);
}
