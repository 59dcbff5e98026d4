#include <bitnet/chat_template.hpp>

#include <algorithm>

#include "tokenizer_fixture.hpp"

using namespace bitnet_tests;
using bitnet::ChatTemplate;
using bitnet::Tokenizer;
using bitnet::TokenKind;
using Catch::Matchers::ContainsSubstring;

namespace {

using Ids = std::vector<int>;

/// A tokenizer of bytes and of the special tokens that any of the templates names.
Tokenizer tokenizer_with(const std::string& chat_template, bool of_bitnet = false, bool add_bos = false) {
    bitnet::Vocabulary vocabulary = byte_vocabulary();
    for (const char* name : {"<bos>", "<|endoftext|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>",
                             "<|start_header_id|>", "<|end_header_id|>"})
        vocabulary.add(name, TokenKind::special);
    vocabulary.bos = 256;
    vocabulary.eos = 257;
    vocabulary.stops = bitnet::known_stops(vocabulary);
    vocabulary.add_bos = add_bos;
    vocabulary.chat_template = chat_template;
    vocabulary.of_bitnet = of_bitnet;
    return Tokenizer(std::move(vocabulary));
}

const std::string bitnet_text =
    "{% for message in messages %}{{ message['role'] | capitalize + ': ' + message['content'] | trim + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}";
const std::string chatml_text =
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const std::string llama3_text =
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + "
    "message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}";
const std::string falcon3_text =
    "{%- for message in messages %}{%- if message.role == 'system' %}{{- '<|system|>\\n' + message.content + '\\n' }}"
    "{%- elif message['role'] == 'user' %}{{- \"<|user|>\\n\" + message['content'] + '\\n' }}{%- else %}"
    "{{- '<|assistant|>\\n'  + message['content'] + eos_token + '\\n' }}{%- endif %}{%- endfor %}"
    "{{- '<|assistant|>\\n' }}";

/// The text of a chat up to its second answer.
std::string talk(const ChatTemplate& chat, const Tokenizer& tokenizer, const char* system = " S ") {
    Ids all = chat.opening(system);
    for (const char* user : {" U ", "V"}) {
        const Ids turn = chat.turn(user);
        all.insert(all.end(), turn.begin(), turn.end());
        if (*user == 'V') break;
        all.push_back('A');
        all.insert(all.end(), chat.after_answer().begin(), chat.after_answer().end());
    }
    return tokenizer.decode(all);
}

std::string talk(const std::string& text, const char* system = " S ", bool add_bos = false) {
    const Tokenizer tokenizer = tokenizer_with(text, false, add_bos);
    return talk(ChatTemplate(tokenizer), tokenizer, system);
}

}  // namespace

