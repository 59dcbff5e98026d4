// ternion_c_interface_tests NAME...: runs these tests, and says how many checks held.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static unsigned long checks, failures;

void check_that(int holds, const char* what, const char* file, int line) {
    ++checks;
    if (holds) return;
    if (++failures <= 20) printf("%s:%d: failed: %s\n", file, line, what);
}

void check_ok(ternion_status status, const char* what, const char* file, int line) {
    check_that(status == TERNION_OK, what, file, line);
    if (status != TERNION_OK) printf("  status %d: %s\n", (int)status, ternion_last_error());
}

void check_refused(ternion_status expected, ternion_status found, const char* words, const char* what, const char* file,
                   int line) {
    const int right = found == expected && strstr(ternion_last_error(), words) != NULL;
    check_that(right, what, file, line);
    if (!right)
        printf("  expected status %d with '%s', found %d: %s\n", (int)expected, words, (int)found,
               ternion_last_error());
}

uint32_t next_random(void) {
    static uint32_t state = 12345;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

int main(int argc, char** argv) {
    static const struct {
        const char* name;
        void (*run)(void);
    } tests[] = {{"library", test_library},      {"abi", test_abi},       {"products", test_products},
                 {"scales", test_scales},        {"errors", test_errors}, {"threads", test_threads},
                 {"allocation", test_allocation}};
    for (int i = 1; i < argc; ++i) {
        int known = 0;
        for (size_t t = 0; t < sizeof tests / sizeof tests[0]; ++t) {
            if (strcmp(argv[i], tests[t].name) != 0) continue;
            const unsigned long before = checks;
            tests[t].run();
            known = 1;
            printf("%s: %lu checks\n", argv[i], checks - before);
            check_that(checks > before, "no check ran", argv[i], 0);
        }
        check_that(known, "there is no such test", argv[i], 0);
    }
    printf("%lu of %lu checks failed\n", failures, checks);
    return failures == 0 && checks != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
