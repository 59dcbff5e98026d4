// Sums and differences, worked out column by column from the right, as one does on paper:
//   What is 123 + 48?   3+8=11, 2+4+1=7, 1+0=1, so 171
//   What is 45 - 123?   45 < 123, 3-5+10=8, 2-4-1+10=7, 1-0-1=0, so -78
#include <algorithm>
#include <array>

#include "exchange.hpp"
#include "numbers.hpp"

namespace train {

namespace {

std::string worded(Random& random, char sign, const std::string& a, const std::string& b) {
    const std::string sum = a + " " + sign + " " + b;
    switch (random.below(7)) {
        case 0:
            return "Calculate " + sum;
        case 1:
            return sum + " = ?";
        case 2:
            return sum;
        case 3:
            return a + sign + b;
        case 4:
            return sign == '+' ? "Add " + a + " and " + b : "Subtract " + b + " from " + a;
        default:
            return "What is " + sum + "?";
    }
}

/// "3+8=11, 2+4+1=7, 1+0=1" of two numbers, the larger first where they are subtracted.
std::string worked(int a, int b, int sign) {
    std::string steps;
    for (int carry = 0; a > 0 || b > 0 || steps.empty(); a /= 10, b /= 10) {
        const int x = a % 10, y = b % 10;
        steps += (steps.empty() ? "" : ", ") + text(x) + (sign > 0 ? "+" : "-") + text(y);
        if (carry != 0) steps += sign > 0 ? "+1" : "-1";
        int result = x + sign * (y + carry);
        carry = sign > 0 ? result / 10 : result < 0 ? 1 : 0;
        if (sign < 0 && carry != 0) {
            steps += "+10";
            result += 10;
        }
        steps += "=" + text(result);
    }
    return steps;
}

}  // namespace

Exchange ask_addition(Random& random) {
    const int a = small_number(random), b = small_number(random);
    return {worded(random, '+', text(a), text(b)), worked(a, b, 1) + ", so " + text(a + b), key_of("+", a, b)};
}

Exchange ask_subtraction(Random& random) {
    const int a = small_number(random), b = small_number(random);
    const std::string turned = a < b ? text(a) + " < " + text(b) + ", " : "";
    return {worded(random, '-', text(a), text(b)),
            turned + worked(std::max(a, b), std::min(a, b), -1) + ", so " + text(a - b), key_of("-", a, b)};
}

}  // namespace train
