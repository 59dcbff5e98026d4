#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <climits>
#include <filesystem>
#include <fstream>
#include <string>
#include <ternion/core/processors.hpp>
#include <ternion/core/thread_pool.hpp>

namespace {

namespace fs = std::filesystem;

/// A folder that stands for /sys/fs/cgroup, and a file for /proc/self/cgroup.
class Cgroups {
 public:
    Cgroups() {
        fs::remove_all(folder_);
        write("membership", "0::/\n");
    }
    ~Cgroups() { fs::remove_all(folder_); }

    Cgroups& write(const std::string& path, const std::string& text) {
        fs::create_directories((folder_ / path).parent_path());
        std::ofstream(folder_ / path) << text;
        return *this;
    }
    int processors() const { return ternion::cgroup_processors(folder_.string(), (folder_ / "membership").string()); }

 private:
    fs::path folder_ = fs::temp_directory_path() / ("ternion-cgroups-" + std::to_string(::getpid()));
};

TEST_CASE("without cgroups or without a quota there is no limit") {
    CHECK(Cgroups().processors() == INT_MAX);
    CHECK(Cgroups().write("cpu.max", "max 100000\n").processors() == INT_MAX);
    CHECK(Cgroups().write("cpu/cpu.cfs_quota_us", "-1\n").write("cpu/cpu.cfs_period_us", "100000\n").processors() ==
          INT_MAX);
    CHECK(Cgroups().write("cpu.max", "nonsense").processors() == INT_MAX);
    CHECK(Cgroups().write("cpu/cpu.cfs_quota_us", "200000\n").processors() == INT_MAX);
    CHECK(ternion::cgroup_processors("/no/such/folder", "/no/such/file") == INT_MAX);
}

TEST_CASE("a quota counts in whole processors, rounded up, in both versions of cgroups") {
    CHECK(Cgroups().write("cpu.max", "200000 100000\n").processors() == 2);
    CHECK(Cgroups().write("cpu.max", "150000 100000\n").processors() == 2);
    CHECK(Cgroups().write("cpu.max", "1000 100000\n").processors() == 1);
    const auto version1 = [](const std::string& folder, const std::string& quota) {
        return Cgroups()
            .write(folder + "/cpu.cfs_quota_us", quota + "\n")
            .write(folder + "/cpu.cfs_period_us", "50000\n")
            .processors();
    };
    CHECK(version1("cpu", "150000") == 3);
    CHECK(version1("cpu,cpuacct", "150001") == 4);
}

TEST_CASE("the smallest quota counts of the process's own group and of those around it") {
    Cgroups cgroups;
    cgroups.write("membership", "0::/pod/box\n").write("pod/box/cpu.max", "400000 100000\n");
    CHECK(cgroups.processors() == 4);
    cgroups.write("pod/cpu.max", "300000 100000\n").write("other/cpu.max", "100000 100000\n");
    CHECK(cgroups.processors() == 3);
    cgroups.write("cpu.max", "200000 100000\n");
    CHECK(cgroups.processors() == 2);

    Cgroups version1;
    version1.write("membership", "3:memory:/elsewhere\n2:cpu,cpuacct:/docker/a\n")
        .write("cpu,cpuacct/docker/a/cpu.cfs_quota_us", "500000")
        .write("cpu,cpuacct/docker/a/cpu.cfs_period_us", "100000");
    CHECK(version1.processors() == 5);
}

TEST_CASE("a pool has as many threads by default as this process may use") {
    const int usable = ternion::usable_processors();
    CHECK(usable >= 1);
    CHECK(usable <= ternion::cgroup_processors());
    CHECK(ternion::ThreadPool().concurrency() == static_cast<std::size_t>(usable));
}

}  // namespace
