#include "load_share.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ternion/core/version.hpp>
#include "../files/named_sizes.hpp"
#include "../files/random_model.hpp"
#include "fnv1a.hpp"

namespace bitnet {

using namespace program;
namespace {

/// A text of each rank, in the order of ranks.
std::vector<std::string> exchanged(ternion::AnyCommunicator& ranks, const std::string& own) {
    constexpr std::size_t room = 512;
    std::vector<char> all(ranks.size() * room);
    std::vector<std::size_t> ends;
    for (std::size_t r = 0; r < ranks.size(); ++r)
        ends.push_back((r + 1) * room);
    own.copy(all.data() + ranks.rank() * room, room - 1);
    ranks.all_gather(std::as_writable_bytes(std::span(all)), ends);
    std::vector<std::string> texts;
    for (std::size_t r = 0; r < ranks.size(); ++r)
        texts.emplace_back(all.data() + r * room);
    return texts;
}

/// Adds a file's size, its beginning, where its metadata is, and some pages of the rest. Returns the size.
std::size_t add_file(Fnv1a& hash, const std::string& path) {
    constexpr std::size_t head = std::size_t{1} << 20, page = 4096, pages = 64;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
    hash.add<std::size_t>({&size, 1});
    std::vector<char> bytes(head);
    const auto add = [&](std::size_t begin, std::size_t count) {
        count = std::min(count, size - std::min(begin, size));
        file.seekg(static_cast<std::streamoff>(begin)).read(bytes.data(), static_cast<std::streamsize>(count));
        hash.add(std::span<const char>(bytes).first(count));
    };
    add(0, head);
    for (std::size_t i = 1; i <= pages; ++i)
        add(size / pages * i - std::min(size / pages * i, page), page);
    return size;
}

/// Short however many files there are, because a text for other ranks has little room.
std::string summary_of(const std::vector<std::string>& files) {
    Fnv1a hash;
    std::size_t bytes = 0;
    for (const std::string& file : files)
        bytes += add_file(hash, file);
    return joined(files.size(), files.size() == 1 ? " file, " : " files, ", bytes, " bytes with hash ", hash.value);
}

struct Disagreement : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws on all ranks where one of them has something else than rank 0.
void check_agreement(ternion::AnyCommunicator& ranks, const std::string& what, const std::string& own) {
    const std::vector<std::string> all = exchanged(ranks, own);
    for (std::size_t r = 1; r < all.size(); ++r) {
        if (all[r] == all[0]) continue;
        throw Disagreement(joined("rank ", r, ": expected ", what, " of rank 0, ", all[0], ", found ", all[r]));
    }
}

void check_agreement(ternion::AnyCommunicator& ranks, const ModelSource& source, const LoadOptions& options) {
    const auto [major, minor, patch] = ternion::version;
    check_agreement(ranks, "the version of the program", joined(major, ".", minor, ".", patch));
    check_agreement(ranks, "the instruction set (--isa)",
                    options.isa.empty() ? known_isa_names().front() : options.isa);
    check_agreement(ranks, "the model", summary_of(source.files()));
}

/// Whether it is so on any rank: all ranks ask at the same times.
bool any(ternion::AnyCommunicator& ranks, bool own) {
    std::int32_t is_so = own ? 1 : 0;
    ranks.all_reduce_max({&is_so, 1});
    return is_so != 0;
}

struct OtherRankFailed {};

}  // namespace

std::unique_ptr<ModelSource> ModelRequest::open() const {
    if (!random) return open_model(name, options.mmap);
    const auto [family, config] = find_size(name);
    return random_source(name, family, config, 1);
}

void ModelRequest::put(RankMessage& message) const {
    message.put(random);
    message.put_text(name);
    message.put(options.threads);
    message.put(options.context);
    message.put(options.batch);
    message.put(options.kv_type);
    message.put(options.activations);
    message.put_text(options.isa);
    message.put(options.mmap);
    message.put(options.full_head);
    message.put(options.skip_zeros);
}

ModelRequest ModelRequest::take(RankMessage& message) {
    ModelRequest request;
    request.random = message.take<bool>();
    request.name = message.take_text();
    LoadOptions& options = request.options;
    options.threads = message.take<int>();
    options.context = message.take<std::size_t>();
    options.batch = message.take<std::size_t>();
    options.kv_type = message.take<KvType>();
    options.activations = message.take<ActivationType>();
    options.isa = message.take_text();
    options.mmap = message.take<bool>();
    options.full_head = message.take<bool>();
    options.skip_zeros = message.take<bool>();
    options.tokenizer = false;  // rank 0 alone talks
    return request;
}

std::shared_ptr<const ModelState> load_share(const ModelRequest& request, std::uint64_t number) {
    ternion::AnyCommunicator& ranks = *request.options.ranks;
    const auto step = [&] {
        if (any(ranks, false)) throw OtherRankFailed();
    };
    std::exception_ptr failure;
    std::string why;
    try {
        check_options(request.options);
        auto source = request.open();
        step();
        const bool unknown_network = any(ranks, !ranks.network());
        check_agreement(ranks, *source, request.options);
        if (unknown_network) ranks.set_network(ternion::measure_network(ranks));
        auto largest = static_cast<std::int32_t>(number);
        ranks.all_reduce_max({&largest, 1});
        LoadOptions options = request.options;
        options.progress = [&](std::size_t done, std::size_t total) {
            step();
            if (request.options.progress) request.options.progress(done, total);
        };
        auto state =
            std::make_shared<const ModelState>(std::move(source), options, static_cast<std::uint64_t>(largest));
        step();
        return state;
    } catch (const OtherRankFailed&) {
    } catch (const Disagreement&) {
        throw;
    } catch (const std::bad_alloc&) {
        failure = std::current_exception();
        why = "out of memory";
    } catch (const std::exception& error) {
        failure = std::current_exception();
        why = error.what();
    } catch (...) {
        failure = std::current_exception();
        why = "given up";
    }
    if (failure) (void)any(ranks, true);
    const std::vector<std::string> reasons = exchanged(ranks, why);
    if (failure) std::rethrow_exception(failure);
    const auto first = std::ranges::find_if(reasons, [](const std::string& reason) { return !reason.empty(); });
    throw std::runtime_error(joined("rank ", first - reasons.begin(), ": ", *first));
}

}  // namespace bitnet
