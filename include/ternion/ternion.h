#ifndef TERNION_H
#define TERNION_H

// ternion's C interface: Y[M,N] = X[M,K] · W[N,K]ᵀ, where each weight is -1, 0 or +1, times a scale. M tokens, N
// outputs (rows of W), K inputs; everything is row-major. C99; docs/c_interface.md says how to build against
// libternion.
//
// What holds for all functions:
//
// Errors      A function that can fail returns TERNION_OK or what is wrong, and ternion_last_error() says it in words.
//             Arguments are checked before anything is written. No exception leaves a function, and none ends the
//             program.
// Arrays      The number of values behind a pointer is the argument after it; they are aligned for their type.
//             Rows of an array lie `ld` values apart, the leading dimension; ld is at least the length of a row.
// Overlap     What a function writes overlaps nothing that it reads, unless it says so; otherwise it is refused.
// Ownership   A handle belongs to the caller until it is freed by its function, which takes NULL, too. A function that
//             fails to make one sets it to NULL. Strings and ternion_isa are constants of the library.
// Threads     Any function may be called from any thread. A handle may be read by several at once (`const` arguments),
//             and is written or freed by one while no other uses it.
// Defaults    isa = NULL is the best instruction set that this machine can run, executor = NULL the calling thread.
// Exactness   Integer sums are exact; no result depends on the instruction set, the packing, the executor, the batch
//             or the range of rows. (Where scales are in groups or a residual is added, the last bit of a float may
//             depend on whether the instruction set has a fused multiply-add.)

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TERNION_API __attribute__((visibility("default")))
#else
#define TERNION_API
#endif

/// Goes up when a program has to be compiled anew. The shared library's name has it, too: libternion.so.1.
#define TERNION_ABI_VERSION 1

/// What a function returns.
typedef int32_t ternion_status;
enum {
    TERNION_OK = 0,
    TERNION_INVALID_ARGUMENT = 1,  // null, misaligned, overlapping, too short, too large, not finite, no trit, ...
    TERNION_NOT_FOUND = 2,  // no packing, quantizer or instruction set of this name, or none that this machine runs
    TERNION_OUT_OF_MEMORY = 3,
    TERNION_FAILED = 4  // an executor that doesn't run its tasks, or a fault of the library's own
};

/// What results are.
typedef int32_t ternion_type;
enum { TERNION_INT32 = 0, TERNION_FLOAT32 = 1, TERNION_FLOAT16 = 2, TERNION_BFLOAT16 = 3 };

/// The kernels of one instruction set.
typedef struct ternion_isa ternion_isa;
/// A ternary matrix W[N,K] in some packing, with its scales.
typedef struct ternion_weights ternion_weights;
/// Activations X[M,K], quantised or not: a workspace, whose memory is used again.
typedef struct ternion_activations ternion_activations;

/// The caller's threads. `parallel_for` calls task(work, index) once for each index below count, maybe at the same time
/// and on any threads, and returns when all calls have; `pool` is handed to it as it is. The library never asks for
/// more tasks than `concurrency`, which is 1 to 65536, and calls it on the thread that called the library; never inside
/// a task. It is used during the call only. Tasks that were left out or run twice make the call fail.
typedef struct ternion_executor {
    size_t concurrency;
    void (*parallel_for)(void* pool, size_t count, void (*task)(void* work, size_t index), void* work);
    void* pool;
} ternion_executor;

/// Scales: what integers are multiplied by. For weights one for the tensor (count = 1, group_inputs = 0), one for each
/// row (count = N, group_inputs = 0), or one for each group of group_inputs = 64, 128 or 256 inputs, [N, K /
/// group_inputs rounded up]. For activations one for each token (count = M, group_inputs = 0) or group, [M, K /
/// group_inputs rounded up]. They are finite; one of weights may be zero only where all trits that it multiplies are.
/// They are copied.
typedef struct ternion_scales {
    const float* values;
    size_t count;
    size_t group_inputs;
} ternion_scales;

// ---- The library ----

/// The TERNION_ABI_VERSION that the library was built with; compare it with your own where you load it by hand.
TERNION_API int32_t ternion_abi_version(void);

/// "0.1.0".
TERNION_API const char* ternion_version(void);

/// Why the last call that failed on this thread did, in one line that begins with the function's name: what was
/// expected, what was found. "" where none has failed. Valid until the next one fails on this thread; longer lines are
/// cut at 511 characters.
TERNION_API const char* ternion_last_error(void);

// ---- Instruction sets ----

/// How many instruction sets the library was built for; their names, best first ("avx512vbmi", "avx2", "neon",
/// "default" for one that was built with the compiler's flags alone), NULL for an index beyond; whether this machine
/// can run them.
TERNION_API size_t ternion_isa_count(void);
TERNION_API const char* ternion_isa_name_at(size_t index);
TERNION_API int32_t ternion_isa_available_at(size_t index);

