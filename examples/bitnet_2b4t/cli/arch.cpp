#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "../compute/kernels.hpp"
#include "command.hpp"
#include "output.hpp"

namespace bitnet::cli {

namespace {

void list_archs(bool json) {
    nlohmann::ordered_json list = nlohmann::json::array();
    std::string table;
    for (const auto& [name, available] : known_archs()) {
        const bool selected = name == arch_in_use();
        list.push_back({{"name", name}, {"available", available}, {"selected", selected}});
        table += std::string(name) + std::string(12 - name.size(), ' ') +
                 (selected    ? "selected"
                  : available ? "available"
                              : "not on this machine") +
                 "\n";
    }
    standard_output().write(json ? list.dump(1) + "\n" : table);
}

}  // namespace

void add_arch(CLI::App& app, Action& action) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command =
        app.add_subcommand("arch", "List the instruction sets that this program was made for, best first");
    command->add_flag("--json", *json, "print a JSON list");
    command->footer("Example: bitnet-2b4t arch --json");
    command->callback([json, &action] { action = [json] { list_archs(*json); }; });
}

}  // namespace bitnet::cli
