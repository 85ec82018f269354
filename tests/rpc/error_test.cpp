// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tapswitch::rpc {

namespace error_test {

TEST(Error, CodesAndNamesAreTheOnesClientsKnow) {
  const std::pair<ErrorKind, std::pair<int, std::string_view>> known[] = {
      {ErrorKind::parse_error, {-32700, "parse_error"}},
      {ErrorKind::invalid_request, {-32600, "invalid_request"}},
      {ErrorKind::method_not_found, {-32601, "method_not_found"}},
      {ErrorKind::invalid_params, {-32602, "invalid_params"}},
      {ErrorKind::internal_error, {-32603, "internal_error"}},
      {ErrorKind::not_found, {-32001, "not_found"}},
      {ErrorKind::already_exists, {-32002, "already_exists"}},
      {ErrorKind::in_use, {-32003, "in_use"}},
      {ErrorKind::read_only, {-32004, "read_only"}},
      {ErrorKind::limit_reached, {-32005, "limit_reached"}},
      {ErrorKind::conflict, {-32006, "conflict"}},
      {ErrorKind::permission_denied, {-32007, "permission_denied"}},
      {ErrorKind::kernel_refused, {-32008, "kernel_refused"}},
      {ErrorKind::unsupported, {-32009, "unsupported"}},
      {ErrorKind::shutting_down, {-32010, "shutting_down"}},
  };
  for (const auto& [kind, expected] : known) {
    EXPECT_EQ(code_of(kind), expected.first);
    EXPECT_EQ(name_of(kind), expected.second);
  }
}

TEST(Error, ObjectHasCodeMessageAndDataWithTheKindFirst) {
  const Error error(ErrorKind::in_use, "port 'a' is in use", {{"port", "a"}});
  EXPECT_EQ(
      error.to_json().dump(),
      R"({"code":-32003,"message":"port 'a' is in use","data":{"kind":"in_use","port":"a"}})");
}

TEST(Error, OneProblemStandsInTheDataItself) {
  const Error error = invalid_params({{"vlan.pvid", "5000 is out of range", "1..4094"}});
  EXPECT_STREQ(error.what(),
               "invalid parameters: vlan.pvid: 5000 is out of range (allowed: 1..4094)");
  EXPECT_EQ(error.to_json()["data"].dump(),
            R"({"kind":"invalid_params","field":"vlan.pvid","problem":"5000 is out of range",)"
            R"("allowed":"1..4094"})");
}

TEST(Error, SeveralProblemsAreAllListed) {
  const Error error = invalid_params({{"a", "missing", ""}, {"", "too odd", "even"}});
  EXPECT_STREQ(error.what(), "invalid parameters: a: missing; and 1 more");
  EXPECT_EQ(
      error.to_json()["data"]["problems"].dump(),
      R"([{"field":"a","problem":"missing"},{"field":"","problem":"too odd","allowed":"even"}])");
}

}  // namespace error_test

}  // namespace tapswitch::rpc
