// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/strict_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/error.hpp"
#include "control/rpc/excerpt.hpp"

namespace tapswitch::rpc {

namespace {

constexpr std::size_t longest_problem = 160;

[[noreturn]] void refuse(std::size_t offset, const std::string& problem) {
  throw Error(ErrorKind::parse_error, fmt::format("no valid JSON at byte {}: {}", offset, problem),
              {{"offset", offset}, {"problem", problem}});
}

// Counts the bytes that the parser has taken, for the parser itself tells its place only when it
// fails, and we refuse things that it would accept.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return !(a == b); }

 private:
  const char* at_;
  std::size_t* count_;
};

// Receives the parser's events and builds the value. The library's own builder would keep the last
// of several equal keys, and look for each key among all before it.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::size_t most_nesting, std::size_t most_values, const std::size_t& taken_count)
      : most_nesting_(most_nesting), most_values_(most_values), taken_count_(taken_count) {}

  [[nodiscard]] Json take_value() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // does not occur in text

  bool start_object(std::size_t /*count*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*count*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!levels_.back().keys.insert(name).second) {
      refuse(last_taken(), "the key " + in_quotes(name) + " occurs twice in an object");
    }
    levels_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& fault) override {
    refuse(position > 0 ? position - 1 : 0, problem_of(fault.what()));
  }

 private:
  struct Level {
    Json* container;
    std::set<std::string> keys = {};  // sorted, not hashed: nobody can choose keys that collide
    std::string key = {};             // of the member whose value comes next
  };

  [[nodiscard]] std::size_t last_taken() const { return taken_count_ > 0 ? taken_count_ - 1 : 0; }

  Json* place(Json value) {
    if (++value_count_ > most_values_) {
      refuse(last_taken(), fmt::format("more than {} values", most_values_));
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    // emplace_back() of the vector underneath: the key is known to be new, no search is needed.
    auto& members = level.container->get_ref<Json::object_t&>();
    members.emplace_back(std::move(level.key), std::move(value));
    return &members.back().second;
  }

  bool put(Json value) {
    place(std::move(value));
    return true;
  }

  // The address stays good while the level is open: only the innermost container grows.
  bool open(Json container) {
    if (levels_.size() >= most_nesting_) {
      refuse(last_taken(), fmt::format("more than {} levels of nesting", most_nesting_));
    }
    levels_.push_back({place(std::move(container))});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // The library's message without its error number, its line and column (there is one line), and
  // the text it read last, which may be long.
  static std::string problem_of(std::string_view message) {
    if (const auto start = message.find("syntax error"); start != message.npos) {
      message.remove_prefix(start);
    } else if (const auto bracket = message.find("] "); bracket != message.npos) {
      message.remove_prefix(bracket + 2);
    }
    return excerpt(message.substr(0, message.find("; last read")), longest_problem);
  }

  std::size_t most_nesting_;
  std::size_t most_values_;
  std::size_t value_count_ = 0;
  const std::size_t& taken_count_;
  Json root_;
  std::vector<Level> levels_;
};

}  // namespace

Json parse_json(std::string_view text, std::size_t most_nesting, std::size_t most_values) {
  // The library skips a byte order mark, and takes a NUL for the end of the text.
  if (text.starts_with("\xEF\xBB\xBF")) {
    refuse(0, "a byte order mark");
  }
  if (const auto nul = text.find('\0'); nul != text.npos) {
    refuse(nul, "a NUL character");
  }
  std::size_t taken_count = 0;
  Builder builder(most_nesting, most_values, taken_count);
  Json::sax_parse(CountingIterator(text.data(), &taken_count),
                  CountingIterator(text.data() + text.size(), &taken_count), &builder);
  return builder.take_value();
}

Json parse_loosely(std::string_view text) {
  constexpr int most_nesting = 64;
  return Json::parse(
      text, [](int depth, Json::parse_event_t, Json&) { return depth <= most_nesting; }, false);
}

}  // namespace tapswitch::rpc
