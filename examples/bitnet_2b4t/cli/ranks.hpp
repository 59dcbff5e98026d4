#pragma once

#include <functional>
#include <memory>
#include <ternion/distributed/any_communicator.hpp>

namespace bitnet::cli {

/// The processes that `mpirun` has started, of which this is one; null without `mpirun`, or in a build without MPI.
const std::shared_ptr<ternion::AnyCommunicator>& ranks();

/// Runs `program` on rank 0, the only one that looks at the command line and talks to the user, while the others
/// compute with it. Returns the status that this process ends with.
int run_on_ranks(const std::function<int()>& program);

}  // namespace bitnet::cli