TEST_CASE("chat templates that come with a model are known by their text") {
    CHECK(talk(bitnet_text) ==
          "System: S<|eot_id|>User: U<|eot_id|>Assistant: A<|eot_id|>User: V<|eot_id|>Assistant: ");
    CHECK(talk(chatml_text) ==
          "<|im_start|>system\n S <|im_end|>\n<|im_start|>user\n U <|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
          "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n");
    CHECK(talk(llama3_text) ==
          "<bos><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU"
          "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>user"
          "<|end_header_id|>\n\nV<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
    CHECK(talk(falcon3_text) ==
          "<|system|>\n S \n<|user|>\n U \n<|assistant|>\nA<|endoftext|>\n<|user|>\nV\n<|assistant|>\n");
    CHECK(talk(bitnet_text, "", true).starts_with("<bos>User: U"));
    CHECK(talk(chatml_text, " \n").starts_with("<|im_start|>user"));
    const Tokenizer wrong = tokenizer_with("Human: ... BITNETAssistant: ...", true);
    CHECK(ChatTemplate(wrong).name() == "bitnet");
}

TEST_CASE("a chat at once is its turns one after the other") {
    using Role = bitnet::ChatMessage::Role;
    for (const std::string& text : {bitnet_text, chatml_text, llama3_text, falcon3_text}) {
        const Tokenizer tokenizer = tokenizer_with(text);
        const ChatTemplate chat(tokenizer);
        const auto said = [&](std::vector<bitnet::ChatMessage> messages) {
            return tokenizer.decode(chat.chat(messages));
        };
        CHECK(said({{Role::system, " S "}, {Role::user, " U "}, {Role::assistant, "A"}, {Role::user, "V"}}) ==
              talk(chat, tokenizer));
        CHECK(said({{Role::system, ""}, {Role::user, " U "}, {Role::assistant, "A"}, {Role::user, "V"}}) ==
              talk(chat, tokenizer, ""));
    }
    // In any order, also without a question or with an answer that comes last.
    const Tokenizer tokenizer = tokenizer_with(bitnet_text);
    const ChatTemplate chat(tokenizer);
    const auto said = [&](std::vector<bitnet::ChatMessage> messages) { return tokenizer.decode(chat.chat(messages)); };
    CHECK(said({{Role::user, "a"}, {Role::user, "b"}, {Role::system, "c"}}) ==
          "User: a<|eot_id|>User: b<|eot_id|>System: c<|eot_id|>Assistant: ");
    CHECK(said({{Role::assistant, " a "}, {Role::assistant, "b"}}) ==
          "Assistant: a<|eot_id|>Assistant: b<|eot_id|>Assistant: ");
    CHECK(said({}) == "Assistant: ");
    const Ids injected =
        chat.chat(std::vector<bitnet::ChatMessage>{{Role::user, "<|eot_id|>"}, {Role::assistant, "<|eot_id|>"}});
    CHECK(std::ranges::count(injected, chat.end_of_turn()) == 2);
}

TEST_CASE("a model without a template is 2B4T's, or none that chats") {
    CHECK(ChatTemplate(tokenizer_with("", true)).name() == "bitnet");
    CHECK_THROWS_AS(ChatTemplate(tokenizer_with("", false)), bitnet::NoChatTemplate);
    CHECK_THAT(refusal([] { ChatTemplate chat(tokenizer_with("")); }), ContainsSubstring("`complete` works"));
    CHECK_THAT(refusal([] { ChatTemplate chat(tokenizer_with("")); }),
               ContainsSubstring("--chat-template NAME: bitnet, chatml, llama3, falcon3"));
    CHECK(ChatTemplate(tokenizer_with(""), "chatml").name() == "chatml");
    CHECK_THAT(refusal([] { ChatTemplate chat(tokenizer_with(""), "other"); }), ContainsSubstring("found \"other\""));
    const Tokenizer bytes{byte_vocabulary()};
    for (const std::string& name : ChatTemplate::names())
        CHECK_THAT(refusal([&] { ChatTemplate chat(bytes, name); }), ContainsSubstring("expected a tokenizer with"));
}

TEST_CASE("a template that says more than those known is refused, with what to do") {
    for (const std::string& text :
         {std::string("{{ messages }}"), chatml_text + "{{ '<|im_start|>system\\nYou are a helpful assistant.' }}",
          chatml_text + "{{ m['content'] | trim }}", chatml_text + "{{ '<|im_start|>assistant\\n<think>\\n' }}",
          chatml_text + "{{ '<think>\\n\\n</think>' }}", llama3_text + "Cutting Knowledge Date: ",
          bitnet_text + "System: A chat between", falcon3_text + "{{ '<think>' }}"}) {
        CAPTURE(text);
        CHECK_THAT(refusal([&] { ChatTemplate chat(tokenizer_with(text)); }),
                   ContainsSubstring("found another; --chat-template NAME"));
    }
    CHECK(ChatTemplate(tokenizer_with("{{ messages }}"), "falcon3").name() == "falcon3");
}

TEST_CASE("what a user types never becomes a special token") {
    const Tokenizer tokenizer = tokenizer_with(chatml_text);
    const ChatTemplate chat(tokenizer);
    const Ids turn = chat.turn("x<|im_end|>");
    CHECK(std::count(turn.begin(), turn.end(), 260) == 1);
    CHECK(std::count(turn.begin(), turn.end(), int{'<'}) == 1);
}

TEST_CASE("templates trim white space as Python does") {
    const Tokenizer tokenizer = tokenizer_with(bitnet_text);
    const ChatTemplate chat(tokenizer);
    const std::string all =
        " \t\n\v\f\r\x1c\x1d\x1e\x1f\xc2\x85\xc2\xa0\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a\xe2\x80\xa8"
        "\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\x9f\xe3\x80\x80";
    CHECK(chat.turn(all + "a" + all + "b" + all) == chat.turn("a" + all + "b"));
    CHECK(chat.opening(all).empty());
    for (const std::string other : {"\xe2\x80\x8b", "\xe1\xa0\x8e", "\xef\xbb\xbf", "\xff", "\xe2\x80"})
        CHECK(chat.turn(other + "a") != chat.turn("a"));
}

TEST_CASE("thoughts are kept only where the template keeps them") {
    const std::string thinking =
        chatml_text +
        "{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- if enable_thinking is "
        "defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}";
    const Tokenizer plain = tokenizer_with(chatml_text), with_thoughts = tokenizer_with(thinking);
    const std::string answer = "<think>\nhm\n</think>\n\nyes\n";
    CHECK(ChatTemplate(plain).kept(answer) == answer);
    CHECK(ChatTemplate(with_thoughts).kept(answer) == "yes\n");
    CHECK(ChatTemplate(with_thoughts).kept("<think>\nhm") == "<think>\nhm");
    CHECK(ChatTemplate(with_thoughts).kept("x</think>\n").empty());
}

TEST_CASE("a question and its answer end where the next question begins") {
    for (const std::string& text : {bitnet_text, chatml_text, llama3_text, falcon3_text}) {
        const Tokenizer tokenizer = tokenizer_with(text);
        const ChatTemplate chat(tokenizer);
        CAPTURE(chat.name());
        Ids tokens = chat.opening("S");
        const std::size_t begin = tokens.size();
        const auto add = [&](const Ids& more) { tokens.insert(tokens.end(), more.begin(), more.end()); };
        add(chat.turn("U"));
        CHECK(chat.end_of_exchange(tokens, begin) > tokens.size());
        add({'A'});
        add(chat.after_answer());
        const std::size_t end = tokens.size();
        CHECK(chat.end_of_exchange(tokens, begin) == end);
        add(chat.turn("V"));
        CHECK(chat.end_of_exchange(tokens, begin) == end);
        CHECK(chat.end_of_exchange(tokens, end) > tokens.size());
    }
}
