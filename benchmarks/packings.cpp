#include "packings.hpp"

#include <algorithm>
#include <utility>

namespace bench {

template <std::size_t Shard>
void add_packings(std::vector<BenchedPacking>& packings);

const std::vector<BenchedPacking>& benched_packings() {
    static const std::vector<BenchedPacking> packings = [] {
        std::vector<BenchedPacking> all;
        [&]<std::size_t... Shard>(std::index_sequence<Shard...>) {
            (add_packings<Shard>(all), ...);
        }(std::make_index_sequence<PACKING_SHARDS>{});
        std::ranges::sort(all, {}, &BenchedPacking::place);
        return all;
    }();
    return packings;
}

namespace {

template <class Out>
void multiply_by(const BenchedPacking& packing, ternion::Shape shape, const std::byte* data,
                 const ternion::QuantizedActivations& x, std::span<Out> y, const Threads& threads) {
    const ternion::AnyTernary w(*packing.kernels, {&packing.kernels->packing, shape, data});
    ternion::multiply_weights(w, x, {0, shape.n}, ternion::Output<Out>{y.data(), shape.n}, threads);
}

}  // namespace

void BenchedPacking::pack(Trits trits, ternion::Shape shape, const Threads& threads, const Sink& sink) const {
    sink(ternion::pack_as(*kernels, trits, shape.n, shape.k, 1.0f, threads).bytes());
}

void BenchedPacking::unpack(ternion::Shape shape, const std::byte* data, std::span<std::int8_t> trits) const {
    ternion::unpack_trits({&kernels->packing, shape, data}, trits);
}

void BenchedPacking::repack(const BenchedPacking& to, ternion::Shape shape, const std::byte* data,
                            const Threads& threads, const Sink& sink) const {
    sink(ternion::repack_as(*to.kernels, {&kernels->packing, shape, data}, threads).bytes());
}

void BenchedPacking::multiply(ternion::Shape shape, const std::byte* data, const ternion::QuantizedActivations& x,
                              std::span<float> y, const Threads& threads) const {
    multiply_by(*this, shape, data, x, y, threads);
}

void BenchedPacking::multiply_exactly(ternion::Shape shape, const std::byte* data,
                                      const ternion::QuantizedActivations& x, std::span<std::int32_t> y,
                                      const Threads& threads) const {
    multiply_by(*this, shape, data, x, y, threads);
}

const BenchedPacking& i2s() {
    return *std::ranges::find(benched_packings(), std::string(ternion::I2S::name), &BenchedPacking::name);
}

}  // namespace bench
