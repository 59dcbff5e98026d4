// Compiled once for each arch of the program (ternion_add_dispatched), or once with the program's own flags. Nothing
// here may become a function that other units share, such as those of std:: that aren't inlined: the linker might keep
// this unit's for all. tests/dispatch checks that.
#include "kernels.hpp"

#include "attention_block.hpp"
#include "kv_block.hpp"
#include "products.hpp"

namespace bitnet {
namespace {

constexpr bool trits5 = ternion::Trits5x16::quick<ternion::backend_of<ternion::default_arch>>;
using Packing = std::conditional_t<trits5, ternion::Trits5x16, ternion::Interleaved2x16>;

void multiply(const Matrix& w, const ternion::ActivationView& x, ternion::RowRange rows,
              const ternion::Output<float>& y) {
    ternion::multiply(ternion::TernaryView<Packing>(w.shape, w.bytes.data(), w.scale), x, rows, y);
}

ternion::TokenScale quantise(const float* x, const float* weight, float eps, std::size_t n, float* normed,
                             std::int8_t* q) {
    ternion::rms_normalise(x, weight, n, eps, normed);
    return ternion::Absmax<8>::quantize_token(normed, n, q);
}

constexpr Kernels table{.trits5 = trits5,
                        .multiply = multiply,
                        .quantise = quantise,
                        .gated_squared_relu = gated_squared_relu,
                        .rotate = rotate,
                        .store_token = store_token,
                        .attend = attend,
                        .widen_f16 = ternion::widen<ternion::default_arch>,
                        .widen_bf16 = ternion::widen<ternion::default_arch>,
                        .dot_f32 = dot,
                        .dot_f16 = dot,
                        .dot_bf16 = dot,
                        .add_product = add_product,
                        .code_row = code_row,
                        .dot_codes = dot_codes};

}  // namespace

template <class Arch>
const Kernels& KernelsOf::operator()(Arch) const {
    return table;
}
template const Kernels& KernelsOf::operator()(TERNION_ARCH) const;

}  // namespace bitnet
