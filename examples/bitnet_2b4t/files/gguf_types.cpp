#include "gguf_types.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <program/io/file_error.hpp>
#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

struct TypeName {
    std::uint32_t type;
    const char* name;
};

constexpr TypeName names[] = {
    {0, "F32"},      {1, "F16"},     {2, "Q4_0"},     {3, "Q4_1"},   {6, "Q5_0"},    {7, "Q5_1"},    {8, "Q8_0"},
    {9, "Q8_1"},     {10, "Q2_K"},   {11, "Q3_K"},    {12, "Q4_K"},  {13, "Q5_K"},   {14, "Q6_K"},   {15, "Q8_K"},
    {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},  {22, "IQ2_S"},
    {23, "IQ4_XS"},  {24, "I8"},     {25, "I16"},     {26, "I32"},   {27, "I64"},    {28, "F64"},    {29, "IQ1_M"},
    {30, "BF16"},    {34, "TQ1_0"},  {35, "TQ2_0"},   {36, "I2_S"},  {42, "Q2_0"},   {142, "PQ2_0"}, {143, "PTQ1_0"},
};

/// Whether the tensors of type 42 lie where blocks of this many weights would put them.
bool fit(const Gguf& gguf, std::uint64_t weights, std::uint64_t alignment) {
    const std::uint64_t block = 2 + weights / 4;
    std::vector<std::uint64_t> offsets = {gguf.data().size()};
    for (const GgufTensor& tensor : gguf.tensors())
        offsets.push_back(tensor.offset);
    std::sort(offsets.begin(), offsets.end());
    return std::all_of(gguf.tensors().begin(), gguf.tensors().end(), [&](const GgufTensor& tensor) {
        if (tensor.type != gguf_type_q2_0) return true;
        if (tensor.cols() % weights != 0) return false;
        const std::uint64_t bytes = tensor.rows() * (tensor.cols() / weights) * block;
        const auto next = std::upper_bound(offsets.begin(), offsets.end(), tensor.offset);
        if (next == offsets.end()) return false;
        const std::uint64_t room = *next - tensor.offset;
        return room == bytes || room == align_up(bytes, alignment);
    });
}

}  // namespace

std::string describe_type(std::uint32_t type) {
    constexpr const char* tiled = ", whose byte order depends on tile sizes that the file doesn't hold";
    // Elsewhere 39 is MXFP4.
    if (type == 38) return std::string("TL1 (38)") + tiled;
    if (type == 39) return std::string("TL2 (39)") + tiled;
    const auto found =
        std::find_if(std::begin(names), std::end(names), [type](const TypeName& known) { return known.type == type; });
    return found == std::end(names) ? joined("type ", type) : joined(found->name, " (", type, ")");
}

bool has_legacy_q2_0(const Gguf& gguf) {
    const auto is_q2_0 = [](const GgufTensor& tensor) { return tensor.type == gguf_type_q2_0; };
    if (std::none_of(gguf.tensors().begin(), gguf.tensors().end(), is_q2_0)) return false;
    const std::uint64_t alignment =
        gguf.contains("general.alignment") ? gguf.integer("general.alignment") : gguf_default_alignment;
    const bool by_64 = fit(gguf, 64, alignment), by_128 = fit(gguf, 128, alignment);
    if (by_64 != by_128) return by_128;
    throw FileError(gguf.file(),
                    "tensors of type 42 in blocks of 64 weights (Q2_0), or of 128 as older programs have it",
                    by_64 ? "places that fit both" : "places that fit neither (truncated?)");
}

}  // namespace bitnet
