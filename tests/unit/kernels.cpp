#include "kernels.hpp"

namespace test {

const std::vector<Kernel>& all_kernels() {
    static const std::vector<Kernel> kernels = [] {
        std::vector<Kernel> all;
        append_kernels<0>(all);
        append_kernels<1>(all);
        append_kernels<2>(all);
        append_kernels<3>(all);
        static_assert(kernel_slices == 4);
        return all;
    }();
    return kernels;
}

}  // namespace test
