// Decimal to balanced ternary and back, digits + 0 -, step by step:
//   Write 25 in balanced ternary     25/3=8 r1, 8/3=2 r2, 3/3=1 r0, 1/3=0 r1, so +0-+
//   What is +0-+ in decimal?         1, 1*3+0=3, 3*3-1=8, 8*3+1=25, so 25
// A remainder of 2 gives the digit - and one more to go on with.
#include <array>
#include <cstdlib>

#include "exchange.hpp"
#include "numbers.hpp"

namespace train {

namespace {

int some_number(Random& random) {
    const int number = small_number(random);
    return random.one_in(4) ? -number : number;
}

std::string digits_of(int number) {
    std::string digits;
    for (int left = std::abs(number); left > 0;) {
        const int rest = left % 3;
        const char digit = rest == 2 ? '-' : rest == 1 ? '+' : '0';
        digits.insert(digits.begin(), digit);
        left = left / 3 + (rest == 2 ? 1 : 0);
    }
    if (digits.empty()) return "0";
    if (number < 0) {
        for (char& digit : digits)
            digit = digit == '+' ? '-' : digit == '-' ? '+' : '0';
    }
    return digits;
}

std::string divisions(int number) {
    std::string steps;
    for (int left = std::abs(number); left > 0;) {
        const int rest = left % 3;
        steps += text(left) + "/3=" + text(left / 3) + " r" + text(rest) + ", ";
        left = left / 3 + (rest == 2 ? 1 : 0);
    }
    return steps;
}

/// Of the number without its sign: the first digit is then +, and stands for 1.
std::string multiplications(int number) {
    const std::string digits = digits_of(std::abs(number));
    if (digits == "0") return "";
    std::string steps = "1, ";
    int value = 1;
    for (const char digit : digits.substr(1)) {
        const int next = 3 * value + (digit == '+' ? 1 : digit == '-' ? -1 : 0);
        steps += text(value) + "*3" + (digit == '0' ? "+0" : digit == '+' ? "+1" : "-1") + "=" + text(next) + ", ";
        value = next;
    }
    return steps;
}

}  // namespace

Exchange ask_to_balanced_ternary(Random& random) {
    const int number = some_number(random);
    constexpr std::array before = {"Write ", "Convert ", "What is ", "Write "};
    constexpr std::array after = {" in balanced ternary", " to balanced ternary", " in balanced ternary?",
                                  " in balanced ternary."};
    const auto which = static_cast<std::size_t>(random.below(4));
    return {before[which] + text(number) + after[which], divisions(number) + "so " + digits_of(number),
            key_of("to", number, 0)};
}

Exchange ask_from_balanced_ternary(Random& random) {
    const int number = some_number(random);
    constexpr std::array before = {"What is ", "Convert ", "Write balanced ternary "};
    constexpr std::array after = {" in decimal?", " to decimal", " in decimal"};
    const auto which = static_cast<std::size_t>(random.below(3));
    return {before[which] + digits_of(number) + after[which], multiplications(number) + "so " + text(number),
            key_of("from", number, 0)};
}

}  // namespace train
