#include "metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace bitnet::serve {
namespace {

class Metrics {
 public:
    void counter(const char* name, const char* help, double value) { add(name, "counter", help, value); }
    void gauge(const char* name, const char* help, double value) { add(name, "gauge", help, value); }
    void labelled(const char* name, const char* label, const char* of, double value) {
        line(std::string(name) + "{" + label + "=\"" + of + "\"}", value);
    }
    void head(const char* name, const char* type, const char* help) {
        text += std::string("# HELP bitnet_") + name + " " + help + "\n# TYPE bitnet_" + name + " " + type + "\n";
    }

    std::string text;

 private:
    void add(const char* name, const char* type, const char* help, double value) {
        head(name, type, help);
        line(name, value);
    }
    void line(const std::string& name, double value) {
        char number[40];
        std::snprintf(number, sizeof number, " %.15g\n", value);
        text += "bitnet_" + name + number;
    }
};

}  // namespace

std::string metrics_text(const SchedulerStatus& s) {
    Metrics m;
    m.counter("prompt_tokens_total", "Tokens of prompts, cached ones included", static_cast<double>(s.prompt_tokens));
    m.counter("cached_tokens_total", "Tokens of prompts that were not computed again",
              static_cast<double>(s.cached_tokens));
    m.counter("generated_tokens_total", "Tokens generated", static_cast<double>(s.generated_tokens));
    m.counter("prompt_seconds_total", "Seconds that prompts took, over all requests", s.prompt_seconds);
    m.counter("generation_seconds_total", "Seconds that texts took, over all requests", s.generation_seconds);
    m.counter("busy_seconds_total", "Seconds in which the model computed", s.busy_seconds);
    m.counter("steps_total", "Passes over the model's weights", static_cast<double>(s.steps));
    m.head("texts_total", "counter", "Texts that ended, by reason");
    for (std::size_t i = 0; i < s.ended.size(); ++i)
        m.labelled("texts_total", "reason", name_of(static_cast<FinishReason>(i)), static_cast<double>(s.ended[i]));
    const auto busy =
        std::ranges::count_if(s.slots, [](const SlotStatus& slot) { return slot.state != SlotStatus::State::idle; });
    m.gauge("slots", "Slots", static_cast<double>(s.slots.size()));
    m.gauge("slots_busy", "Slots in use", static_cast<double>(busy));
    m.gauge("queued", "Texts that wait for a slot", static_cast<double>(s.queued));
    const std::size_t bytes =
        std::accumulate(s.slots.begin(), s.slots.end(), std::size_t{0},
                        [](std::size_t sum, const SlotStatus& slot) { return sum + slot.cache_bytes; });
    m.gauge("slots_cache_bytes", "Memory of the slots' KV caches, shared blocks counted for each",
            static_cast<double>(bytes));
    m.gauge("prefix_cache_bytes", "Memory of the prefix cache", static_cast<double>(s.kept_bytes));
    m.gauge("prefix_cache_sequences", "Sequences in the prefix cache", static_cast<double>(s.kept_prefixes));
    return m.text;
}

int retry_seconds(const SchedulerStatus& s) {
    const double ended = static_cast<double>(std::accumulate(s.ended.begin(), s.ended.end(), std::uint64_t{0}));
    if (ended == 0 || s.slots.empty()) return 1;
    const double each = s.job_seconds / ended;
    const double turns = static_cast<double>(s.queued + 1) / static_cast<double>(s.slots.size());
    return static_cast<int>(std::clamp(std::ceil(each * turns), 1.0, 60.0));
}

}  // namespace bitnet::serve
