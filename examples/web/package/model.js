// Models: the engine on token ids and text.
import { expectArray, expectNumber, expectSize, Handle, typeOf } from "./memory.js";

const ended = -1; // models.cpp
const mostTokens = 0x7fffffff;
const encoder = new TextEncoder();
const hidden = Symbol("made by loadModel");

function expectText(value, name) {
  if (typeof value !== "string") throw new TypeError(`${name}: expected a string, found ${typeOf(value)}`);
  return encoder.encode(value);
}

export class Model {
  #memory;
  #handle;

  constructor(key, memory, at) {
    if (key !== hidden) throw new TypeError("Model: models are made by loadModel");
    this.#memory = memory;
    this.#handle = new Handle(at, "model", (model) => memory.functions._model_free(model));
  }

  static load(memory, gguf, { context = 0 } = {}) {
    expectArray(gguf, "loadModel: gguf", "Uint8Array");
    expectSize(context, "loadModel: context");
    return memory.scoped((scope) => {
      const result = scope.room(4);
      checkModel(memory, memory.functions._model_load(scope.copy(gguf), gguf.length, context, result));
      return new Model(hidden, memory, memory.word(result));
    });
  }

  get context() {
    return this.#memory.functions._model_context(this.#handle.at);
  }

  get vocabularySize() {
    return this.#memory.functions._model_vocabulary_size(this.#handle.at);
  }

  tokenize(text, { special = false } = {}) {
    const bytes = expectText(text, "tokenize: text");
    return this.#given(Int32Array, (c, scope) =>
      c._model_tokenize(this.#handle.at, scope.copy(bytes), bytes.length, special ? 1 : 0),
    );
  }

  detokenize(ids, { special = false } = {}) {
    const tokens = this.#ids(ids, "detokenize");
    const bytes = this.#given(Uint8Array, (c, scope) =>
      c._model_detokenize(this.#handle.at, scope.copy(tokens), tokens.length, special ? 1 : 0),
    );
    return textDecoder().decode(bytes);
  }

  chatPrompt(question) {
    const bytes = expectText(question, "chatPrompt: question");
    return this.#given(Int32Array, (c, scope) =>
      c._model_chat_prompt(this.#handle.at, scope.copy(bytes), bytes.length),
    );
  }

  logits(ids, { first = 0 } = {}) {
    const tokens = this.#ids(ids, "logits");
    const begin = first === -1 ? tokens.length - 1 : expectSize(first, "logits: first");
    if (!(begin >= 0 && begin < tokens.length)) {
      throw new RangeError(
        `logits: expected tokens, and first among them, found ${tokens.length} and first = ${first}`,
      );
    }
    const count = (tokens.length - begin) * this.vocabularySize;
    return this.#memory.scoped((scope) => {
      const at = scope.room(count * 4);
      const model = this.#handle.at;
      checkModel(
        this.#memory,
        this.#memory.functions._model_logits(model, scope.copy(tokens), tokens.length, begin, at),
      );
      return this.#memory.copyOut(Float32Array, at, count);
    });
  }

  // The prompt is read here; each further token when it is asked for.
  generate(
    prompt,
    { maxNewTokens = 16, temperature = 0, topK = 40, topP = 0.95, minP = 0.05, repeatPenalty = 1, seed = 0 } = {},
  ) {
    const ids = typeof prompt === "string" ? this.tokenize(prompt) : this.#ids(prompt, "generate: prompt");
    const limit = maxNewTokens === Infinity ? -1 : expectSize(maxNewTokens, "generate: maxNewTokens", mostTokens);
    const options = [
      limit,
      expectNumber(temperature, "generate: temperature"),
      expectSize(topK, "generate: topK", mostTokens),
      expectNumber(topP, "generate: topP"),
      expectNumber(minP, "generate: minP"),
      expectNumber(repeatPenalty, "generate: repeatPenalty"),
      expectSize(seed, "generate: seed", Number.MAX_SAFE_INTEGER),
    ];
    const memory = this.#memory;
    return memory.scoped((scope) => {
      const result = scope.room(4);
      checkModel(
        memory,
        memory.functions._model_generate(this.#handle.at, scope.copy(ids), ids.length, ...options, result),
      );
      return pieces(memory, memory.word(result));
    });
  }

  free() {
    this.#handle.free();
  }

  #given(Type, call) {
    return this.#memory.scoped((scope) => {
      checkModel(this.#memory, call(this.#memory.functions, scope));
      return given(this.#memory, Type);
    });
  }

  #ids(ids, name) {
    if (typeof ids === "string" || typeof ids?.[Symbol.iterator] !== "function") {
      throw new TypeError(`${name}: expected token ids, found ${typeOf(ids)}`);
    }
    const most = this.vocabularySize - 1;
    return Int32Array.from(ids, (id) => expectSize(id, `${name}: token id`, most));
  }
}

const textDecoder = () => new TextDecoder("utf-8", { ignoreBOM: true });

function checkModel(memory, status) {
  memory.check(status, memory.functions._model_error);
}

function given(memory, Type) {
  const c = memory.functions;
  return memory.copyOut(Type, c._model_result(), c._model_result_size() / Type.BYTES_PER_ELEMENT);
}

// Whole characters. The generation ends with the iteration, or when nobody holds it any more.
function pieces(memory, at) {
  const handle = new Handle(at, "generation", (generation) => memory.functions._model_end_generation(generation));
  return (function* () {
    const decoder = textDecoder();
    try {
      for (;;) {
        const status = memory.functions._model_next(handle.at);
        if (status !== ended) checkModel(memory, status);
        const bytes = status === ended ? new Uint8Array() : given(memory, Uint8Array);
        const text = decoder.decode(bytes, { stream: status !== ended });
        if (text !== "") yield text;
        if (status === ended) return;
      }
    } finally {
      handle.free();
    }
  })();
}
