#include "tensor_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <ternion/core/float16.hpp>
#include <ternion/packing/hugging_face.hpp>
#include <ternion/packing/i2s.hpp>
#include <ternion/packing/int8.hpp>
#include <ternion/packing/packing.hpp>
#include <ternion/packing/q2_0.hpp>
#include <ternion/packing/tq1_0.hpp>
#include <ternion/packing/tq2_0.hpp>
#include <ternion/tensor/pack.hpp>
#include <utility>
#include <vector>

#include <program/io/file_error.hpp>
#include "gguf.hpp"

namespace bitnet {

using namespace program;
namespace {

TernaryTensor tensor_of(const ternion::PackingInfo& packing, const StoredMatrix& matrix, float scale) {
    return {
        matrix.file, matrix.name, matrix.format, {&packing, {matrix.rows, matrix.cols}, matrix.bytes.data(), scale}};
}

/// What a tensor keeps that isn't in its file.
struct Owned {
    std::vector<std::int8_t> trits;
    std::vector<float> scales;
    std::shared_ptr<const void> before = {};
};

// Programs that write I2_S drop what is left over of 128 weights: such a tensor lacks weights and is refused.
std::size_t i2s_bytes(std::size_t rows, std::size_t cols) {
    return rows * cols % ternion::I2S::block == 0 ? rows * cols / 4 + i2s_tail : 0;
}

TernaryTensor open_i2s(const StoredMatrix& matrix) {
    const auto scale = load<float>(matrix.bytes.last(i2s_tail).data());
    check_scale(matrix.file, matrix.name, scale);
    return tensor_of(ternion::packing_info<ternion::I2S>, matrix, scale);
}

// TQ1_0, TQ2_0, Q2_0 and PQ2_0: rows of whole blocks, each with an F16 scale. In models of BitNet's kind all blocks of
// a tensor share one scale, but for those without a weight that isn't zero, whose scale may be 0.

template <class Packing>
std::size_t bytes_of(std::size_t rows, std::size_t cols) {
    return cols % Packing::block_inputs == 0 ? Packing::bytes({rows, cols}) : 0;
}

/// The one scale that all blocks have but those whose scale is 0; nothing where two differ.
template <class Packing>
std::optional<float> shared_scale(const StoredMatrix& matrix) {
    float scale = 0;
    bool shared = true;
    for (std::size_t at = 0; at < matrix.bytes.size(); at += Packing::block_bytes) {
        const float found = Packing::scale_at({1, Packing::block_inputs}, matrix.bytes.data() + at, 0, 0);
        if (found == 0 || found == scale) continue;
        check_scale(matrix.file, matrix.name, found);
        shared = shared && scale == 0;
        scale = found;
    }
    if (!shared) return std::nullopt;
    return scale != 0 ? scale : 1;
}

/// Whether a block with scale 0 has other codes than those of zeros: its weights are zero all the same.
template <class Packing>
bool hides_codes(const StoredMatrix& matrix) {
    std::array<std::uint8_t, Packing::block_inputs> codes;
    for (std::size_t at = 0; at < matrix.bytes.size(); at += Packing::block_bytes) {
        const ternion::Shape block{1, Packing::block_inputs};
        const std::byte* data = matrix.bytes.data() + at;
        if (Packing::scale_at(block, data, 0, 0) != 0) continue;
        Packing::unpack(block, data, 0, 0, codes.size(), codes.data());
        if (std::count(codes.begin(), codes.end(), 1) != std::ptrdiff_t{Packing::block_inputs}) return true;
    }
    return false;
}

template <class Packing>
TernaryTensor open_blocks(const StoredMatrix& matrix) {
    const std::optional<float> scale = shared_scale<Packing>(matrix);
    TernaryTensor tensor = tensor_of(ternion::packing_info<Packing>, matrix, scale.value_or(1));
    if (!scale) tensor.matrix.group_inputs = Packing::block_inputs;
    if (!hides_codes<Packing>(matrix)) return tensor;
    std::vector<std::int8_t> trits(tensor.matrix.shape.size());
    tensor.read(0, matrix.rows, trits);
    for (std::size_t block = 0; block * Packing::block_inputs < trits.size(); ++block) {
        const std::byte* data = matrix.bytes.data() + block * Packing::block_bytes;
        if (Packing::scale_at({1, Packing::block_inputs}, data, 0, 0) != 0) continue;
        std::fill_n(trits.data() + block * Packing::block_inputs, Packing::block_inputs, std::int8_t{0});
    }
    ternion::RepackedScales scales{scale.value_or(1), {}, tensor.matrix.group_inputs};
    const std::size_t groups = tensor.matrix.groups();
    for (std::size_t i = 0; !scale && i < matrix.rows * groups; ++i)
        scales.values.push_back(tensor.matrix.scale_of(i / groups, i % groups));
    return own_trits(tensor.file, tensor.name, tensor.format, tensor.matrix.shape, std::move(trits), std::move(scales));
}

template <class Packing>
std::vector<std::byte> pack(const ternion::TernaryBytes& matrix, ternion::ThreadPool& threads) {
    const auto packed = ternion::repack<Packing>(matrix, threads);
    return {packed.bytes().begin(), packed.bytes().end()};
}

std::vector<std::byte> pack_i2s(const ternion::TernaryBytes& matrix, ternion::ThreadPool& threads) {
    std::vector<std::byte> bytes = pack<ternion::I2S>(matrix, threads);
    bytes.resize(i2s_bytes(matrix.shape.n, matrix.shape.k));
    std::memcpy(bytes.data() + bytes.size() - i2s_tail, &matrix.scale, sizeof matrix.scale);
    return bytes;
}

template <class Packing>
constexpr TernaryFormat block_format(std::string_view name, std::uint32_t gguf_type, std::uint32_t file_type) {
    return {name, gguf_type, file_type, bytes_of<Packing>, open_blocks<Packing>, pack<Packing>};
}

constexpr TernaryFormat block_formats[] = {
    block_format<ternion::TQ1_0>("TQ1_0", 34, 36),
    block_format<ternion::TQ2_0>("TQ2_0", 35, 37),
    block_format<ternion::Q2_0>("Q2_0", gguf_type_q2_0, 41),
    block_format<ternion::PQ2_0>("PQ2_0", gguf_type_pq2_0, 141),
};

}  // namespace

TernaryTensor own_trits(std::string file, std::string name, std::string format, ternion::Shape shape,
                        std::vector<std::int8_t> trits, ternion::RepackedScales scales) {
    const auto owned = std::make_shared<Owned>(Owned{std::move(trits), std::move(scales.values)});
    const auto* data = reinterpret_cast<const std::byte*>(owned->trits.data());
    const float* table = owned->scales.empty() ? nullptr : owned->scales.data();
    return {std::move(file),
            std::move(name),
            std::move(format),
            {&ternion::packing_info<ternion::Int8>, shape, data, scales.scale, table, scales.group_inputs},
            owned};
}

TernaryTensor some_rows(const TernaryTensor& matrix, std::size_t begin, std::size_t end, ternion::ThreadPool& threads) {
    constexpr std::size_t at_once = 16;
    const ternion::TernaryBytes& from = matrix.matrix;
    const std::size_t rows = end - begin, cols = matrix.cols(), groups = from.groups();
    std::vector<std::int8_t> trits(rows * cols);
    ternion::in_chunks(threads, rows, at_once, [&](std::size_t first, std::size_t last) {
        matrix.read(begin + first, last - first, std::span(trits).subspan(first * cols, (last - first) * cols));
    });
    ternion::RepackedScales scales{from.scale, {}, from.group_inputs};
    for (std::size_t i = begin * groups; !from.has_one_scale() && i < end * groups; ++i)
        scales.values.push_back(from.scale_of(i / groups, i % groups));
    return own_trits(matrix.file, matrix.name, matrix.format, {rows, cols}, std::move(trits), std::move(scales));
}

std::string TernaryTensor::scale_text() const {
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", static_cast<double>(matrix.scale));
    if (matrix.has_one_scale()) return text;
    return matrix.group_inputs == 0 ? "by row" : joined("by ", matrix.group_inputs);
}

TernaryTensor TernaryTensor::scaled(float factor) const {
    TernaryTensor result = *this;
    if (matrix.has_one_scale()) {
        result.matrix.scale *= factor;
        check_scale(file, name, result.matrix.scale);
        return result;
    }
    std::vector<float> scales(rows() * matrix.groups());
    for (std::size_t i = 0; i < scales.size(); ++i)
        if (const float scale = matrix.scale_of(i / matrix.groups(), i % matrix.groups()); scale != 0)
            check_scale(file, name, scales[i] = factor * scale);
    const auto owned = std::make_shared<Owned>(Owned{{}, std::move(scales), owner});
    result.matrix.scales = owned->scales.data();
    result.owner = owned;
    return result;
}

void TernaryTensor::check_codes() const {
    if (matrix.packing->valid != nullptr && matrix.packing->valid(matrix.shape, matrix.data)) return;
    std::vector<std::int8_t> row(cols());
    for (std::size_t n = 0; n < rows(); ++n)
        read(n, 1, row);
}

void TernaryTensor::read(std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) const {
    for (std::size_t n = 0; n < row_count; ++n) {
        const auto row = out.subspan(n * cols(), cols());
        auto* codes = reinterpret_cast<std::uint8_t*>(row.data());
        matrix.unpack_row(row_begin + n, codes);
        if (std::any_of(codes, codes + cols(), [](std::uint8_t code) { return code > 2; })) {
            throw FileError(file, "codes 0, 1 and 2 in tensor " + in_quotes(name), "code 3");
        }
        for (std::int8_t& trit : row)
            --trit;
    }
}

const TernaryFormat i2s_format{"I2_S", 36, gguf_file_type_i2s, i2s_bytes, open_i2s, pack_i2s};

const TernaryFormat* find_ternary_format(std::uint32_t gguf_type) {
    if (gguf_type == i2s_format.gguf_type) return &i2s_format;
    for (const TernaryFormat& format : block_formats) {
        if (format.gguf_type == gguf_type) return &format;
    }
    return nullptr;
}

const TernaryFormat* find_ternary_format(std::string_view name) {
    if (name == i2s_format.name) return &i2s_format;
    for (const TernaryFormat& format : block_formats) {
        if (format.name == name) return &format;
    }
    return nullptr;
}

TernaryTensor open_hugging_face(const StoredMatrix& matrix, float scale) {
    return tensor_of(ternion::packing_info<ternion::HuggingFace>, matrix, scale);
}

void check_scale(const std::string& file, std::string_view tensor, float scale) {
    if (std::isfinite(scale) && scale != 0) return;
    throw FileError(file, joined("a scale of tensor ", in_quotes(tensor), " that is finite and not zero"), scale);
}

float read_scale(const DenseTensor& tensor, const std::string& file) {
    if (tensor.rows != 1 || tensor.cols != 1)
        throw FileError(file, "one number" + in_tensor(tensor.name), joined(tensor.rows, " x ", tensor.cols));
    float scale = 0;
    tensor.read(0, {&scale, 1});
    check_scale(file, tensor.name, scale);
    return scale;
}

}  // namespace bitnet