/// The instruction set of this name, or the best one where name is NULL. NOT_FOUND says which names there are.
TERNION_API ternion_status ternion_find_isa(const char* name, const ternion_isa** isa);

/// Its name.
TERNION_API const char* ternion_isa_name(const ternion_isa* isa);

// ---- Packings and quantizers ----

/// How trits lie in memory: docs/packings.md has the list. All of them compute, "interleaved2x16" fastest on most
/// machines; "i2_s", "tq1_0", "tq2_0", "q2_0" and "hugging_face" are what files hold, byte for byte.
typedef struct ternion_packing_info {
    const char* name;
    double bits_per_weight;
    size_t group_inputs;  // weights along K that share one of the scales among the bytes; 0: there are none
    int32_t has_zeros;    // 0: a weight is -1 or +1 ("binary")
    int32_t reserved;
} ternion_packing_info;

/// How many packings there are; one of them, by its index or its name. A new version of the library may have more.
TERNION_API size_t ternion_packing_count(void);
TERNION_API ternion_status ternion_packing_at(size_t index, ternion_packing_info* info);
TERNION_API ternion_status ternion_find_packing(const char* name, ternion_packing_info* info);

/// The bytes that a matrix W[n,k] takes in a packing, without scales beside it. INVALID_ARGUMENT for an empty or too
/// large shape: k is at most 2^24 - 1.
TERNION_API ternion_status ternion_packed_bytes(const char* packing, size_t n, size_t k, size_t* bytes);

/// How many quantizers of activations there are, and their names; NULL for an index beyond.
TERNION_API size_t ternion_quantizer_count(void);
TERNION_API const char* ternion_quantizer_name_at(size_t index);

// ---- Weights ----

/// Packs trits [n,k], each -1, 0 or +1, and their scales (NULL: 1). trit_count is n * k. Any n and k from 1 up. Exact:
/// ternion_unpack gives the trits back. A packing with scales among its bytes holds them there too, as float16, and
/// refuses one that it can't; groups of another size than its own must not need two scales for one of its groups.
TERNION_API ternion_status ternion_pack(const ternion_isa* isa, const char* packing, const int8_t* trits,
                                        size_t trit_count, size_t n, size_t k, const ternion_scales* scales,
                                        const ternion_executor* executor, ternion_weights** weights);

/// Quantises float weights [n,k] by absmean, as BitNet b1.58 does, and packs them: the scale is max(mean |w|, 1e-5), a
/// trit the nearest to w / scale, ties to zero. value_count is n * k. Weights that aren't finite are refused. The same
/// on every machine.
TERNION_API ternion_status ternion_pack_floats(const ternion_isa* isa, const char* packing, const float* values,
                                               size_t value_count, size_t n, size_t k, const ternion_executor* executor,
                                               ternion_weights** weights);

/// Multiplies by bytes as they lie, of a mapped file for instance, without copying them: they must stay as they are
/// until the handle is freed, and need no alignment. At least ternion_packed_bytes of them. scales = NULL: those among
/// the bytes, if the packing has such, otherwise 1. Bytes are checked: a code that is no trit, or a scale that isn't
/// finite, is refused with its place.
TERNION_API ternion_status ternion_borrow(const ternion_isa* isa, const char* packing, const void* bytes,
                                          size_t byte_count, size_t n, size_t k, const ternion_scales* scales,
                                          ternion_weights** weights);

/// The same matrix, with its scales, in another packing, for the instruction set that is asked for; `from` may be freed
/// afterwards. At no time is the whole matrix unpacked. Fails where the packing has no zeros and the matrix does, or
/// has scales among its bytes and can't hold these.
TERNION_API ternion_status ternion_repack(const ternion_isa* isa, const char* packing, const ternion_weights* from,
                                          const ternion_executor* executor, ternion_weights** weights);

/// Frees a matrix, not the bytes that it borrowed.
TERNION_API void ternion_free_weights(ternion_weights* weights);

/// A matrix in full. To save it, write the bytes, and the scales unless they are among them; ternion_borrow takes both
/// back.
typedef struct ternion_weights_info {
    size_t n;
    size_t k;
    const char* packing;
    const char* isa;
    const void* bytes;    // valid as long as the handle
    size_t byte_count;    // ternion_packed_bytes
    size_t scale_count;   // as in ternion_scales; ternion_copy_scales gives them
    size_t group_inputs;  // as in ternion_scales
    float scale;          // where scale_count is 1; otherwise 1
    int32_t scales_among_bytes;
} ternion_weights_info;
TERNION_API ternion_status ternion_describe_weights(const ternion_weights* weights, ternion_weights_info* info);

/// Writes the scales of a matrix, as ternion_scales has them; value_count is its scale_count.
TERNION_API ternion_status ternion_copy_scales(const ternion_weights* weights, float* values, size_t value_count);

