#pragma once

namespace bitnet {

/// A token and its logit.
struct Candidate {
    float logit;
    int id;

    /// The order of samplers: the likelier one first, of equals the one with the lower id.
    static bool likelier(const Candidate& a, const Candidate& b) {
        return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
    }
};

}  // namespace bitnet
