// The interface of ABI version 1 as programs were compiled against it, written down a second time. A function whose
// type changes, a member that moves or a constant with another value doesn't compile here: then the change is
// withdrawn, or TERNION_ABI_VERSION goes up, and this file gets another name. Functions may be added. That the library
// exports what is declared is for symbols.sh.
#include "check.h"

// A tool that compares debug information would say the same for one compiler; the types of C say it for each.
#define SAME(name, condition) typedef char same_##name[(condition) ? 1 : -1]
#define PLACE(type, member, place) SAME(type##_##member, sizeof(size_t) != 8 || offsetof(type, member) == (place))
#define SIZE(type, size) SAME(type, sizeof(size_t) != 8 || sizeof(type) == (size))

SAME(version, TERNION_ABI_VERSION == 1);
SAME(status, sizeof(ternion_status) == 4 && TERNION_OK == 0 && TERNION_INVALID_ARGUMENT == 1 &&
                 TERNION_NOT_FOUND == 2 && TERNION_OUT_OF_MEMORY == 3 && TERNION_FAILED == 4);
SAME(type, sizeof(ternion_type) == 4 && TERNION_INT32 == 0 && TERNION_FLOAT32 == 1 && TERNION_FLOAT16 == 2 &&
               TERNION_BFLOAT16 == 3);

SIZE(ternion_executor, 24);
PLACE(ternion_executor, concurrency, 0);
PLACE(ternion_executor, parallel_for, 8);
PLACE(ternion_executor, pool, 16);
SIZE(ternion_scales, 24);
PLACE(ternion_scales, values, 0);
PLACE(ternion_scales, count, 8);
PLACE(ternion_scales, group_inputs, 16);
SIZE(ternion_packing_info, 32);
PLACE(ternion_packing_info, name, 0);
PLACE(ternion_packing_info, bits_per_weight, 8);
PLACE(ternion_packing_info, group_inputs, 16);
PLACE(ternion_packing_info, has_zeros, 24);
SIZE(ternion_weights_info, 72);
PLACE(ternion_weights_info, n, 0);
PLACE(ternion_weights_info, k, 8);
PLACE(ternion_weights_info, packing, 16);
PLACE(ternion_weights_info, isa, 24);
PLACE(ternion_weights_info, bytes, 32);
PLACE(ternion_weights_info, byte_count, 40);
PLACE(ternion_weights_info, scale_count, 48);
PLACE(ternion_weights_info, group_inputs, 56);
PLACE(ternion_weights_info, scale, 64);
PLACE(ternion_weights_info, scales_among_bytes, 68);
SIZE(ternion_activations_info, 48);
PLACE(ternion_activations_info, m, 0);
PLACE(ternion_activations_info, k, 8);
PLACE(ternion_activations_info, q_ld, 16);
PLACE(ternion_activations_info, q, 24);
PLACE(ternion_activations_info, scales, 32);
PLACE(ternion_activations_info, group_inputs, 40);
SIZE(ternion_output, 56);
PLACE(ternion_output, data, 0);
PLACE(ternion_output, count, 8);
PLACE(ternion_output, ld, 16);
PLACE(ternion_output, residual, 24);
PLACE(ternion_output, residual_count, 32);
PLACE(ternion_output, residual_ld, 40);
PLACE(ternion_output, type, 48);

typedef const ternion_isa* isa;
typedef const ternion_executor* executor;
typedef const ternion_weights* weights;
typedef ternion_status status;

// Each function once more: two declarations of another type are an error.
int32_t ternion_abi_version(void);
const char* ternion_version(void);
const char* ternion_last_error(void);
size_t ternion_isa_count(void);
const char* ternion_isa_name_at(size_t);
int32_t ternion_isa_available_at(size_t);
status ternion_find_isa(const char*, const ternion_isa**);
const char* ternion_isa_name(isa);
size_t ternion_packing_count(void);
status ternion_packing_at(size_t, ternion_packing_info*);
status ternion_find_packing(const char*, ternion_packing_info*);
status ternion_packed_bytes(const char*, size_t, size_t, size_t*);
size_t ternion_quantizer_count(void);
const char* ternion_quantizer_name_at(size_t);
status ternion_pack(isa, const char*, const int8_t*, size_t, size_t, size_t, const ternion_scales*, executor,
                    ternion_weights**);
status ternion_pack_floats(isa, const char*, const float*, size_t, size_t, size_t, executor, ternion_weights**);
status ternion_borrow(isa, const char*, const void*, size_t, size_t, size_t, const ternion_scales*, ternion_weights**);
status ternion_repack(isa, const char*, weights, executor, ternion_weights**);
void ternion_free_weights(ternion_weights*);
status ternion_describe_weights(weights, ternion_weights_info*);
status ternion_copy_scales(weights, float*, size_t);
status ternion_unpack(weights, int8_t*, size_t);
status ternion_dequantize(weights, float*, size_t, executor);
status ternion_new_activations(ternion_activations**);
void ternion_free_activations(ternion_activations*);
status ternion_quantize(isa, const char*, size_t, const float*, size_t, size_t, size_t, size_t, executor,
                        ternion_activations*);
status ternion_set_activations(const int8_t*, size_t, size_t, size_t, size_t, const ternion_scales*,
                               ternion_activations*);
status ternion_describe_activations(const ternion_activations*, ternion_activations_info*);
status ternion_gemv_int8(weights, const int8_t*, size_t, int32_t*, size_t, executor);
status ternion_gemv_float(weights, const float*, size_t, float*, size_t, executor);
status ternion_gemm_int8(weights, size_t, const int8_t*, size_t, size_t, int32_t*, size_t, size_t, executor);
status ternion_gemm_float(weights, size_t, const float*, size_t, size_t, float*, size_t, size_t, executor);
status ternion_multiply(weights, const ternion_activations*, size_t, size_t, const ternion_output*, executor);

void test_abi(void) {
    CHECK(ternion_abi_version() == 1);
}
