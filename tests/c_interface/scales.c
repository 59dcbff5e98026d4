// Scales of rows, groups and blocks, quantisers, and float activations.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { tokens = 2, n = 19, k = 300, most_groups = 5 };

static int8_t trits[n * k], q[tokens * k];

static void make_numbers(int has_zeros) {
    for (size_t i = 0; i < sizeof trits; ++i)
        trits[i] = has_zeros ? (int8_t)((int)(next_random() % 3) - 1) : (int8_t)(next_random() % 2 == 0 ? -1 : 1);
    for (size_t i = 0; i < sizeof q; ++i)
        q[i] = (int8_t)((int)(next_random() % 256) - 128);
}

static size_t groups_of(size_t inputs) {
    return inputs == 0 ? 1 : (k + inputs - 1) / inputs;
}

/// Powers of two: every product and every sum of this test is then exact in float, in whatever order.
static void make_scales(float* values, size_t count) {
    for (size_t i = 0; i < count; ++i)
        values[i] = ldexpf(1.0f, (int)(next_random() % 4) - 2);
}

static void check_product(const ternion_weights* w, const ternion_scales* of_w, size_t x_inputs) {
    static float x_scales[tokens * most_groups], y[tokens * n];
    const ternion_scales of_x = {x_scales, tokens * groups_of(x_inputs), x_inputs};
    const ternion_executor pool = threads(2);
    ternion_activations* x = NULL;
    ternion_activations_info info;
    make_scales(x_scales, of_x.count);
    OK(ternion_new_activations(&x));
    OK(ternion_set_activations(q, tokens * k, k, tokens, k, &of_x, x));
    OK(ternion_describe_activations(x, &info));
    CHECK(info.m == tokens && info.k == k && info.q_ld >= k && info.group_inputs == x_inputs);
    CHECK(memcmp(info.q + info.q_ld, q + k, k) == 0 && memcmp(info.scales, x_scales, of_x.count * sizeof(float)) == 0);

    const ternion_output out = {y, tokens * n, n, NULL, 0, 0, TERNION_FLOAT32, 0};
    OK(ternion_multiply(w, x, 0, n, &out, &pool));
    for (size_t m = 0; m < tokens; ++m) {
        for (size_t row = 0; row < n; ++row) {
            double sum = 0;
            for (size_t i = 0; i < k; ++i) {
                const size_t w_group = of_w->group_inputs == 0 ? 0 : i / of_w->group_inputs;
                const size_t x_group = x_inputs == 0 ? 0 : i / x_inputs;
                sum += (double)of_w->values[row * groups_of(of_w->group_inputs) + w_group] *
                       (double)x_scales[m * groups_of(x_inputs) + x_group] * trits[row * k + i] * q[m * k + i];
            }
            CHECK((double)y[m * n + row] == sum);
        }
    }
    ternion_free_activations(x);
}

/// Saved and read again: scales beside the bytes, or among them.
static void check_saved(const ternion_weights* w, const ternion_scales* scales) {
    static float copy[n * most_groups], floats[n * k];
    ternion_weights_info info;
    OK(ternion_describe_weights(w, &info));
    OK(ternion_copy_scales(w, copy, info.scale_count));
    CHECK(info.scale_count == scales->count && info.group_inputs == scales->group_inputs);
    CHECK(memcmp(copy, scales->values, scales->count * sizeof(float)) == 0);
    const ternion_scales saved = {copy, info.scale_count, info.group_inputs};
    ternion_weights* again = NULL;
    OK(ternion_borrow(NULL, info.packing, info.bytes, info.byte_count, n, k, info.scales_among_bytes ? NULL : &saved,
                      &again));
    memset(copy, 0, sizeof copy);  // the library has copied them
    check_product(again, scales, 0);
    OK(ternion_dequantize(again, floats, n * k, NULL));
    for (size_t i = 0; i < n * k; ++i) {
        const size_t group = scales->group_inputs == 0 ? 0 : i % k / scales->group_inputs;
        CHECK(floats[i] == scales->values[i / k * groups_of(scales->group_inputs) + group] * (float)trits[i]);
    }
    ternion_free_weights(again);
}

static void test_packing(const ternion_isa* isa, const ternion_packing_info* packing, size_t inputs) {
    static float values[n * most_groups];
    const ternion_scales scales = {values, n * groups_of(inputs), inputs};
    make_numbers(packing->has_zeros);
    make_scales(values, scales.count);
    ternion_weights *w = NULL, *fast = NULL;
    OK(ternion_pack(isa, packing->name, trits, n * k, n, k, &scales, NULL, &w));
    check_product(w, &scales, 0);
    check_product(w, &scales, 64);
    check_product(w, &scales, 256);
    if (packing->group_inputs == 0 || packing->group_inputs == inputs) check_saved(w, &scales);
    OK(ternion_repack(isa, "interleaved2x16", w, NULL, &fast));
    ternion_free_weights(w);
    check_product(fast, &scales, 128);
    ternion_free_weights(fast);
}

