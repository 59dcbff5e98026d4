#include <nlohmann/json.hpp>
#include <string>

#include <program/cli/output.hpp>
#include "../compute/kernels.hpp"
#include "commands.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ArchOptions {
    bool json = false;
};

void list_archs(const ArchOptions& options) {
    nlohmann::ordered_json list = nlohmann::json::array();
    std::string table;
    bool found = false;
    for (const auto& [name, available] : known_isas()) {
        const bool selected = available && !found;
        found = found || available;
        list.push_back({{"name", name}, {"available", available}, {"selected", selected}});
        const char* state = selected ? "selected" : available ? "available" : "not on this machine";
        table += formatted("%-11s %s\n", std::string(name).c_str(), state);
    }
    options.json ? write_json(list, 1) : write_output(table);
}

}  // namespace

void add_arch(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "arch", "List the instruction sets that this program was made for, best first",
                    "bitnet-2b4t arch --json", list_archs);
    command.add_flag("--json", options.json, "print a JSON list");
}

}  // namespace bitnet::cli
