#pragma once

#include <span>
#include <string>
#include <string_view>

#include "families.hpp"

namespace bitnet {

/// The sizes of a model that people know by name, and whether its head is the embedding. Weights are random where they
/// are used: to measure with.
struct NamedSize {
    std::string_view name;    // "8B"
    std::string_view family;  // of families()
    Config config;            // sizes alone
};

/// Published models', and those of the tables in the papers on bitnet.cpp (arXiv 2410.16144, 2502.11880).
std::span<const NamedSize> named_sizes();

/// The config and the family of a size by its name, whatever the case, such as "2B4T" or "70B". Throws
/// std::runtime_error, which lists all names, for another.
struct SizedFamily {
    const Family& family;
    Config config;
};
SizedFamily find_size(std::string_view name);
/// What a family says of a model, in these sizes.
Config with_sizes(Config config, const Config& sizes);

}  // namespace bitnet
