#pragma once

#include <bitnet/model.hpp>
#include <cstddef>
#include <ternion/core/thread_pool.hpp>

#include "../cost/token_work.hpp"

namespace bitnet {

/// What a loaded model is made of, for token_work.
ModelForm form_of(const Model& model);

/// The work of a token that sees `keys` tokens in this model.
TokenWork token_work(const Model& model, double keys);

/// The packing that its ternary layers are computed in.
std::string_view packing_of(const Model& model);

/// Reads once all that a token reads of the layers' matrices and the head, on all threads, and does nothing else: the
/// least time in which a token could read it. Returns the number of bytes.
std::size_t read_weights(const Model& model, ternion::ThreadPool& threads);

}  // namespace bitnet
