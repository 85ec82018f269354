// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/json.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>

namespace tapswitch::rpc {
namespace json_test {

thread_local std::size_t taken_count = 0;

}  // namespace json_test
}  // namespace tapswitch::rpc

// The whole program takes memory by these, and they count.
void* operator new(std::size_t size) {
  ++tapswitch::rpc::json_test::taken_count;
  if (void* const taken = std::malloc(size)) {
    return taken;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*how*/) noexcept {
  ++tapswitch::rpc::json_test::taken_count;
  return std::malloc(size);
}
void operator delete(void* given) noexcept { std::free(given); }
void operator delete(void* given, std::size_t /*size*/) noexcept { std::free(given); }

namespace tapswitch::rpc {
namespace json_test {

// A destructor that took memory would end the process where there is none.
TEST(Json, EndOfAValueTakesNoMemory) {
  const Json list = {
      1, "a text that is too long to stand in the string", Json::array(), {{"a", 1}}};
  std::optional<Json> value = Json{{"list", list},
                                   {"object", {{"list", list}, {"inner", {{"list", list}}}}},
                                   {"bytes", Json::binary({1, 2, 3})},
                                   {"nothing", nullptr}};
  const std::size_t before = taken_count;
  value.reset();
  EXPECT_EQ(taken_count, before);
}

}  // namespace json_test
}  // namespace tapswitch::rpc
