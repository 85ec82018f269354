// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <utility>

namespace tapswitch::rpc {

namespace {

struct Row {
  ErrorKind kind;
  int code;
  std::string_view name;
};

// In the order of ErrorKind. Codes and names are part of the protocol: never changed, never reused.
constexpr std::array rows{
    Row{ErrorKind::parse_error, -32700, "parse_error"},
    Row{ErrorKind::invalid_request, -32600, "invalid_request"},
    Row{ErrorKind::method_not_found, -32601, "method_not_found"},
    Row{ErrorKind::invalid_params, -32602, "invalid_params"},
    Row{ErrorKind::internal_error, -32603, "internal_error"},
    Row{ErrorKind::not_found, -32001, "not_found"},
    Row{ErrorKind::already_exists, -32002, "already_exists"},
    Row{ErrorKind::in_use, -32003, "in_use"},
    Row{ErrorKind::read_only, -32004, "read_only"},
    Row{ErrorKind::limit_reached, -32005, "limit_reached"},
    Row{ErrorKind::conflict, -32006, "conflict"},
    Row{ErrorKind::permission_denied, -32007, "permission_denied"},
    Row{ErrorKind::kernel_refused, -32008, "kernel_refused"},
    Row{ErrorKind::unsupported, -32009, "unsupported"},
    Row{ErrorKind::shutting_down, -32010, "shutting_down"},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].kind) != i) {
      return false;
    }
  }
  return true;
}
static_assert(is_in_order());

const Row& row_of(ErrorKind kind) { return rows.at(static_cast<std::size_t>(kind)); }

Json to_json(const Problem& problem) {
  Json json = {{"field", problem.field}, {"problem", problem.problem}};
  if (!problem.allowed.empty()) {
    json["allowed"] = problem.allowed;
  }
  return json;
}

std::string to_text(const Problem& problem) {
  std::string text = problem.field.empty() ? problem.problem
                                           : fmt::format("{}: {}", problem.field, problem.problem);
  if (!problem.allowed.empty()) {
    text += fmt::format(" (allowed: {})", problem.allowed);
  }
  return text;
}

}  // namespace

int code_of(ErrorKind kind) { return row_of(kind).code; }

std::string_view name_of(ErrorKind kind) { return row_of(kind).name; }

Error::Error(ErrorKind kind, const std::string& message, Json data)
    : std::runtime_error(message), kind_(kind), data_(std::move(data)) {
  assert(data_.is_object());
}

Json Error::to_json() const {
  Json data = {{"kind", name_of(kind_)}};
  data.update(data_);
  return {{"code", code_of(kind_)}, {"message", what()}, {"data", std::move(data)}};
}

Error invalid_params(const std::vector<Problem>& problems) {
  assert(!problems.empty());
  std::string message = "invalid parameters: " + to_text(problems.front());
  Json data = to_json(problems.front());
  if (problems.size() > 1) {
    message += fmt::format("; and {} more", problems.size() - 1);
    Json all = Json::array();
    for (const Problem& problem : problems) {
      all.push_back(to_json(problem));
    }
    data["problems"] = std::move(all);
  }
  return {ErrorKind::invalid_params, message, std::move(data)};
}

}  // namespace tapswitch::rpc
