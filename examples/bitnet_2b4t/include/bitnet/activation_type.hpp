#pragma once

#include <array>
#include <string_view>

namespace bitnet {

/// What the inputs of ternary layers are rounded to. `automatic` is what the model was made for: int8 with a scale for
/// each token, as BitNet's models were trained with, or, in layers whose weights have scales in groups, for each 64
/// inputs. `floats` rounds nothing: a slow reference.
enum class ActivationType { automatic, int8, int8_64, int8_128, floats };
inline constexpr std::array<std::string_view, 5> activation_type_names = {"auto", "int8", "int8-64", "int8-128",
                                                                          "float"};

}  // namespace bitnet
