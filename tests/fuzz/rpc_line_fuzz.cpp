// SPDX-License-Identifier: Apache-2.0
// rpc_line_fuzz.cpp: one line from a stranger, through the dispatcher and back. Whatever it is, the
// answer is a valid JSON-RPC response, a batch of them, or nothing; nothing is thrown.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/rpc/response_check.hpp"

namespace {

using namespace tapswitch;

// The examples, and a method whose parameters use every type of schema.
std::vector<rpc::Method> fuzzed_methods() {
  using rpc::Schema;
  const Schema name = Schema::text("name", "anything but x",
                                   [](std::string_view text) { return !text.starts_with("x"); });
  auto methods = rpc::test::example_methods();
  methods.push_back(
      {"port.add", "every type of schema",
       Schema::variant("type",
                       {{"tap",
                         {{"name", name, {}, true},
                          {"map", Schema::map(name, Schema::integer(-5, 5), 3)},
                          {"choice", Schema::any_of({name, Schema::list(Schema::boolean(), 3)},
                                                    "a name or flags")},
                          {"word", Schema::word({"up", "down"})},
                          {"inner", Schema::object({{"any", Schema::any()}})}}},
                        {"tun", {{"none", Schema::null()}}}},
                       "tap"),
       Schema::null()});
  return methods;
}

rpc::Dispatcher make_dispatcher(std::span<const rpc::Method> methods) {
  auto handlers = rpc::test::example_handlers();
  handlers["port.add"] = [](const Json& params, const rpc::Caller&) { return params; };
  return {methods, std::move(handlers)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto methods = fuzzed_methods();
  static const rpc::Dispatcher dispatcher = make_dispatcher(methods);

  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto reply = dispatcher.answer(line, rpc::Caller{});
  if (reply) {
    if (const auto fault = rpc::test::fault_of_reply(*reply); !fault.empty()) {
      std::fprintf(stderr, "%s: %s\n", fault.c_str(), reply->c_str());
      std::abort();
    }
  }
  return 0;
}
