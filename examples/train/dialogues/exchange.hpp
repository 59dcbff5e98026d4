#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "random.hpp"

namespace train {

/// A question and the one right answer. `held_out` questions are never trained on: `key` names what is asked for, and
/// its hash decides, so that no wording of the same question is on both sides.
struct Exchange {
    std::string question, answer;
    std::string key;

    bool held_out() const;
};

/// Something that the model learns, and how often it is asked.
struct Skill {
    std::string_view name;
    int share;
    Exchange (*ask)(Random& random);
};

// One file each.
Exchange ask_addition(Random& random);
Exchange ask_subtraction(Random& random);
Exchange ask_comparison(Random& random);
Exchange ask_sorting(Random& random);
Exchange ask_to_balanced_ternary(Random& random);
Exchange ask_from_balanced_ternary(Random& random);
Exchange ask_spelling(Random& random);
Exchange ask_letters(Random& random);
Exchange ask_project(Random& random);

inline constexpr std::array skills = {
    Skill{"addition", 10, ask_addition},
    Skill{"subtraction", 14, ask_subtraction},
    Skill{"comparison", 10, ask_comparison},
    Skill{"sorting", 16, ask_sorting},
    Skill{"to balanced ternary", 14, ask_to_balanced_ternary},
    Skill{"from balanced ternary", 10, ask_from_balanced_ternary},
    Skill{"spelling", 10, ask_spelling},
    Skill{"counting letters", 12, ask_letters},
    Skill{"this project", 4, ask_project},
};

/// A question of this skill on the side that is asked for.
Exchange ask(const Skill& skill, bool held_out, Random& random);
/// Of any skill, by their shares, to train on.
Exchange ask_any(Random& random);

}  // namespace train
