#include "kernels.hpp"

namespace bitnet {

using Dispatcher = ternion::Dispatcher<TERNION_ARCHS>;

const Kernels& find_kernels(std::string_view isa) {
    return Dispatcher(isa)(KernelsOf{});
}

std::vector<ternion::ArchStatus> known_isas() {
    const auto isas = Dispatcher::archs();
    return {isas.begin(), isas.end()};
}

}  // namespace bitnet
