#include <algorithm>
#include <bitnet_2b4t/cli/number_option.hpp>
#include <bitnet_2b4t/cli/output.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "../dialogues/exchange.hpp"
#include "command.hpp"

namespace train::cli {

namespace {

struct QuestionOptions {
    int count = 10;
    std::uint64_t seed = 1;
    std::string skill;
    bool training = false;
};

void print_questions(const QuestionOptions& options) {
    for (std::size_t s = 0; s < skills.size(); ++s) {
        if (!options.skill.empty() && options.skill != skills[s].name) continue;
        Random random(options.seed, s);
        for (int i = 0; i < options.count; ++i) {
            const Exchange exchange = ask(skills[s], !options.training, random);
            const nlohmann::ordered_json line = {
                {"skill", skills[s].name}, {"question", exchange.question}, {"answer", exchange.answer}};
            bitnet::cli::write_output(line.dump() + "\n");
        }
    }
}

}  // namespace

void add_questions(CLI::App& app, Action& action) {
    auto options = std::make_shared<QuestionOptions>();
    CLI::App* command = app.add_subcommand("questions",
                                           "Print questions and their right answers as JSON lines; those that training "
                                           "never shows, unless --training");
    std::vector<std::string> names;
    for (const Skill& skill : skills)
        names.emplace_back(skill.name);
    bitnet::cli::add_number(*command, "-n,--count", options->count, "questions of each skill", 1, 1000000)
        ->capture_default_str();
    command->add_option("--skill", options->skill, "of this skill alone: " + CLI::detail::join(names, ", "))
        ->check(CLI::IsMember(names).description(""))
        ->type_name("NAME");
    bitnet::cli::add_seed(*command, options->seed, "which ones");
    command->add_flag("--training", options->training, "such as training shows");
    command->footer("Example: bitnet-train questions -n 3 --skill addition");
    command->callback([options, &action] { action = [options] { print_questions(*options); }; });
}

}  // namespace train::cli
