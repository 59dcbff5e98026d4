#include <nlohmann/json.hpp>
#include <string>

#include <program/cli/output.hpp>
#include "../compute/kernels.hpp"
#include "commands.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct IsaOptions {
    bool json = false;
};

void list_isas(const IsaOptions& options) {
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

void add_isa(CLI::App& app) {
    const auto add = [&](const char* name) -> CLI::App& {
        const auto [command, options] =
            add_command(app, name, "List the instruction sets that this program was made for, best first",
                        "bitnet-2b4t isa --json", list_isas);
        command.add_flag("--json", options.json, "print a JSON list");
        return command;
    };
    add("isa");
    add("arch").group("");  // its former name, which help doesn't show
}

}  // namespace bitnet::cli
