#ifndef CHECK_H
#define CHECK_H

// What the tests of the C interface are written with: C99, and nothing but the public header.

#include <stddef.h>
#include <stdint.h>
#include <ternion/ternion.h>

/// Counts a check, and prints one that failed.
void check_that(int holds, const char* what, const char* file, int line);
#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)

/// A call that works, and one that is refused with this status and these words.
void check_ok(ternion_status status, const char* what, const char* file, int line);
void check_refused(ternion_status expected, ternion_status found, const char* words, const char* what, const char* file,
                   int line);
#define OK(call) check_ok((call), #call, __FILE__, __LINE__)
#define REFUSED(status, call, words) check_refused((status), (call), (words), #call, __FILE__, __LINE__)

/// Numbers that are the same in each run.
uint32_t next_random(void);

/// An executor that runs each task on a thread of its own.
ternion_executor threads(size_t concurrency);

void test_library(void);
void test_abi(void);
void test_products(void);
void test_scales(void);
void test_errors(void);
void test_threads(void);
void test_allocation(void);

#endif
