#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bitnet::serve {

/// How many tokens of each prompt the next step reads, `most` in all. `unread` says how many each has left, in the
/// order in which they came. Prompts that are read soonest come first: then as many clients as possible have their
/// first token early. A quarter is the earliest prompt's, so that a long one gets on, however many short ones come; of
/// several that came together, the last then ends up to a third later than if all were read side by side.
std::vector<std::size_t> prompt_shares(std::span<const std::size_t> unread, std::size_t most);

}  // namespace bitnet::serve
