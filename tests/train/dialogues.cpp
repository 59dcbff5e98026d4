#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;

/// The numbers in a text; a sign counts where no digit or letter stands before it.
std::vector<int> numbers_in(const std::string& text) {
    std::vector<int> numbers;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
        const bool negative = i > 0 && text[i - 1] == '-';
        const std::size_t end = std::min(text.find_first_not_of("0123456789", i), text.size());
        numbers.push_back((negative ? -1 : 1) * std::stoi(text.substr(i, end - i)));
        i = end;
    }
    return numbers;
}

std::string result_of(const std::string& answer) {
    const std::size_t at = answer.rfind("so ");
    REQUIRE(at != std::string::npos);
    return answer.substr(at + 3);
}

/// What + 0 - stand for.
int value_of(const std::string& digits) {
    int value = 0;
    for (const char c : digits)
        value = 3 * value + (c == '+' ? 1 : c == '-' ? -1 : 0);
    return value;
}

std::string quoted_word(const std::string& question) {
    const std::size_t begin = question.find('"') + 1;
    return question.substr(begin, question.find('"', begin) - begin);
}

/// Whether the answer is right, found another way than the one that made it.
bool is_right(const std::string& skill, const Exchange& e) {
    if (skill == "addition" || skill == "subtraction") {
        std::string question = e.question;
        std::ranges::replace(question, '-', ' ');
        const std::vector<int> numbers = numbers_in(question);
        REQUIRE(numbers.size() == 2);
        const bool turned = question.substr(1).starts_with("ubtract");
        const int sign = skill == "addition" ? 1 : -1;
        const int result = turned ? numbers[1] - numbers[0] : numbers[0] + sign * numbers[1];
        return result_of(e.answer) == std::to_string(result);
    }
    if (skill == "comparison") {
        const std::vector<int> n = numbers_in(e.question);
        REQUIRE(n.size() == 2);
        const bool larger = e.question.find("larger") != std::string::npos;
        if (e.question.substr(1).starts_with("s ")) {
            return e.answer.starts_with("Yes") == (larger ? n[0] > n[1] : n[0] < n[1]);
        }
        if (n[0] == n[1]) return e.answer == "They are equal";
        return e.answer == std::to_string(larger ? std::max(n[0], n[1]) : std::min(n[0], n[1]));
    }
    if (skill == "sorting") {
        std::vector<int> given = numbers_in(e.question), sorted = numbers_in(e.answer);
        const bool down = e.question.find("downwards") != std::string::npos;
        const bool ordered = down ? std::ranges::is_sorted(sorted, std::greater{}) : std::ranges::is_sorted(sorted);
        return ordered && std::ranges::is_permutation(given, sorted);
    }
    if (skill == "to balanced ternary") return value_of(result_of(e.answer)) == numbers_in(e.question).at(0);
    if (skill == "from balanced ternary") {
        const std::size_t begin = e.question.find_first_of("+-0");
        const std::string digits = e.question.substr(begin, e.question.find(' ', begin) - begin);
        return std::to_string(value_of(digits)) == result_of(e.answer);
    }
    if (skill == "spelling") {
        std::string letters, word = quoted_word(e.question);
        std::ranges::remove_copy(e.answer, std::back_inserter(letters), ' ');
        if (e.question.find("backwards") != std::string::npos) std::ranges::reverse(word);
        return letters == word;
    }
    if (skill == "counting letters") {
        const std::string word = quoted_word(e.question);
        const std::size_t which = e.question.find("'s are in");
        const auto count = which == std::string::npos ? static_cast<std::ptrdiff_t>(word.size())
                                                      : std::ranges::count(word, e.question[which - 1]);
        return result_of(e.answer) == std::to_string(count);
    }
    return skill == "this project" && !e.answer.empty();
}

TEST_CASE("all answers are right, by another calculation") {
    for (const Skill& skill : skills) {
        Random random(7, 7);
        for (int i = 0; i < 2000; ++i) {
            const Exchange exchange = ask(skill, i % 4 == 0, random);
            INFO(exchange.question << " | " << exchange.answer);
            REQUIRE(is_right(std::string(skill.name), exchange));
        }
    }
}

