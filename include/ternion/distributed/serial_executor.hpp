#pragma once

#include "../core/executor.hpp"

namespace ternion::detail {

/// For parameters of type E& whose default is Serial.
inline Serial serial;

}  // namespace ternion::detail
