#include "packed_tensor.hpp"

#include <cstring>
#include <optional>
#include <stdexcept>
#include <ternion/core/openmp.hpp>

namespace ternion_ggml {
namespace {

using ternion::TernaryBytes;

/// Each matrix begins at a cache line.
std::size_t matrix_bytes(const ternion::PackingInfo& packing, ternion::Shape shape) noexcept {
    return ternion::round_up(packing.bytes(shape), 64);
}

ternion::Shape shape_of(const ggml_tensor& tensor) noexcept {
    return {static_cast<std::size_t>(tensor.ne[1]), static_cast<std::size_t>(tensor.ne[0])};
}

std::size_t matrices_of(const ggml_tensor& tensor) noexcept {
    return static_cast<std::size_t>(tensor.ne[2] * tensor.ne[3]);
}

}  // namespace

PackedTensor::PackedTensor(const ternion::PackingKernels& format, const ternion::PackingKernels& fast,
                           const ggml_tensor& tensor)
    : format_(format),
      fast_(fast),
      shape_(shape_of(tensor)),
      count_(matrices_of(tensor)),
      memory_(static_cast<std::byte*>(tensor.data)) {}

std::size_t PackedTensor::bytes(const ternion::PackingKernels& fast, const ggml_tensor& tensor) noexcept {
    return (std::max)(matrices_of(tensor) * matrix_bytes(fast.packing, shape_of(tensor)), ggml_nbytes(&tensor));
}

void PackedTensor::set(const void* data, std::size_t offset, std::size_t size) {
    if (offset == 0 && size == count_ * format_.packing.bytes(shape_)) return pack(static_cast<const std::byte*>(data));
    make_raw();
    std::memcpy(memory_ + offset, data, size);
}

void PackedTensor::fill(std::uint8_t value, std::size_t offset, std::size_t size) {
    make_raw();
    std::memset(memory_ + offset, value, size);
}

void PackedTensor::get(void* data, std::size_t offset, std::size_t size) const {
    if (matrices_.empty()) {
        std::memcpy(data, memory_ + offset, size);
        return;
    }
    std::vector<std::byte> all(count_ * format_.packing.bytes(shape_));
    restore(all.data());
    std::memcpy(data, all.data() + offset, size);
}

const std::vector<ternion::AnyTernary>& PackedTensor::matrices() {
    const std::lock_guard lock(mutex_);
    if (undecided_) {
        const std::vector<std::byte> copy(memory_, memory_ + count_ * format_.packing.bytes(shape_));
        pack(copy.data());
    }
    return matrices_;
}

/// Takes `data`, which lies elsewhere, as the whole tensor.
void PackedTensor::pack(const std::byte* data) {
    undecided_ = false;
    matrices_.clear();
    scales_.clear();
    const std::size_t bytes = format_.packing.bytes(shape_);
    try {
        for (std::size_t i = 0; i < count_; ++i)
            matrices_.push_back(pack_matrix(data + i * bytes, memory_ + i * matrix_bytes(fast_.packing, shape_)));
        if (restores(data)) return;
    } catch (const std::invalid_argument&) {  // not ternary
    }
    matrices_.clear();
    scales_.clear();
    std::memcpy(memory_, data, count_ * bytes);
}

/// Whether these bytes come back. Two bits a weight have one encoding for each trit, which `borrow` has checked; TQ1_0
/// has digits that belong to no weight.
bool PackedTensor::restores(const std::byte* data) const {
    if (format_.packing.bits_per_weight >= 2) return true;
    std::vector<std::byte> restored(count_ * format_.packing.bytes(shape_));
    restore(restored.data());
    return std::memcmp(restored.data(), data, restored.size()) == 0;
}

ternion::AnyTernary PackedTensor::pack_matrix(const std::byte* data, std::byte* into) {
    const ternion::PackingInfo& format = format_.packing;
    TernaryBytes w = borrow(format, {data, format.bytes(shape_)}, shape_.n, shape_.k);
    w.group_inputs = format.group_inputs;
    for (std::size_t row = 0; row < shape_.n; ++row)
        for (std::size_t group = 0; group < w.groups(); ++group)
            scales_.emplace_back(w.scale_of(row, group));
    // One scale makes products cheaper. Where all are zero, any will do.
    if (const auto scale = ternion::find_common_scale(w)) {
        w.group_inputs = 0;
        w.scale = *scale == 0 ? 1 : *scale;
    }
    return repack_as(fast_, w, {into, fast_.packing.bytes(shape_)}, ternion::OpenMP());
}

/// ggml's bytes of the whole tensor.
void PackedTensor::restore(std::byte* data) const {
    const ternion::PackingInfo& format = format_.packing;
    const std::size_t groups = shape_.k / format.group_inputs;
    const ternion::Float16* scale = scales_.data();
    for (const ternion::AnyTernary& matrix : matrices_) {
        const TernaryBytes trits{&fast_.packing, shape_, matrix.bytes().data()};
        repack_as(format_, trits, {data, format.bytes(shape_)}, ternion::OpenMP());
        for (std::size_t row = 0; row < shape_.n; ++row)
            for (std::size_t group = 0; group < groups; ++group)
                format.set_scale(shape_, data, row, group, static_cast<float>(*scale++));
        data += format.bytes(shape_);
    }
}

/// From now on the memory holds ggml's bytes.
void PackedTensor::make_raw() {
    if (!matrices_.empty()) {
        std::vector<std::byte> all(count_ * format_.packing.bytes(shape_));
        restore(all.data());
        std::memcpy(memory_, all.data(), all.size());
        matrices_.clear();
        scales_.clear();
    }
    undecided_ = true;
}

}  // namespace ternion_ggml
