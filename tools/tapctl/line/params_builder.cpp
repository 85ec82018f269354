// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/params_builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

namespace {

UsageError part_beside_whole(const std::string& part, const std::string& whole,
                             const std::string& field) {
  return UsageError(
      fmt::format("{} cannot stand beside {}, which gives the whole {}", part, whole, field));
}

}  // namespace

void ParamsBuilder::put(const Path& path, Json value, const std::string& spelling) {
  Json* place = &params_;
  std::string field;
  for (const std::string& step : path) {
    if (!place->is_object()) {
      throw part_beside_whole(spelling, sayer_of(field), field);
    }
    field += (field.empty() ? "" : ".") + step;
    if (!place->contains(step)) {
      if (&step == &path.back()) {
        (*place)[step] = std::move(value);
        sayers_.emplace(field, spelling);
        return;
      }
      (*place)[step] = Json::object();
    }
    place = &(*place)[step];
  }
  const auto part = sayers_.upper_bound(field);
  if (!sayers_.contains(field) && part != sayers_.end() && part->first.starts_with(field + '.')) {
    throw part_beside_whole(part->second, spelling, field);
  }
  throw UsageError(fmt::format("{} contradicts {}: both set {}", spelling, sayer_of(field), field));
}

std::string ParamsBuilder::sayer_of(const std::string& field) const {
  for (std::string at = field; !at.empty();) {
    if (const auto found = sayers_.find(at); found != sayers_.end()) {
      return found->second;
    }
    const std::size_t dot = at.rfind('.');
    at.resize(dot == std::string::npos ? 0 : dot);
  }
  return "another option";
}

}  // namespace tapswitch::tapctl
