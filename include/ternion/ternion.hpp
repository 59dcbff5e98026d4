#pragma once

// ternion: exact ternary linear algebra. Includes all that most programs need; beside it there are
// ops/eigen.hpp and nn/straight_through.hpp, which want Eigen, runtime/ for packings and instruction sets that are
// known at run time only, and core/thread_pool.hpp, which wants threads.

#include "core/aligned_buffer.hpp"
#include "core/executor.hpp"
#include "core/float16.hpp"
#include "core/version.hpp"
#include "nn/bit_linear.hpp"
#include "nn/layer_norm.hpp"
#include "nn/rms_norm.hpp"
#include "ops/gemm.hpp"
#include "ops/reference.hpp"
#include "packing/all.hpp"
#include "quant/absmean.hpp"
#include "quant/absmean_int4.hpp"
#include "quant/grouped.hpp"
#include "quant/hadamard.hpp"
#include "quant/per_tensor.hpp"
#include "quant/sign.hpp"
#include "quant/sign_activations.hpp"
#include "quant/sparse.hpp"
#include "quant/split_outliers.hpp"
#include "quant/top_k.hpp"
#include "simd/dispatch.hpp"
#include "tensor/convert.hpp"
#include "tensor/dequantize.hpp"
#include "tensor/pack.hpp"
#include "tensor/print.hpp"
#include "tensor/scaled_ternary.hpp"

#if defined(_OPENMP)
#include "core/openmp.hpp"
#endif
