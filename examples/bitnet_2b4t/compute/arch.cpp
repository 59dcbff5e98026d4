#include "kernels.hpp"

namespace bitnet {

namespace {

using Dispatcher = ternion::Dispatcher<TERNION_ARCHS>;

struct Choice {
    explicit Choice(std::string_view name = {}) : dispatcher(name), kernels(&dispatcher(KernelsOf{})) {}

    Dispatcher dispatcher;
    const Kernels* kernels;
};

Choice& choice() {
    static Choice choice;
    return choice;
}

}  // namespace

const Kernels& kernels() {
    return *choice().kernels;
}

void use_arch(std::string_view name) {
    choice() = Choice(name);
}

std::string_view arch_in_use() {
    return choice().dispatcher.name();
}

std::vector<ternion::ArchStatus> known_archs() {
    const auto archs = Dispatcher::archs();
    return {archs.begin(), archs.end()};
}

}  // namespace bitnet
