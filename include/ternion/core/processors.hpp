#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace ternion {

namespace processors_detail {

/// What a small text file holds; empty where it can't be read.
inline std::string text_of(const std::string& path) {
    std::string text;
    if (std::FILE* file = std::fopen(path.c_str(), "r")) {
        char some[4096];
        for (std::size_t size; (size = std::fread(some, 1, sizeof(some), file)) != 0;)
            text.append(some, size);
        std::fclose(file);
    }
    return text;
}

/// The processors that a quota of time in each period is, rounded up; no limit where it is none.
inline int processors_of(const std::string& quota, const std::string& period) {
    long long time = 0, whole = 0;
    const bool known =
        std::sscanf(quota.c_str(), "%lld", &time) == 1 && std::sscanf(period.c_str(), "%lld", &whole) == 1;
    if (!known || time <= 0 || whole <= 0) return (std::numeric_limits<int>::max)();
    return static_cast<int>(std::min<long long>((time - 1) / whole + 1, (std::numeric_limits<int>::max)()));
}

/// The limit of one group of processes, by the files of version 2 (cpu.max: "150000 100000", or "max 100000") or 1.
inline int limit_of_group(const std::string& folder) {
    const std::string both = text_of(folder + "/cpu.max");
    if (const std::size_t space = both.find(' '); space != std::string::npos) {
        return processors_of(both.substr(0, space), both.substr(space + 1));
    }
    return processors_of(text_of(folder + "/cpu.cfs_quota_us"), text_of(folder + "/cpu.cfs_period_us"));
}

/// The smallest limit of a group and of those around it, up to `folder`.
inline int limit_up_to(const std::string& folder, std::string group) {
    int least = limit_of_group(folder);
    while (!group.empty() && group != "/") {
        least = (std::min)(least, limit_of_group(folder + group));
        group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
    }
    return least;
}

}  // namespace processors_detail

/// How many processors' time the cgroup of this process may take, which is how containers are limited: the smallest
/// quota of its group and of all around it, rounded up; the largest int where there is none, or no cgroups at all.
/// `folder` is where cgroups are mounted, version 2 or 1; `membership` the file that says which group this process is
/// in. A container often sees its own group as the root: both are looked at. Allocates; call it once.
inline int cgroup_processors(const std::string& folder = "/sys/fs/cgroup",
                             const std::string& membership = "/proc/self/cgroup") {
    using namespace processors_detail;
    int least =
        (std::min)({limit_of_group(folder), limit_of_group(folder + "/cpu"), limit_of_group(folder + "/cpu,cpuacct")});
    const std::string lines = text_of(membership);
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = (std::min)(lines.find('\n', begin), lines.size());
        const std::string line = lines.substr(begin, end - begin);  // "0::/a/b", or in version 1 "4:cpu,cpuacct:/a/b"
        begin = end + 1;
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty()) {
            least = (std::min)(least, limit_up_to(folder, group));
        } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
            least = (std::min)(
                {least, limit_up_to(folder + "/" + controllers, group), limit_up_to(folder + "/cpu", group)});
        }
    }
    return least;
}

/// How many processors this process may use, at least 1: those of its affinity mask, where the system has one, and no
/// more than its container's quota of time amounts to.
inline int usable_processors() {
    int count = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) count = CPU_COUNT(&set);
    count = (std::min)(count, cgroup_processors());
#endif
    return (std::max)(1, count);
}

}  // namespace ternion
