// docs/c_interface.md shows this.
#include <stdio.h>

#include <ternion/ternion.h>

void multiply_in_c(void);

void multiply_in_c(void) {
    const int8_t trits[12] = {1, 0, -1, 1, 0, 1, 1, 0, -1, -1, 0, 1};  // [N,K] = [3,4]
    const int8_t q[4] = {127, -128, 5, 1};
    int32_t y[3];
    ternion_weights* w;
    if (ternion_pack(NULL, "interleaved2x16", trits, 12, 3, 4, NULL, NULL, &w) != TERNION_OK ||
        ternion_gemv_int8(w, q, 4, y, 3, NULL) != TERNION_OK)
        fprintf(stderr, "%s\n", ternion_last_error());
    ternion_free_weights(w);
}
