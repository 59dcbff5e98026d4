#include "kernels.hpp"

#include <utility>

namespace test {

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

const std::vector<Kernel>& all_kernels() {
    static const std::vector<Kernel> kernels = [] {
        std::vector<Kernel> all;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (append_kernels<I>(all), ...);
        }
        (std::make_index_sequence<kernel_slices>{});
        return all;
    }();
    return kernels;
}

}  // namespace test
