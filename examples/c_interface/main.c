// A matrix multiplied by integers and by floats, in C.
#include <stdio.h>
#include <stdlib.h>

#include <ternion/ternion.h>

static void check(ternion_status status) {
    if (status == TERNION_OK) return;
    fprintf(stderr, "%s\n", ternion_last_error());
    exit(EXIT_FAILURE);
}

int main(void) {
    // W is 3 outputs by 4 inputs, each weight -1, 0 or +1; 0.5 multiplies them all.
    const int8_t trits[12] = {1, 0, -1, 1, 0, 1, 1, 0, -1, -1, 0, 1};
    const float scale = 0.5f;
    const ternion_scales scales = {&scale, 1, 0};
    ternion_weights* w = NULL;
    check(ternion_pack(NULL, "interleaved2x16", trits, 12, 3, 4, &scales, NULL, &w));

    // Exact: int8 activations, int32 sums. The scale plays no part.
    const int8_t q[4] = {127, -128, 5, 1};
    int32_t sums[3];
    check(ternion_gemv_int8(w, q, 4, sums, 3, NULL));
    printf("%d %d %d\n", (int)sums[0], (int)sums[1], (int)sums[2]);  // 123 -123 2

    // Float activations are quantised to 8 bits on the way, as BitNet b1.58 does.
    const float x[4] = {0.5f, -1.0f, 0.25f, 2.0f};
    float y[3];
    check(ternion_gemv_float(w, x, 4, y, 3, NULL));
    printf("%.3f %.3f %.3f\n", (double)y[0], (double)y[1], (double)y[2]);  // about 1.125 -0.375 1.25

    // What is wrong is said in words.
    if (ternion_gemv_int8(w, q, 3, sums, 3, NULL) != TERNION_OK) printf("%s\n", ternion_last_error());
    ternion_free_weights(w);
    return EXIT_SUCCESS;
}
