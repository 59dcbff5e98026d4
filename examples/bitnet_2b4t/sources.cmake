# The sources of the decoder and its engine, as absolute paths: the one list, which the library itself, the web page and the
# tests of other machines include. Whoever builds them sees the folders BITNET_INCLUDES.
set(BITNET_PUBLIC_INCLUDES "${CMAKE_CURRENT_LIST_DIR}/include")
set(BITNET_INCLUDES "${BITNET_PUBLIC_INCLUDES}" "${CMAKE_CURRENT_LIST_DIR}" "${CMAKE_CURRENT_LIST_DIR}/..")

# What computes, and reads GGUF: needs nothing but ternion and threads.
set(BITNET_SOURCES
  compute/isa.cpp compute/kv_format.cpp
  engine/append.cpp engine/cache_blocks.cpp engine/conversation.cpp engine/ffn_zeros.cpp engine/fingerprint.cpp engine/generator.cpp engine/leader.cpp engine/model.cpp engine/sampler.cpp engine/scoring.cpp
  engine/session.cpp
  files/declarations.cpp files/families.cpp files/float_layers.cpp files/gguf.cpp files/gguf_config.cpp
  files/gguf_source.cpp files/gguf_types.cpp files/gguf_vocabulary.cpp files/gguf_writer.cpp files/harmless.cpp
  files/merge_reader.cpp files/model_source.cpp files/number_format.cpp files/tensor_extents.cpp files/tensor_format.cpp
  files/tensor_reader.cpp
  head/embedding.cpp head/likeliest.cpp head/screen.cpp
  model/architecture.cpp model/attention.cpp model/code_gather.cpp model/decoder.cpp model/kv_cache.cpp model/rope.cpp
  model/token_summary.cpp model/weights.cpp model/zero_skipping.cpp
  tokenizer/byte_pairs.cpp tokenizer/chat_template.cpp tokenizer/composition.cpp tokenizer/printable_bytes.cpp
  tokenizer/sentence_pieces.cpp
  tokenizer/tokenizer.cpp
  tokenizer/vocabulary.cpp)
# Compiled once for each instruction set, where a program is made for several.
set(BITNET_KERNELS compute/kernels.cpp)
# Files of a system: other formats, and what is written. Needs nlohmann-json.
set(BITNET_FILE_SOURCES
  cost/energy.cpp cost/power_meter.cpp cost/token_work.cpp
  engine/conversation_file.cpp engine/follow.cpp engine/load_model.cpp engine/load_share.cpp engine/predicted_size.cpp engine/weights_in_use.cpp
  files/add_vocabulary.cpp files/hugging_face.cpp
  files/hugging_face_config.cpp files/json_keys.cpp files/named_sizes.cpp files/open_model.cpp files/pooling_file.cpp
  files/random_model.cpp files/safetensors.cpp
  files/sentence_piece_file.cpp files/synth.cpp files/token_places.cpp files/tokenizer_config.cpp files/tokenizer_json.cpp
  files/tokenizer_steps.cpp files/vocabulary_files.cpp
  files/zero_gates.cpp tokenizer/llama3.cpp)
# Needs PCRE2; elsewhere something else must define split_text.
set(BITNET_SPLITTER_SOURCES tokenizer/text_splitter.cpp)
set(BITNET_IO_SOURCES ../program/io/file_error.cpp ../program/io/mapped_file.cpp ../program/io/output_file.cpp
                      ../program/io/utf8.cpp)
set(BITNET_IO_FILE_SOURCES ../program/io/json_file.cpp)

foreach(list IN ITEMS SOURCES KERNELS FILE_SOURCES SPLITTER_SOURCES IO_SOURCES IO_FILE_SOURCES)
  list(TRANSFORM BITNET_${list} PREPEND "${CMAKE_CURRENT_LIST_DIR}/")
endforeach()

# bitnet_kernels(TARGET): adds them, for the build's own flags or, with BITNET_PORTABLE, for each instruction set.
function(bitnet_kernels target)
  if(BITNET_PORTABLE)
    ternion_add_dispatched(${target} SOURCES ${BITNET_KERNELS})
  else()
    target_sources(${target} PRIVATE ${BITNET_KERNELS})
  endif()
endfunction()