/// absmax8 and absmean, by their formulas.
static void test_floats(void) {
    static float weights[n * k], x[k], y[n], by_hand[n], row_scales[n];
    double mean = 0;
    for (size_t i = 0; i < n * k; ++i) {
        weights[i] = ((float)(next_random() % 2001) - 1000.0f) / 700.0f;
        mean += fabs((double)weights[i]);
    }
    float peak = 0;
    for (size_t i = 0; i < k; ++i) {
        x[i] = ((float)(next_random() % 2001) - 1000.0f) / 300.0f;
        peak = fmaxf(peak, fabsf(x[i]));
    }
    const float gamma = (float)(mean / (double)(n * k));
    ternion_weights* w = NULL;
    ternion_weights_info info;
    OK(ternion_pack_floats(NULL, "i2_s", weights, n * k, n, k, NULL, &w));
    OK(ternion_describe_weights(w, &info));
    CHECK(info.scale == gamma && info.scale_count == 1);
    OK(ternion_unpack(w, trits, n * k));
    for (size_t i = 0; i < n * k; ++i)
        CHECK(trits[i] == (weights[i] / gamma > 0.5f) - (weights[i] / gamma < -0.5f));

    for (size_t row = 0; row < n; ++row) {
        int32_t sum = 0;
        for (size_t i = 0; i < k; ++i)
            sum += trits[row * k + i] * (int32_t)nearbyintf(x[i] * (127.0f / peak));
        by_hand[row] = (float)sum * (gamma * (peak / 127.0f));
    }
    OK(ternion_gemv_float(w, x, k, y, n, NULL));
    CHECK(memcmp(y, by_hand, sizeof y) == 0);

    // In two steps, with the sums of scaled rows; the same floats without quantising, to their precision.
    for (size_t row = 0; row < n; ++row)
        row_scales[row] = gamma;
    const ternion_scales rows = {row_scales, n, 0};
    ternion_weights* scaled = NULL;
    ternion_activations* prepared = NULL;
    OK(ternion_pack(NULL, "trits5x16", trits, n * k, n, k, &rows, NULL, &scaled));
    OK(ternion_new_activations(&prepared));
    const ternion_output out = {y, n, n, NULL, 0, 0, TERNION_FLOAT32, 0};
    OK(ternion_quantize(NULL, NULL, 0, x, k, k, 1, k, NULL, prepared));
    OK(ternion_multiply(scaled, prepared, 0, n, &out, NULL));
    CHECK(memcmp(y, by_hand, sizeof y) == 0);
    OK(ternion_quantize(NULL, "none", 0, x, k, k, 1, k, NULL, prepared));
    OK(ternion_multiply(scaled, prepared, 0, n, &out, NULL));
    for (size_t row = 0; row < n; ++row) {
        double sum = 0;
        for (size_t i = 0; i < k; ++i)
            sum += (double)trits[row * k + i] * (double)x[i];
        CHECK(fabs((double)y[row] - sum * (double)gamma) <= 1e-5 * (1 + fabs(sum)));
    }

    // A token that isn't finite shows, and leaves the others alone.
    static float many[3 * k], results[3 * n];
    for (size_t m = 0; m < 3; ++m)
        memcpy(many + m * k, x, sizeof x);
    many[k + 7] = nanf("");
    OK(ternion_gemm_float(w, 3, many, 3 * k, k, results, 3 * n, n, NULL));
    CHECK(memcmp(results, by_hand, sizeof by_hand) == 0 && memcmp(results + 2 * n, by_hand, sizeof by_hand) == 0);
    for (size_t row = 0; row < n; ++row)
        CHECK(isnan(results[n + row]));
    int32_t integers[3 * n];
    const ternion_output sums = {integers, 3 * n, n, NULL, 0, 0, TERNION_INT32, 0};
    OK(ternion_quantize(NULL, "absmax8", 128, many, 3 * k, k, 3, k, NULL, prepared));
    REFUSED(TERNION_INVALID_ARGUMENT, ternion_multiply(w, prepared, 0, n, &sums, NULL), "token 1 isn't finite");
    ternion_free_activations(prepared);
    ternion_free_weights(scaled);
    ternion_free_weights(w);
}

void test_scales(void) {
    for (size_t i = 0; i < ternion_isa_count(); ++i) {
        const ternion_isa* isa = NULL;
        if (!ternion_isa_available_at(i)) continue;
        OK(ternion_find_isa(ternion_isa_name_at(i), &isa));
        for (size_t p = 0; p < ternion_packing_count(); ++p) {
            ternion_packing_info packing;
            OK(ternion_packing_at(p, &packing));
            // Groups among the bytes take no others that are smaller.
            if (packing.group_inputs != 0) {
                test_packing(isa, &packing, 256);
            } else {
                test_packing(isa, &packing, 0);
                test_packing(isa, &packing, 64);
                test_packing(isa, &packing, 128);
            }
        }
    }
    test_floats();
}
