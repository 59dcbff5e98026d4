#include "scales.hpp"

#include <cmath>
#include <string>

#include "arguments.hpp"

namespace ternion_c {
namespace {

std::size_t expected_count(const ternion_scales& scales, std::size_t rows, std::size_t k, bool one_for_all) {
    const std::size_t inputs = scales.group_inputs;
    if (inputs != 0 && inputs != 64 && inputs != 128 && inputs != 256) {
        refuse("scales are shared by 64, 128 or 256 inputs, or by a row (0), not by " + std::to_string(inputs));
    }
    if (inputs == 0) return one_for_all && scales.count == 1 ? 1 : rows;
    return rows * ternion::ceil_div(k, inputs);
}

}  // namespace

std::span<const float> values_of(const ternion_scales* scales, std::size_t rows, std::size_t k, bool one_for_all) {
    if (scales == nullptr) return {};
    const std::size_t expected = expected_count(*scales, rows, k, one_for_all);
    const auto values = exactly("scales", scales->values, scales->count, expected);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isfinite(values[i])) continue;
        refuse("scale " + std::to_string(i) + " is " + std::to_string(values[i]) + ": a scale is finite");
    }
    return values;
}

bool is_one(const ternion_scales* scales) {
    return scales == nullptr || (scales->count == 1 && scales->group_inputs == 0);
}

}  // namespace ternion_c
