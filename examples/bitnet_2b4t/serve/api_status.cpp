// What the server tells of itself.
#include "api_call.hpp"
#include "api_error.hpp"
#include "metrics.hpp"

namespace bitnet::serve {

void Api::health(Call& call) {
    if (draining_) throw ApiError("the server is about to end", "", 503);
    call.send(Json{{"status", "ok"}});
}

Json Api::model_object() const {
    return {{"id", name_},
            {"object", "model"},
            {"created", started_},
            {"owned_by", "ternion"},
            {"meta", {{"n_ctx", model_.context()}, {"n_vocab", model_.vocabulary_size()}}}};
}

void Api::models(Call& call) {
    call.send(Json{{"object", "list"}, {"data", Json::array({model_object()})}});
}

void Api::model(Call& call) {
    if (call.request.path != "/v1/models/" + name_)
        throw ApiError("there is no such model; this server has " + name_, "model", 404, "model_not_found");
    call.send(model_object());
}

void Api::props(Call& call) {
    const SamplingOptions& s = options_.sampling;
    call.send(Json{{"model", name_},
                   {"total_slots", scheduler_.options().slots},
                   {"n_ctx", model_.context()},
                   {"n_vocab", model_.vocabulary_size()},
                   {"chat_template", chat_ ? Json(chat_->name()) : Json()},
                   {"kv_type", kv_type_names[static_cast<std::size_t>(model_.options().kv_type)]},
                   {"isa", model_.options().isa},
                   {"threads", model_.options().threads},
                   {"default_generation_settings",
                    {{"temperature", s.temperature},
                     {"top_k", s.top_k},
                     {"top_p", s.top_p},
                     {"min_p", s.min_p},
                     {"repeat_penalty", s.repeat_penalty},
                     {"repeat_last_n", s.repeat_last_n}}}});
}

void Api::slots(Call& call) {
    constexpr const char* states[] = {"idle", "reading", "generating"};
    Json list = Json::array();
    for (const SlotStatus& slot : scheduler_.status().slots) {
        list.push_back({{"id", list.size()},
                        {"state", states[static_cast<std::size_t>(slot.state)]},
                        {"is_processing", slot.state != SlotStatus::State::idle},
                        {"n_ctx", model_.context()},
                        {"prompt_tokens", slot.prompt_tokens},
                        {"tokens", slot.tokens},
                        {"generated_tokens", slot.generated_tokens},
                        {"cache_bytes", slot.cache_bytes}});
    }
    call.send(list);
}

void Api::metrics(Call& call) {
    call.send(HttpReply{.type = "text/plain; version=0.0.4", .body = metrics_text(scheduler_.status())});
}

}  // namespace bitnet::serve
