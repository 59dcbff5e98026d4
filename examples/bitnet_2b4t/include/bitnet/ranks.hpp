#pragma once

namespace ternion {
class AnyCommunicator;
}

namespace bitnet {

/// Several processes that compute one model, each with a share of its weights and of the KV cache: rank 0 loads a model
/// with LoadOptions::ranks and uses it like any other, while all other ranks are in `follow`. Results are those of one
/// process, bit for bit. The calls of all sessions take turns. Files are read by every rank, under the same path.

/// Loads and computes what rank 0 does, until rank 0 calls `release_ranks`. Returns then. What goes wrong here while a
/// model is loaded is thrown on rank 0 by load_model; anything later ends all ranks.
void follow(ternion::AnyCommunicator& ranks);

/// Rank 0 lets the others go. No model that they have a share of may be used afterwards.
void release_ranks(ternion::AnyCommunicator& ranks);

}  // namespace bitnet
