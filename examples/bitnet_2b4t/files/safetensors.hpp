#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

/// A file in the safetensors format: the length of a JSON header, the header, the tensors' bytes. Every shape and
/// offset is checked when it is opened, and that no two tensors share bytes. The bytes must outlive this.
class Safetensors {
 public:
    struct Tensor {
        std::string dtype;  // "BF16", "U8", ...
        std::vector<std::uint64_t> shape;
        std::span<const std::byte> bytes;

        std::size_t rows() const { return shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[0]); }
        std::size_t cols() const { return shape.empty() ? 1 : static_cast<std::size_t>(shape.back()); }
    };

    Safetensors(std::span<const std::byte> bytes, const std::string& file);

    const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }
    /// Null where there is none.
    const Tensor* find(std::string_view name) const;

    /// Whether a file with these bytes can be one at all.
    static bool looks_like(std::span<const std::byte> bytes);

 private:
    std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace bitnet
