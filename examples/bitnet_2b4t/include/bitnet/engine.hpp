#pragma once

// The engine: a ternary language model that other programs embed. Includes all public headers, which need nothing but
// the standard library. docs/embedding.md shows how to build against it.

#include "chat_template.hpp"
#include "conversation.hpp"
#include "ffn_zeros.hpp"
#include "generation.hpp"
#include "model.hpp"
#include "ranks.hpp"
#include "sampling.hpp"
#include "scoring.hpp"
#include "session.hpp"
#include "token_parts.hpp"
#include "tokenizer.hpp"
