#pragma once

// As much of Catch2 as the text splitter's tests use, for machines that it isn't built for.

#include <cstdio>

namespace web_tests {

inline int checks = 0, failures = 0;

struct Case {
    explicit Case(void (*run)()) { run(); }
};

inline void check(bool good, const char* what, int line) {
    ++checks;
    if (good) return;
    ++failures;
    std::printf("line %d: %s\n", line, what);
}

}  // namespace web_tests

#define WEB_TESTS_JOIN(a, b) a##b
#define WEB_TESTS_NAME(a, b) WEB_TESTS_JOIN(a, b)
#define TEST_CASE(name)                                                                           \
    static void WEB_TESTS_NAME(run_, __LINE__)();                                                 \
    static const web_tests::Case WEB_TESTS_NAME(case_, __LINE__)(WEB_TESTS_NAME(run_, __LINE__)); \
    static void WEB_TESTS_NAME(run_, __LINE__)()
#define CHECK(...) web_tests::check((__VA_ARGS__), #__VA_ARGS__, __LINE__)
