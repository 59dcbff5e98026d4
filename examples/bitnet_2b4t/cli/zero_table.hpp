#pragma once

#include <bitnet/ffn_zeros.hpp>
#include <span>
#include <string>

namespace bitnet::cli {

/// Lines for people: a title, and the shares of each layer and of all.
std::string zero_table(std::span<const FfnZeros> layers, const std::string& of_what);

}  // namespace bitnet::cli
