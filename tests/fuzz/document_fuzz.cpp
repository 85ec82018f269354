// SPDX-License-Identifier: Apache-2.0
// document_fuzz.cpp: a configuration file from a stranger. Whatever it is, it is read or its
// mistakes are told; what is read can be written, read again and planned.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/position.hpp"
#include "control/config/read_document.hpp"

namespace {

using namespace tapswitch;

void require(bool is_so, const char* what) {
  if (!is_so) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = config::read_file_text(text, "f");
  require(read.mistakes.size() <= config::most_mistakes, "more mistakes than are told");
  if (!read.mistakes.empty()) {
    return 0;
  }
  for (const auto format : {config::Format::minimal, config::Format::full}) {
    const auto again = config::read_document(config::to_json(read.network, format));
    require(again.mistakes.empty(), "what was written has mistakes");
    require(again.network == read.network, "what was written reads otherwise");
  }
  require(config::plan(read.network, read.network).empty(), "a network differs from itself");
  const auto steps = config::plan({}, read.network);
  require(steps.empty() == read.network.switches.empty(), "nothing leads to something");
  const auto merged =
      config::read_document(config::to_json(read.network, config::Format::minimal), read.network);
  require(merged.network == read.network, "merged into itself, it is another");
  return 0;
}
