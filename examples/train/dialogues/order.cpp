// Which of two numbers is larger, and numbers in order.
#include <algorithm>
#include <array>
#include <vector>

#include "exchange.hpp"
#include "numbers.hpp"

namespace train {

namespace {

/// Often near `other`, or made of its digits: there it is hard.
int number_beside(int other, Random& random) {
    switch (random.below(4)) {
        case 0:
            return std::clamp(other + random.between(-9, 9), 0, 999);
        case 1:
            return other % 10 * 100 + other / 100 + other / 10 % 10 * 10;
        default:
            return small_number(random);
    }
}

std::string listed(const std::vector<int>& numbers) {
    std::string list;
    for (const int number : numbers)
        list += (list.empty() ? "" : ", ") + text(number);
    return list;
}

}  // namespace

Exchange ask_comparison(Random& random) {
    const int a = small_number(random), b = number_beside(a, random);
    const bool larger = random.one_in(2);
    const std::string word = larger ? "larger" : "smaller";
    std::string question;
    switch (random.below(3)) {
        case 0:
            question = "Which is " + word + ", " + text(a) + " or " + text(b) + "?";
            break;
        case 1:
            question = "Which number is " + word + ": " + text(a) + " or " + text(b) + "?";
            break;
        default:
            question = "Is " + text(a) + " " + word + " than " + text(b) + "?";
            const bool yes = larger ? a > b : a < b;
            const char* relation = a < b ? " < " : a > b ? " > " : " = ";
            return {question, (yes ? "Yes, " : "No, ") + text(a) + relation + text(b), key_of("<", a, b)};
    }
    if (a == b) return {question, "They are equal", key_of("<", a, b)};
    return {question, text(larger ? std::max(a, b) : std::min(a, b)), key_of("<", a, b)};
}

Exchange ask_sorting(Random& random) {
    std::vector<int> numbers{small_number(random)};
    for (int more = random.between(1, 3); more > 0; --more)
        numbers.push_back(number_beside(numbers.back(), random));
    const std::string list = listed(numbers);
    std::ranges::sort(numbers);
    const std::string key = "sort " + listed(numbers);
    const bool down = random.one_in(4);
    if (down) std::ranges::reverse(numbers);
    constexpr std::array words = {"Sort ", "Sort the numbers ", "Put in order: "};
    return {(down ? std::string("Sort downwards: ") : std::string(random.among(words))) + list, listed(numbers), key};
}

}  // namespace train