/// Writes the trits [N,K]; trit_count is N * K.
TERNION_API ternion_status ternion_unpack(const ternion_weights* weights, int8_t* trits, size_t trit_count);

/// Writes the weights [N,K] as floats, scale * trit; value_count is N * K.
TERNION_API ternion_status ternion_dequantize(const ternion_weights* weights, float* values, size_t value_count,
                                              const ternion_executor* executor);

// ---- Activations ----

/// An empty workspace for activations. Memory grows with the largest batch; after that nothing is allocated.
TERNION_API ternion_status ternion_new_activations(ternion_activations** activations);
TERNION_API void ternion_free_activations(ternion_activations* activations);

/// Quantises tokens x[m,k] into activations, each token by itself: x is about scale * q. quantizer is "absmax8" (NULL;
/// b1.58's), another of ternion_quantizer_name_at, or "none", by which they stay floats and products are a slow
/// reference. group_inputs is 0, or 64, 128 or 256 inputs that have a scale of their own. A token that isn't finite has
/// the scale NaN, and NaN for each of its results. What was there is replaced; where the call fails, there is nothing
/// left.
TERNION_API ternion_status ternion_quantize(const ternion_isa* isa, const char* quantizer, size_t group_inputs,
                                            const float* x, size_t x_count, size_t x_ld, size_t m, size_t k,
                                            const ternion_executor* executor, ternion_activations* activations);

/// Copies integers q[m,k] that are quantised already, any int8 including -128, and their scales (NULL: 1).
TERNION_API ternion_status ternion_set_activations(const int8_t* q, size_t q_count, size_t q_ld, size_t m, size_t k,
                                                   const ternion_scales* scales, ternion_activations* activations);

/// Activations in full; the pointers are valid until they are written anew or freed.
typedef struct ternion_activations_info {
    size_t m;
    size_t k;
    size_t q_ld;
    const int8_t* q;      // [m,k]; NULL for floats
    const float* scales;  // [m], or [m, k / group_inputs rounded up]; NULL for floats
    size_t group_inputs;
} ternion_activations_info;
TERNION_API ternion_status ternion_describe_activations(const ternion_activations* activations,
                                                        ternion_activations_info* info);

// ---- Products ----

/// y[N] = W · q: exact sums, on which scales have no influence. q_count is K, y_count is N. Allocates nothing.
TERNION_API ternion_status ternion_gemv_int8(const ternion_weights* weights, const int8_t* q, size_t q_count,
                                             int32_t* y, size_t y_count, const ternion_executor* executor);

/// y[N] = W · x for floats, which are quantised by "absmax8" on the way: float(sum) * (w_scale * x_scale). Allocates a
/// workspace: ternion_quantize and ternion_multiply are the way that doesn't.
TERNION_API ternion_status ternion_gemv_float(const ternion_weights* weights, const float* x, size_t x_count, float* y,
                                              size_t y_count, const ternion_executor* executor);

/// Y[m,N] = X[m,K] · Wᵀ, the same for m tokens, with leading dimensions. m may be 0.
TERNION_API ternion_status ternion_gemm_int8(const ternion_weights* weights, size_t m, const int8_t* q, size_t q_count,
                                             size_t q_ld, int32_t* y, size_t y_count, size_t y_ld,
                                             const ternion_executor* executor);
TERNION_API ternion_status ternion_gemm_float(const ternion_weights* weights, size_t m, const float* x, size_t x_count,
                                              size_t x_ld, float* y, size_t y_count, size_t y_ld,
                                              const ternion_executor* executor);

/// Where the results of ternion_multiply go: y[m][n] is at data + m * ld + n, in values of `type`. A residual is added
/// last, if there is one: residual + m * residual_ld + n. It may be `data` itself, with the same ld, for
/// TERNION_FLOAT32; int32 has none.
typedef struct ternion_output {
    void* data;
    size_t count;
    size_t ld;
    const float* residual;
    size_t residual_count;
    size_t residual_ld;
    ternion_type type;
    int32_t reserved;  // 0
} ternion_output;

/// The full form: rows row_begin to row_end - 1 of W, which are those columns of Y, for activations that are prepared
/// already. int32 results are the exact sums; the others are float(sum) * (w_scale * x_scale) + residual, float16 and
/// bfloat16 rounded to nearest even. Scales in groups: the sum of that over the groups, in ascending order. No int32
/// for activations that stayed floats, nor for a token that isn't finite. Allocates nothing. Several threads may each
/// multiply a range of rows into the same data.
TERNION_API ternion_status ternion_multiply(const ternion_weights* weights, const ternion_activations* activations,
                                            size_t row_begin, size_t row_end, const ternion_output* output,
                                            const ternion_executor* executor);

#ifdef __cplusplus
}
#endif

#endif
