// A unit for runtime dispatch: compiled for a wide instruction set, called only where the CPU has it. It keeps to raw
// pointers, so that no inline function that other units share is compiled here with the wide instructions: such
// functions are weak symbols, and the linker may keep this unit's for all. `weak_symbols.sh` proves that there are
// none.
#include "dispatched.hpp"

#include <ternion/ternion.hpp>

void DISPATCHED(const Job& job) {
    const ternion::Shape shape{job.rows, job.cols};
    const ternion::ActivationView x{job.activations, 1, job.cols, job.cols, nullptr, &job.sum_of_activations};
    ternion::multiply(ternion::TernaryView<ternion::I2S>(shape, job.i2s, 1.0f), x, {0, job.rows},
                      ternion::Output<std::int32_t>{job.i2s_results, job.rows});
    ternion::multiply(ternion::TernaryView<ternion::Interleaved2x16>(shape, job.interleaved, 1.0f), x, {0, job.rows},
                      ternion::Output<std::int32_t>{job.interleaved_results, job.rows});
}
