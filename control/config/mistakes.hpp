// SPDX-License-Identifier: Apache-2.0
// mistakes.hpp: gathers what is wrong with a document while it is read.
// Limits: most_mistakes; further ones are not told.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::config {

constexpr std::size_t most_mistakes = 64;

// For people: "/pointer: problem (allowed: ...)".
[[nodiscard]] std::string to_text(const rpc::Problem& mistake);

class Mistakes {
 public:
  Mistakes() = default;
  explicit Mistakes(std::vector<rpc::Problem> found) : found_(std::move(found)) {}

  void add(std::string pointer, std::string problem, std::string allowed = {}) {
    if (found_.size() < most_mistakes) {
      found_.push_back({std::move(pointer), std::move(problem), std::move(allowed)});
    }
  }

  // Whether the value at 'pointer' is right as such; something inside it may be wrong.
  [[nodiscard]] bool is_sound(const std::string& pointer) const {
    return std::none_of(found_.begin(), found_.end(),
                        [&](const rpc::Problem& each) { return each.field == pointer; });
  }

  // Whether it is right with all that is in it.
  [[nodiscard]] bool is_clean(const std::string& pointer) const {
    return std::none_of(found_.begin(), found_.end(), [&](const rpc::Problem& each) {
      return each.field == pointer || each.field.starts_with(pointer + '/');
    });
  }

  // 'json', which stands at 'pointer', without those members in which something is wrong; nullopt
  // if it is wrong itself, or a member is missing.
  [[nodiscard]] std::optional<Json> right_part(const Json& json, const std::string& pointer) const {
    Json part = json;
    for (const rpc::Problem& each : found_) {
      if (each.field == pointer) {
        return std::nullopt;
      }
      if (each.field.starts_with(pointer + '/')) {
        const std::string inside = each.field.substr(pointer.size() + 1);
        if (const std::string member = inside.substr(0, inside.find('/')); json.contains(member)) {
          part.erase(member);
        } else {
          return std::nullopt;
        }
      }
    }
    return part;
  }

  [[nodiscard]] bool is_full() const { return found_.size() >= most_mistakes; }
  [[nodiscard]] std::vector<rpc::Problem> take() { return std::move(found_); }

 private:
  std::vector<rpc::Problem> found_;
};

}  // namespace tapswitch::config
