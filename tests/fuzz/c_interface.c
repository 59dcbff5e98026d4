// The C interface under calls that the input chooses: any sizes, names, scales and bytes, with buffers of exactly the
// sizes that are told. Each call works or is refused in words; what was multiplied is what a loop over the trits gives.
#include <stdlib.h>
#include <string.h>
#include <ternion/ternion.h>

/// The input, from the front; zeros behind it.
struct input {
    const uint8_t* data;
    size_t size;
};

static unsigned take(struct input* in) {
    if (in->size == 0) return 0;
    --in->size;
    return *in->data++;
}

/// A buffer of its own, so that a byte too many is found; filled from the input, in turns where that is short.
static void* take_bytes(struct input* in, size_t size) {
    uint8_t* bytes = malloc(size == 0 ? 1 : size);
    const size_t there = in->size < size ? in->size : size;
    if (bytes == NULL) abort();
    for (size_t i = 0; i < size; ++i)
        bytes[i] = there == 0 ? 0 : in->data[i % there];
    in->data += there / 2;
    in->size -= there / 2;
    return bytes;
}

static size_t take_size(struct input* in, size_t usual) {
    static const size_t odd[] = {
        0, 1, 63, 64, 65, 255, 256, 257, (size_t)1 << 24, (size_t)1 << 32, (size_t)-1 / 3, (size_t)-1};
    const unsigned choice = take(in);
    if (choice < 200) return usual;
    return choice < 240 ? choice - 200 : odd[choice % (sizeof odd / sizeof odd[0])];
}

static const char* take_packing(struct input* in) {
    ternion_packing_info info;
    return ternion_packing_at(take(in) % 14, &info) == TERNION_OK ? info.name : "no such";
}

struct state {
    ternion_weights* weights;
    void* borrowed;
    ternion_activations* activations;
};

/// Every failure has words, and none is the library's own.
static int works(ternion_status status) {
    if (status == TERNION_OK) return 1;
    if (status == TERNION_FAILED || status < TERNION_OK || status > TERNION_FAILED) abort();
    if (strstr(ternion_last_error(), "ternion_") != ternion_last_error()) abort();
    return 0;
}

static void in_turn(void* pool, size_t count, void (*task)(void*, size_t), void* work) {
    (void)pool;
    while (count-- > 0)
        task(work, count);
}
static const ternion_executor executor = {3, in_turn, NULL};

static void keep(struct state* state, ternion_status status, ternion_weights* made, void* borrowed) {
    if (works(status) != (made != NULL)) abort();
    if (made == NULL) {
        free(borrowed);
        return;
    }
    ternion_free_weights(state->weights);
    free(state->borrowed);
    state->weights = made;
    state->borrowed = borrowed;
}

static void make_weights(struct state* state, struct input* in) {
    const size_t n = take(in) % 40, k = take(in) % 3 * 100 + take(in) % 70, groups = (k + 63) / 64;
    const unsigned way = take(in);
    const char* packing = take_packing(in);
    const size_t inputs = way & 8 ? take_size(in, 64) : 0, scale_count = take_size(in, inputs != 0 ? n * groups
                                                                                       : way & 16  ? n
                                                                                                   : 1);
    const size_t scales_there = scale_count < 4096 ? scale_count : 4096;
    float* values = take_bytes(in, scales_there * sizeof(float));
    const ternion_scales scales = {values, scales_there, inputs};
    const ternion_scales* maybe = way & 4 ? &scales : NULL;
    ternion_weights* made = NULL;
    if (way % 3 == 0) {
        int8_t* trits = take_bytes(in, n * k);
        for (size_t i = 0; (way & 32) == 0 && i < n * k; ++i)
            trits[i] = (int8_t)((uint8_t)trits[i] % 3 - 1);
        keep(state,
             ternion_pack(NULL, packing, trits, n * k, take_size(in, n), take_size(in, k), maybe, &executor, &made),
             made, NULL);
        free(trits);
    } else if (way % 3 == 1) {
        float* floats = take_bytes(in, n * k * sizeof(float));
        keep(state,
             ternion_pack_floats(NULL, packing, floats, n * k, take_size(in, n), take_size(in, k), &executor, &made),
             made, NULL);
        free(floats);
    } else {
        size_t size = 0;
        works(ternion_packed_bytes(packing, n, k, &size));
        void* bytes = take_bytes(in, size);
        keep(state, ternion_borrow(NULL, packing, bytes, size, take_size(in, n), take_size(in, k), maybe, &made), made,
             bytes);
    }
    free(values);
}