/// Small letters and digits, and what tells numbers apart.
std::string plain(const std::string& question) {
    std::string text;
    for (const char c : question) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
            std::string_view("+- ").find(c) != std::string_view::npos)
            text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

TEST_CASE("no question that is held out is trained on") {
    std::set<std::string> trained, asked;
    Random random(1, 1);
    for (int i = 0; i < 30000; ++i) {
        const Exchange exchange = ask_any(random);
        CHECK_FALSE(exchange.held_out());
        trained.insert(exchange.key);
        asked.insert(plain(exchange.question));
    }
    for (const Skill& skill : skills) {
        for (int i = 0; i < 300; ++i) {
            const Exchange exchange = ask(skill, true, random);
            INFO(exchange.question);
            REQUIRE_FALSE(trained.contains(exchange.key));
            // "What is a trit?" and "Do you know what a trit is?" are two questions; two spellings of one aren't.
            REQUIRE_FALSE(asked.contains(plain(exchange.question)));
        }
    }
}

TEST_CASE("the same seed and step give the same batch; rows are whole conversations in the chat template") {
    const Recipe recipe = with_vocabulary(small_recipe());
    Conversations conversations(tokenizer(), recipe);
    const Batch batch = conversations.training(3), again = conversations.training(3);
    CHECK(batch.tokens == again.tokens);
    CHECK(batch.tokens != conversations.training(7).tokens);
    // One of four steps has long conversations.
    CHECK(batch.sequences() == recipe.rows / 4);
    CHECK(std::ranges::max(batch.lengths) > recipe.length);
    CHECK(std::ranges::max(batch.lengths) <= 4 * recipe.length);
    CHECK(conversations.training(4).sequences() == recipe.rows);
    CHECK(std::ranges::max(conversations.training(4).lengths) <= recipe.length);
    REQUIRE(batch.targets.size() == batch.tokens.size());
    for (std::size_t row = 0; row < batch.sequences(); ++row) {
        const Batch one = batch.part(row, 1);
        CHECK(one.tokens[0] == tokenizer().bos());
        CHECK(tokenizer().decode(one.tokens).starts_with("<|begin_of_text|>User: "));
    }
    // A target is the token after; the answers are asked for, with their ends, and nothing else.
    std::string asked;
    for (std::size_t i = 0; i + 1 < batch.tokens.size(); ++i) {
        if (batch.targets[i] < 0) continue;
        CHECK(batch.targets[i] == batch.tokens[i + 1]);
        asked += tokenizer().piece(batch.targets[i]);
    }
    CHECK(asked.find("User") == std::string::npos);
    CHECK(asked.ends_with("<|eot_id|>"));
}

TEST_CASE("every question and answer fits a row and comes back from its tokens") {
    std::size_t longest = 0;
    Random random(9, 9);
    for (int i = 0; i < 5000; ++i) {
        const Exchange exchange = ask_any(random);
        const std::vector<int> ids = tokenizer().encode(exchange.question);
        CHECK(tokenizer().decode(ids) == exchange.question);
        const std::string turn = "User: " + exchange.question + "Assistant: " + exchange.answer;
        longest = std::max(longest, tokenizer().encode(turn).size() + 3);  // BOS and two ends
    }
    CHECK(longest <= 128);
    const Conversations conversations(tokenizer(), with_vocabulary(small_recipe()));
    const Exchange too_long{std::string(300, '?'), "no", ""};
    CHECK_THROWS_WITH(conversations.questions({&too_long, 1}),
                      Catch::Matchers::ContainsSubstring("at most 192 tokens, found 3"));
    // What is spelled comes letter by letter.
    const std::vector<int> word = tokenizer().encode("User: Spell \"what\"");
    CHECK(std::ranges::count_if(word, [](int id) { return tokenizer().piece(id).size() == 1; }) == 8);
}

}  // namespace
