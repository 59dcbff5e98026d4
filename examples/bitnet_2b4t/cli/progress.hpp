#pragma once

#include <cstddef>
#include <string>

namespace bitnet::cli {

/// A bar on standard error, where that is a terminal; elsewhere nothing. It takes at most 60 columns, is redrawn only
/// when it looks different, and is wiped out by the destructor.
class Progress {
 public:
    explicit Progress(std::string label);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void update(std::size_t done, std::size_t total);

 private:
    std::string label_;
    std::string shown_;
    bool terminal_;
};

}  // namespace bitnet::cli
