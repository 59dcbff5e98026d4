#include <algorithm>
#include <nlohmann/json.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <string>

#include "../dialogues/exchange.hpp"
#include "commands.hpp"

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
            program::write_json(nlohmann::ordered_json{
                {"skill", skills[s].name}, {"question", exchange.question}, {"answer", exchange.answer}});
        }
    }
}

}  // namespace

void add_questions(CLI::App& app) {
    const auto [command, options] = program::add_command(
        app, "questions",
        "Print questions and their right answers as JSON lines; those that training never shows, unless --training",
        "bitnet-train questions -n 3 --skill addition", print_questions);
    std::vector<std::string> names;
    for (const Skill& skill : skills)
        names.emplace_back(skill.name);
    program::add_number(command, "-n,--count", options.count, "questions of each skill", 1, 1000000);
    command.add_option("--skill", options.skill, "of this skill alone: " + CLI::detail::join(names, ", "))
        ->check(CLI::IsMember(names).description(""))
        ->type_name("NAME");
    program::add_seed(command, options.seed, "which ones");
    command.add_flag("--training", options.training, "such as training shows");
}

}  // namespace train::cli
