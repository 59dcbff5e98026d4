#pragma once

#include <string>

#include "scheduler.hpp"

namespace bitnet::serve {

/// What a scheduler has done and does, in the text format of Prometheus.
std::string metrics_text(const SchedulerStatus& status);

/// After how many seconds a slot may be free for one that is refused now: 1 to 60.
int retry_seconds(const SchedulerStatus& status);

}  // namespace bitnet::serve
