// The bridge's functions under JavaScript's names, for the page and for Node.js.
export function wrap(module) {
  const call = (name, type, ...values) =>
    module.ccall(name, type, values.map((v) => (typeof v === "string" ? "string" : "number")), values);
  const check = (message) => {
    if (message) throw new Error(message);
  };
  return {
    backend: () => call("backend_name", "string"),
    checkGemv: () =>
      call("check_gemv", "string").trim().split("\n").map((line) => line.split("\t")),
    loadModel(bytes) {
      const memory = module._malloc(bytes.length);
      module.HEAPU8.set(bytes, memory);
      try {
        check(call("load_model", "string", memory, bytes.length));
      } finally {
        module._free(memory);
      }
    },
    // The answer piece by piece.
    *answer(question) {
      check(call("ask", "string", question));
      for (;;) {
        check(call("compute_piece", "string"));
        const at = call("next_piece", "number");
        if (at === 0) return;
        yield module.UTF8ToString(at);
      }
    },
  };
}
