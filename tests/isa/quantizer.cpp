#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "../unit/random_data.hpp"
#include "isa_tests.hpp"
#include "packing_checks.hpp"

namespace isa {

namespace {

constexpr std::uint64_t golden = 0xfbd773c5643da92b;

std::vector<std::vector<float>> tokens() {
    std::vector<std::vector<float>> all;
    for (std::size_t k = 1; k <= 70; ++k)
        all.push_back(test::random_floats(k, k, static_cast<float>(k)));
    all.push_back(test::random_floats(2563, 7));
    all.push_back(std::vector<float>(33, 0.0f));
    all.push_back(std::vector<float>(33, 1e-7f));
    std::vector<float> ties{127.0f};  // a factor of 1, so that halves stay halves
    for (int i = -126; i < 126; ++i)
        ties.push_back(static_cast<float>(i) + 0.5f);
    all.push_back(ties);
    ties[60] = std::numeric_limits<float>::infinity();
    all.push_back(ties);
    ties[60] = std::numeric_limits<float>::quiet_NaN();
    all.push_back(ties);
    return all;
}

template <class Arch, int Bits>
void add_token(Hash& hash, const std::vector<float>& x) {
    std::vector<std::int8_t> q(x.size());
    const auto result = ternion::Absmax<Bits>::template quantize_token<Arch>(x.data(), x.size(), q.data());
    // A NaN's sign and payload may differ from machine to machine.
    const float scale = result.scale == result.scale ? result.scale : -1.0f;
    hash.add(std::as_bytes(std::span(q)));
    hash.add(std::as_bytes(std::span(&scale, 1)));
    hash.add(std::as_bytes(std::span(&result.sum, 1)));
}

}  // namespace

void check_quantizer(Report& report) {
    ternion::for_each_type(tested_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        Hash hash;
        for (const auto& x : tokens()) {
            add_token<Arch, 8>(hash, x);
            add_token<Arch, 4>(hash, x);
        }
        char found[32];
        std::snprintf(found, sizeof found, "0x%016llx", static_cast<unsigned long long>(hash.value()));
        report.check(hash.value() == golden,
                     "quantised tokens on " + std::string(ternion::backend_of<Arch>::name) + ": " + found);
    });
}

}  // namespace isa
