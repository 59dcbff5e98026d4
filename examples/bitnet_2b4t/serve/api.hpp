#pragma once

#include <atomic>
#include <bitnet/chat_template.hpp>
#include <bitnet/model.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access_log.hpp"
#include "api_request.hpp"
#include "http_server.hpp"
#include "scheduler.hpp"

namespace bitnet::serve {

struct PageFile;

struct ApiOptions {
    std::vector<std::string> keys = {};  // any of them opens the API; none: it is open
    std::string chat_template = {};      // as ChatTemplate's
    std::string pooling = {};            // "last": vectors also of a model that doesn't say how they are made
    SamplingOptions sampling = {};       // where a request doesn't say
    int timeout_seconds = 600;           // for a request; 0: no end
    bool log = true, log_json = false, log_bodies = false;
};

/// What a model is called: by its folder's name, or its file's without ".gguf".
std::string model_id(const std::string& path);

/// The endpoints: reads requests, submits jobs, and answers with OpenAI's objects. From any thread.
class Api {
 public:
    /// Throws as ChatTemplate does for a name that is none; a model without a template can't chat. `scheduler` must
    /// outlive it, and outlive no answer: it is destroyed first.
    Api(const Model& model, Scheduler& scheduler, ApiOptions options);

    void handle(HttpRequest request, std::shared_ptr<Responder> responder);
    /// From now on new requests for text or vectors are refused.
    void drain() { draining_ = true; }

 private:
    struct Call;
    using Endpoint = void (Api::*)(Call&);

    void answer(Call& call);
    static void require_method(Call& call, std::string_view method);
    void check_key(const HttpRequest& request) const;
    void health(Call& call);
    void models(Call& call);
    void model(Call& call);
    void props(Call& call);
    void slots(Call& call);
    void metrics(Call& call);
    void tokenize(Call& call);
    void detokenize(Call& call);
    void chat(Call& call);
    void complete(Call& call);
    void embed(Call& call);
    void page(Call& call, const PageFile& file);

    void generate(Call& call, TextRequest request);
    void check_count(std::size_t count, const char* field) const;
    void submit(Call& call, std::vector<Job> jobs);
    Answered logger(const Call& call);
    Clock::time_point deadline() const;
    Json model_object() const;

    Model model_;
    Scheduler& scheduler_;
    ApiOptions options_;
    AccessLog log_;
    std::string name_;
    std::optional<ChatTemplate> chat_;
    RequestContext context_;
    std::int64_t started_;
    std::atomic<bool> draining_ = false;
};

}  // namespace bitnet::serve
