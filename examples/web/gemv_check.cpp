#include "gemv_check.hpp"

#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>
#include <vector>

namespace web {
namespace {

using Packings =
    ternion::type_list<ternion::I2S, ternion::TQ2_0, ternion::Interleaved2x16, ternion::Trits5x16, ternion::PairLookup>;

/// Numbers 0 to 255, the same on every machine.
class Bytes {
 public:
    explicit Bytes(std::size_t seed) : state_(static_cast<std::uint32_t>(seed)) {}
    int operator()() {
        state_ = state_ * 1664525u + 1013904223u;
        return static_cast<int>(state_ >> 24);
    }

 private:
    std::uint32_t state_;
};

template <class Packing>
bool right(ternion::Shape shape) {
    Bytes bytes(shape.n * 1000 + shape.k);
    std::vector<std::int8_t> trits(shape.size()), q(shape.k);
    for (std::int8_t& trit : trits)
        trit = static_cast<std::int8_t>(bytes() % 3 - 1);
    for (std::int8_t& value : q)
        value = static_cast<std::int8_t>(bytes() - 128);
    std::vector<std::int32_t> expected(shape.n), found(shape.n, 0x5a5a5a5a);
    ternion::reference_gemm(trits, shape.n, shape.k, q, 1, expected);
    ternion::gemv(ternion::pack<Packing>(trits, shape.n, shape.k, 1.0f), q, found);
    return found == expected;
}

template <class Packing>
std::string result() {
    constexpr ternion::Shape shapes[] = {{1, 1},    {2, 3},    {15, 17}, {31, 33},   {33, 127},
                                         {65, 129}, {16, 255}, {7, 513}, {129, 640}, {17, 2176}};
    for (const ternion::Shape shape : shapes) {
        if (!right<Packing>(shape)) return "wrong: N=" + std::to_string(shape.n) + " K=" + std::to_string(shape.k);
    }
    return "passed";
}

}  // namespace

std::string gemv_report() {
    std::string lines;
    ternion::for_each_type(Packings{}, [&]<class Packing>(std::type_identity<Packing>) {
        lines.append(Packing::name).append("\t").append(result<Packing>()).append("\n");
    });
    return lines;
}

}  // namespace web
