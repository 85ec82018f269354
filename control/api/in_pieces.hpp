// SPDX-License-Identifier: Apache-2.0
// in_pieces.hpp: an answer that tells of many things, written some of them at a time.
//
// Theory of operation: the things stand in maps of the network, by name. Between two pieces some
// may come and others go: the answer has each thing that was there all the time, as it was when its
// turn came. A list is the answer's own, and stays as it is. Limits: 'at_once' things in a piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/work.hpp"

namespace tapswitch::api {

class InPieces final : public rpc::Work {
 public:
  static constexpr std::size_t at_once = 8;

  // Says 'text'.
  void say(std::string text) {
    parts_.emplace_back([text = std::move(text)](std::string& all) {
      all += text;
      return false;
    });
  }

  // The same for a text that many may say at once.
  void say(std::shared_ptr<const std::string> text) {
    parts_.emplace_back([text = std::move(text)](std::string& all) {
      all += *text;
      return false;
    });
  }

  // Says what 'write' returns for the name and the value of each element of 'map', with commas
  // between; nullopt: nothing.
  template <class Map, class Write>
  void say_each(const Map& map, Write write) {
    parts_.emplace_back([&map, write = std::move(write), last = std::string(),
                         is_first = true](std::string& all) mutable {
      auto next = map.upper_bound(last);  // no name is empty
      for (std::size_t count = 0; count < at_once && next != map.end(); ++count, ++next) {
        last = next->first;
        if (const std::optional<std::string> text = write(next->first, next->second)) {
          all += (std::exchange(is_first, false) ? "" : ",") + *text;
        }
      }
      return next != map.end();
    });
  }

  // Says what 'write' returns for each of 'things', with commas between.
  template <class Thing, class Write>
  void say_list(std::vector<Thing> things, Write write) {
    parts_.emplace_back([things = std::make_shared<const std::vector<Thing>>(std::move(things)),
                         write = std::move(write), at = std::size_t{0}](std::string& all) mutable {
      for (const std::size_t end = std::min(at + at_once, things->size()); at < end; ++at) {
        all += (at > 0 ? "," : "") + write((*things)[at]);
      }
      return at < things->size();
    });
  }

  [[nodiscard]] std::optional<std::string> go_on() override {
    if (!parts_.front()(text_)) {
      parts_.pop_front();
    }
    return parts_.empty() ? std::optional(std::move(text_)) : std::nullopt;
  }

 private:
  // Each writes some more, and returns whether there is still more.
  std::deque<std::function<bool(std::string&)>> parts_;
  std::string text_;
};

}  // namespace tapswitch::api
