// What the library has: its version, instruction sets, packings and quantizers.
#include <string>
#include <ternion/core/version.hpp>

#include "handles.hpp"

using namespace ternion_c;

namespace {

void fill(ternion_packing_info& info, const ternion::PackingInfo& packing) {
    info = {packing.name.data(), packing.bits_per_weight, packing.group_inputs, packing.has_zeros ? 1 : 0, 0};
}

}  // namespace

const ternion_isa& ternion_c::best_isa() {
    static const ternion_isa& best = Dispatcher()(KernelsOf{});
    return best;
}

int32_t ternion_abi_version() {
    return TERNION_ABI_VERSION;
}

const char* ternion_version() {
    return TERNION_TEXT(TERNION_VERSION_MAJOR) "." TERNION_TEXT(TERNION_VERSION_MINOR) "." TERNION_TEXT(
        TERNION_VERSION_PATCH);
}

size_t ternion_isa_count() {
    return Dispatcher::isas().size();
}

const char* ternion_isa_name_at(size_t index) {
    return index < Dispatcher::isas().size() ? Dispatcher::isas()[index].name.data() : nullptr;
}

int32_t ternion_isa_available_at(size_t index) {
    return index < Dispatcher::isas().size() && Dispatcher::isas()[index].available ? 1 : 0;
}

ternion_status ternion_find_isa(const char* name, const ternion_isa** isa) {
    return guarded("ternion_find_isa", [&] {
        required("isa", isa) = nullptr;
        *isa = &by_name(
            [&]() -> const ternion_isa& { return name == nullptr ? best_isa() : Dispatcher(name)(KernelsOf{}); });
    });
}

const char* ternion_isa_name(const ternion_isa* isa) {
    const char* name = "";
    guarded("ternion_isa_name", [&] { name = isa_or_best(isa).table.isa.data(); });
    return name;
}

size_t ternion_packing_count() {
    return Packings::size;
}

ternion_status ternion_packing_at(size_t index, ternion_packing_info* info) {
    return guarded("ternion_packing_at", [&] {
        required("info", info) = {};
        const auto packings = best_isa().table.packings;
        if (index >= packings.size()) {
            throw NotFound("there are " + std::to_string(packings.size()) + " packings, and no number " +
                           std::to_string(index));
        }
        fill(*info, packings[index].packing);
    });
}

ternion_status ternion_find_packing(const char* name, ternion_packing_info* info) {
    return guarded("ternion_find_packing", [&] {
        required("info", info) = {};
        fill(*info, packing_of(best_isa(), name).packing);
    });
}

ternion_status ternion_packed_bytes(const char* packing, size_t n, size_t k, size_t* bytes) {
    return guarded("ternion_packed_bytes", [&] {
        required("bytes", bytes) = 0;
        *bytes = packed_bytes(packing_of(best_isa(), packing).packing, n, k);
    });
}

size_t ternion_quantizer_count() {
    size_t count = 0;
    guarded("ternion_quantizer_count", [&] { count = best_isa().table.quantizers.size(); });
    return count;
}

const char* ternion_quantizer_name_at(size_t index) {
    const char* name = nullptr;
    guarded("ternion_quantizer_name_at", [&] {
        const auto quantizers = best_isa().table.quantizers;
        if (index < quantizers.size()) name = quantizers[index].name.data();
    });
    return name;
}
