#include "packing_option.hpp"

#include <stdexcept>
#include <ternion/packing/all.hpp>
#include <ternion/runtime/tables.hpp>

#include "../compute/kernels.hpp"

namespace bitnet::cli {
namespace {

const ternion::KernelTable& table_of(std::string_view isa) {
#ifdef BITNET_ALL_PACKINGS
    return ternion::find_kernels<ternion::all_packings>(isa);
#else
    return *find_kernels(isa).ternary;
#endif
}

std::string check(const std::string& name) {
    try {
        find_packing(name.empty() ? "nothing" : name, {});
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

}  // namespace

void add_packing_option(CLI::App& command, std::string& name) {
    command
        .add_option("--packing", name,
                    "packing that ternary layers are computed in, such as i2_s (default: the fastest here)")
        ->check(CLI::Validator(check, "", ""))
        ->type_name("NAME");
}

const ternion::PackingKernels* find_packing(std::string_view name, std::string_view isa) {
    return name.empty() ? nullptr : &table_of(isa).packing(name);
}

}  // namespace bitnet::cli
