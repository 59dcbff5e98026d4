// docs/family.md, docs/packings.md and docs/adding_a_packing.md show these.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

namespace {

using ternion::Shape;

struct MyPacking {
    static constexpr std::string_view name = "my_packing";
    static constexpr double bits_per_weight = 2.0;
    static constexpr std::size_t bytes(Shape shape) noexcept;
    static constexpr std::size_t stripe_rows(Shape shape) noexcept;  // rows whose bytes belong to them alone
    static void pack_stripe(Shape shape, std::size_t stripe, const std::uint8_t* codes, std::byte* data) noexcept;
    static void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k, std::size_t count,
                       std::uint8_t* codes) noexcept;
};

static_assert(ternion::Packing<MyPacking>);

}  // namespace

void four_bits(std::span<const std::int8_t> trits, std::size_t n, std::size_t k, float gamma, std::span<const float> x,
               std::size_t m, std::span<float> y);
void file_bytes(std::span<const std::byte> bytes, std::size_t n, std::size_t k, std::span<const float> x,
                std::span<float> y);

void four_bits(std::span<const std::int8_t> trits, std::size_t n, std::size_t k, float gamma, std::span<const float> x,
               std::size_t m, std::span<float> y) {
    using Weights = ternion::PackedTernary<ternion::Interleaved2x16>;
    auto w = ternion::pack<ternion::Interleaved2x16>(trits, n, k, gamma);
    const ternion::BitLinear<Weights, ternion::AbsmeanInt4> layer(std::move(w));
    decltype(layer)::Workspace workspace;
    layer.forward(x, m, y, workspace);
}

void file_bytes(std::span<const std::byte> bytes, std::size_t n, std::size_t k, std::span<const float> x,
                std::span<float> y) {
    const auto tensor = ternion::borrow<ternion::TQ2_0>(bytes, n, k);  // checks codes and scales
    ternion::gemv(ternion::with_block_scales(tensor), x, y);           // as the file says

    const auto fast = ternion::repack<ternion::Interleaved2x16>(ternion::with_block_scales(tensor));
    ternion::gemv(fast, x, y);  // the same floats, bit for bit

    // Where all blocks have the same scale, one for the matrix is faster.
    const float scale = ternion::common_scale(ternion::with_block_scales(tensor));
    const auto one = ternion::borrow<ternion::TQ2_0>(bytes, n, k, scale);
    ternion::gemv(ternion::repack<ternion::Trits5x16>(one), x, y);
}
