// Versions, names and sizes.
#include <stdio.h>
#include <string.h>

#include "check.h"

static void test_isas(void) {
    const ternion_isa* best = NULL;
    OK(ternion_find_isa(NULL, &best));
    size_t available = 0;
    for (size_t i = 0; i < ternion_isa_count(); ++i) {
        const char* name = ternion_isa_name_at(i);
        const ternion_isa* isa = NULL;
        CHECK(name != NULL && name[0] != '\0');
        if (!ternion_isa_available_at(i)) {
            REFUSED(TERNION_NOT_FOUND, ternion_find_isa(name, &isa), "this machine can't run the instruction set");
            CHECK(isa == NULL);
            continue;
        }
        OK(ternion_find_isa(name, &isa));
        CHECK(strcmp(ternion_isa_name(isa), name) == 0);
        CHECK(available != 0 || isa == best);  // best first
        ++available;
    }
    CHECK(available > 0);
    CHECK(strcmp(ternion_isa_name(NULL), ternion_isa_name(best)) == 0);
    CHECK(ternion_isa_name_at(ternion_isa_count()) == NULL);
    CHECK(!ternion_isa_available_at(ternion_isa_count()));
    printf("%u of %u instruction sets run here; best: %s\n", (unsigned)available, (unsigned)ternion_isa_count(),
           ternion_isa_name(NULL));
}

static void test_packings(void) {
    static const char* const expected[] = {"int8",
                                           "i2_s",
                                           "tq1_0",
                                           "tq2_0",
                                           "q2_0",
                                           "hugging_face",
                                           "interleaved2x16",
                                           "trits5x16",
                                           "pair_lookup",
                                           "triple_lookup",
                                           "bit_planes",
                                           "trits5_rows",
                                           "trits5_rows_by_input",
                                           "two_bit_rows_by_input",
                                           "binary"};
    const size_t count = sizeof expected / sizeof expected[0];
    CHECK(ternion_packing_count() == count);
    for (size_t i = 0; i < count; ++i) {
        ternion_packing_info at, named;
        OK(ternion_packing_at(i, &at));
        OK(ternion_find_packing(expected[i], &named));
        CHECK(strcmp(at.name, expected[i]) == 0 && at.name == named.name);
        CHECK(at.bits_per_weight >= 1 && at.bits_per_weight <= 8 && at.bits_per_weight == named.bits_per_weight);
        CHECK(at.has_zeros == (strcmp(at.name, "binary") != 0));
        CHECK(at.group_inputs == (strncmp(at.name, "tq", 2) == 0 ? 256u : strcmp(at.name, "q2_0") == 0 ? 64u : 0u));
    }
    size_t bytes = 0;
    OK(ternion_packed_bytes("i2_s", 3, 128, &bytes));
    CHECK(bytes == 96);
    OK(ternion_packed_bytes("tq2_0", 2, 257, &bytes));
    CHECK(bytes == 2 * 2 * 66);
    OK(ternion_packed_bytes("hugging_face", 5, 7, &bytes));
    CHECK(bytes == 14);
}

void test_library(void) {
    CHECK(ternion_abi_version() == TERNION_ABI_VERSION);
    CHECK(strlen(ternion_version()) >= 5);
    test_isas();
    test_packings();
    CHECK(ternion_quantizer_count() >= 4);
    CHECK(strcmp(ternion_quantizer_name_at(0), "absmax8") == 0);
    CHECK(ternion_quantizer_name_at(ternion_quantizer_count()) == NULL);
}
