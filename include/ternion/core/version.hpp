#pragma once

// The one place that states the version; CMake reads it from here.
#define TERNION_VERSION_MAJOR 0
#define TERNION_VERSION_MINOR 1
#define TERNION_VERSION_PATCH 0

namespace ternion {

struct Version {
    int major, minor, patch;
};

/// The version of these headers.
inline constexpr Version version{TERNION_VERSION_MAJOR, TERNION_VERSION_MINOR, TERNION_VERSION_PATCH};

}  // namespace ternion
