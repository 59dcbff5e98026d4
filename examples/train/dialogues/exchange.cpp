#include "exchange.hpp"

#include <cstdint>
#include <stdexcept>

namespace train {

bool Exchange::held_out() const {
    constexpr std::uint64_t one_in = 12;
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : key)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return Random::mixed(hash) % one_in == 0;
}

namespace {

/// As people write in a hurry: without a capital and without a question mark.
void make_careless(std::string& question) {
    if (question.ends_with('?') || question.ends_with('.')) question.pop_back();
    if (question[0] >= 'A' && question[0] <= 'Z') question[0] = static_cast<char>(question[0] - 'A' + 'a');
}

}  // namespace

Exchange ask(const Skill& skill, bool held_out, Random& random) {
    for (int tries = 0; tries < 100000; ++tries) {
        Exchange exchange = skill.ask(random);
        if (random.one_in(5)) make_careless(exchange.question);
        if (exchange.held_out() == held_out) return exchange;
    }
    throw std::logic_error("all questions of the skill \"" + std::string(skill.name) + "\" are " +
                           (held_out ? "trained on" : "held out"));
}

Exchange ask_any(Random& random) {
    int total = 0;
    for (const Skill& skill : skills)
        total += skill.share;
    int at = random.below(total);
    for (const Skill& skill : skills) {
        at -= skill.share;
        if (at < 0) return ask(skill, false, random);
    }
    return {};
}

}  // namespace train