static void make_activations(struct state* state, struct input* in, size_t k) {
    const size_t m = take(in) % 5, ld = take_size(in, k + take(in) % 3), count = m * (k + 2);
    const unsigned way = take(in);
    if (way & 1) {
        float* x = take_bytes(in, count * sizeof(float));
        const char* const quantizer = way & 2 ? "none" : way & 4 ? ternion_quantizer_name_at(way / 8 % 6) : NULL;
        works(ternion_quantize(NULL, quantizer, take_size(in, 0), x, count, ld, take_size(in, m), take_size(in, k),
                               &executor, state->activations));
        free(x);
    } else {
        int8_t* q = take_bytes(in, count);
        float* values = take_bytes(in, m * sizeof(float));
        const ternion_scales scales = {values, m, take_size(in, 0)};
        works(ternion_set_activations(q, count, ld, take_size(in, m), take_size(in, k), way & 2 ? &scales : NULL,
                                      state->activations));
        free(values);
        free(q);
    }
}

static void check_sums(const ternion_weights* w, size_t n, size_t k, const int8_t* q, const int32_t* y) {
    int8_t* trits = malloc(n * k);
    if (trits == NULL || ternion_unpack(w, trits, n * k) != TERNION_OK) abort();
    for (size_t row = 0; row < n; ++row) {
        int32_t sum = 0;
        for (size_t i = 0; i < k; ++i)
            sum += trits[row * k + i] * q[i];
        if (sum != y[row]) abort();
    }
    free(trits);
}

static void multiply(struct state* state, struct input* in, size_t n, size_t k) {
    const size_t m = 1 + take(in) % 4, y_ld = n + take(in) % 3, count = m * y_ld;
    int8_t* q = take_bytes(in, m * k);
    int32_t* y = take_bytes(in, count * sizeof(int32_t));
    if (works(ternion_gemm_int8(state->weights, take_size(in, m), q, m * k, take_size(in, k), y, count,
                                take_size(in, y_ld), &executor)) &&
        works(ternion_gemv_int8(state->weights, q, k, y, n, NULL)))
        check_sums(state->weights, n, k, q, y);
    free(q);
    free(y);

    const ternion_type type = (ternion_type)(take(in) % 5);
    const size_t bytes = type >= TERNION_FLOAT16 ? 2 : 4, begin = take_size(in, take(in) % (n + 1));
    void* data = take_bytes(in, count * bytes);
    float* residual = take_bytes(in, count * sizeof(float));
    const int accumulate = take(in) % 3;
    const ternion_output out = {data,
                                count,
                                take_size(in, y_ld),
                                accumulate == 0   ? NULL
                                : accumulate == 1 ? residual
                                                  : data,
                                accumulate == 1 ? count : count * bytes / 4,
                                take_size(in, y_ld),
                                type,
                                0};
    works(ternion_multiply(state->weights, state->activations, begin, take_size(in, n), &out,
                           take(in) & 1 ? &executor : NULL));
    free(data);
    free(residual);
}

static void write_out(const struct state* state, struct input* in, const ternion_weights_info* info) {
    const size_t size = take_size(in, info->n * info->k) % 65536, scales = take_size(in, info->scale_count) % 65536;
    int8_t* trits = malloc(size + 1);
    float* floats = malloc(size * sizeof(float) + 1);
    float* values = malloc(scales * sizeof(float) + 1);
    if (trits == NULL || floats == NULL || values == NULL) abort();
    works(ternion_unpack(state->weights, trits, size));
    works(ternion_dequantize(state->weights, floats, size, &executor));
    works(ternion_copy_scales(state->weights, values, scales));
    free(trits);
    free(floats);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    struct input in = {data, size};
    struct state state = {NULL, NULL, NULL};
    works(ternion_new_activations(&state.activations));
    for (int calls = 0; calls < 6 && in.size != 0; ++calls) {
        ternion_weights_info info = {0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0};
        make_weights(&state, &in);
        if (!works(ternion_describe_weights(state.weights, &info))) continue;
        make_activations(&state, &in, take_size(&in, info.k) % 1024);
        multiply(&state, &in, info.n, info.k);
        write_out(&state, &in, &info);
        ternion_weights* made = NULL;
        const ternion_status status = ternion_repack(NULL, take_packing(&in), state.weights, &executor, &made);
        if (works(status)) multiply(&(struct state){made, NULL, state.activations}, &in, info.n, info.k);
        ternion_free_weights(made);
    }
    ternion_free_weights(state.weights);
    free(state.borrowed);
    ternion_free_activations(state.activations);
    return 0;
}
