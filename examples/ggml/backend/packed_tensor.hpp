#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <ternion/runtime/any_ternary.hpp>
#include <vector>

namespace ternion_ggml {

/// A tensor of weights [K,N,A,B] of a ternary type in a buffer of this backend: A * B matrices W[N,K], in the layout
/// that is multiplied fastest. ggml reads and writes it as the bytes of its own type: what was set comes back, byte for
/// byte. Bytes that are no ternary matrix (a code that is no trit, a scale that is not finite, or, in TQ1_0, one of the
/// encodings that no program writes) stay as they are, and `matrices` is empty then. Until all of a tensor has been set
/// its bytes stay as they are, too. Bytes are set by one thread at a time; `matrices` is for any number.
class PackedTensor {
 public:
    /// `format` is the tensor's type, `fast` the layout to repack to; the memory at tensor.data has `bytes` bytes.
    PackedTensor(const ternion::PackingKernels& format, const ternion::PackingKernels& fast, const ggml_tensor& tensor);

    /// What a tensor takes in a buffer: room for either layout.
    static std::size_t bytes(const ternion::PackingKernels& fast, const ggml_tensor& tensor) noexcept;

    /// ggml's bytes offset .. offset + size - 1 of the tensor.
    void set(const void* data, std::size_t offset, std::size_t size);
    void get(void* data, std::size_t offset, std::size_t size) const;
    void fill(std::uint8_t value, std::size_t offset, std::size_t size);

    /// The matrices, repacked now if that is still to be done; none where the tensor isn't ternary.
    const std::vector<ternion::AnyTernary>& matrices();
    /// The bytes of a tensor that isn't ternary.
    [[nodiscard]] const std::byte* raw() const noexcept { return memory_; }

 private:
    void pack(const std::byte* data);
    ternion::AnyTernary pack_matrix(const std::byte* data, std::byte* into);
    void restore(std::byte* data) const;
    [[nodiscard]] bool restores(const std::byte* data) const;
    void make_raw();

    const ternion::PackingKernels& format_;
    const ternion::PackingKernels& fast_;
    ternion::Shape shape_;
    std::size_t count_;
    std::byte* memory_;
    std::mutex mutex_;
    bool undecided_ = true;  // raw bytes that nobody has tried to repack
    std::vector<ternion::AnyTernary> matrices_;
    std::vector<ternion::Float16> scales_;  // of every block, as they were: a block of zeros may have any
};

}  // namespace ternion_ggml
