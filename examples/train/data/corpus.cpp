#include "corpus.hpp"

#include <algorithm>
#include <program/io/file_error.hpp>
#include <stdexcept>

#include "../dialogues/random.hpp"

namespace train {

Sequence sequence_of(std::vector<int> tokens, const std::vector<bool>& learned) {
    Sequence sequence;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
        sequence.targets.push_back(learned[i + 1] ? tokens[i + 1] : -1);
    tokens.pop_back();
    sequence.tokens = std::move(tokens);
    return sequence;
}

namespace {

void shuffle(std::vector<std::size_t>& order, Random random) {
    for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[static_cast<std::size_t>(random() % left)]);
}

}  // namespace

Corpus::Corpus(std::vector<Sequence> sequences, const Options& options)
    : sequences_(std::move(sequences)), options_(options) {
    for (Group group = 0; group < sequences_.size(); group += options_.together)
        learned_.push_back(group);
    shuffle(learned_, Random(options_.seed, 2));
    const auto count = static_cast<std::size_t>(options_.held_out * static_cast<double>(learned_.size()) + 0.5);
    held_out_.assign(learned_.end() - static_cast<std::ptrdiff_t>(count), learned_.end());
    learned_.resize(learned_.size() - count);
    std::ranges::sort(held_out_);
    std::ranges::sort(learned_);
    if (learned_.empty()) throw std::runtime_error("expected data to learn from, found none");
}

void Corpus::hold_out(std::vector<Sequence> sequences) {
    for (Group group = 0; group < sequences.size(); group += options_.together)
        held_out_.push_back(sequences_.size() + group);
    sequences_.insert(sequences_.end(), std::make_move_iterator(sequences.begin()),
                      std::make_move_iterator(sequences.end()));
}

std::vector<std::vector<Corpus::Group>> Corpus::packed(const std::vector<Group>& order) const {
    std::vector<std::vector<Group>> batches;
    std::size_t room = 0;
    for (const Group group : order) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < options_.together; ++i)
            size += sequences_[group + i].tokens.size();
        if (batches.empty() || size > room) {
            batches.emplace_back();
            room = std::max(size, options_.batch_tokens);
        }
        batches.back().push_back(group);
        room -= size;
    }
    return batches;
}

void Corpus::plan(std::size_t epoch) {
    if (epoch_.number == epoch) return;
    std::vector<Group> order = learned_;
    shuffle(order, Random(options_.seed, 3 + epoch));
    epoch_ = {epoch, packed(order)};
    if (first_batch_.size() == epoch + 1) first_batch_.push_back(first_batch_.back() + epoch_.batches.size());
}

std::size_t Corpus::batches(std::size_t epochs) {
    while (first_batch_.size() <= epochs)
        plan(first_batch_.size() - 1);
    return first_batch_[epochs];
}

const std::vector<Corpus::Group>& Corpus::groups_of(std::size_t index) {
    while (index >= first_batch_.back())
        plan(first_batch_.size() - 1);
    const auto after = std::ranges::upper_bound(first_batch_, index);
    const auto epoch = static_cast<std::size_t>(after - first_batch_.begin()) - 1;
    plan(epoch);
    return epoch_.batches[index - first_batch_[epoch]];
}

Batch Corpus::training(std::size_t index) {
    return batch_of(groups_of(index));
}

Batch Corpus::batch_of(const std::vector<Group>& groups) const {
    Batch batch;
    for (const Group group : groups) {
        for (Group i = group; i < group + options_.together; ++i) {
            batch.add(sequences_[i].tokens, sequences_[i].targets);
            if (options_.together == 2) batch.reference.push_back(reference_.at(i));
        }
    }
    return batch;
}

std::vector<HeldOut> Corpus::held_out(std::size_t of_each) const {
    if (held_out_.empty()) return {};
    std::vector<Group> some(held_out_.begin(),
                            held_out_.begin() + static_cast<std::ptrdiff_t>(std::min(of_each, held_out_.size())));
    HeldOut all{kinds().front(), {}};
    for (const std::vector<Group>& groups : packed(some))
        all.batches.push_back(batch_of(groups));
    return {all};
}

std::vector<std::string> Corpus::kinds() const {
    if (held_out_.empty()) return {};
    return {options_.together == 2 ? "pairs" : options_.answers ? "dialogues" : "texts"};
}

std::size_t Corpus::longest() const {
    std::size_t longest = 0;
    for (const Sequence& sequence : sequences_)
        longest = std::max(longest, sequence.tokens.size());
    return longest;
}

std::string Corpus::origin(std::size_t index) {
    constexpr std::size_t most = 5;
    const std::vector<Group>& groups = groups_of(index);
    std::string text;
    for (std::size_t i = 0; i < std::min(most, groups.size()); ++i) {
        const Sequence& sequence = sequences_[groups[i]];
        text += program::joined(text.empty() ? "" : "; ", sequence.file, ", line ", sequence.line);
    }
    return groups.size() > most ? text + "; ..." : text;
}

Fingerprint Corpus::fingerprint() const {
    Fingerprint all;
    for (const Sequence& sequence : sequences_) {
        all.add(sequence.tokens);
        all.add(sequence.targets);
    }
    all.add(learned_);
    all.add(held_out_);
    return all;
}

}  // namespace train
