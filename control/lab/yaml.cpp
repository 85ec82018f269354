// SPDX-License-Identifier: Apache-2.0
#include "control/lab/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/rpc/excerpt.hpp"
#include "control/rpc/json_pointer.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::string_view plain_tag = "?";
constexpr std::string_view quoted_tag = "!";
constexpr std::string_view text_tag = "tag:yaml.org,2002:str";
constexpr std::string_view merge_key = "<<";

config::Position position_of_mark(const YAML::Mark& mark) {
  return {.line = static_cast<std::size_t>(mark.line) + 1,
          .column = static_cast<std::size_t>(mark.column) + 1};
}

[[noreturn]] void refuse_yaml(config::Position position, std::string problem) {
  throw YamlFault{.position = position, .problem = std::move(problem)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number that all of 'digits' is to that base.
template <class Number, class... Base>
std::optional<Json> number_of(std::string_view digits, Base... base) {
  Number number{};
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, base...);
  return error == std::errc{} && rest == end ? std::optional<Json>(number) : std::nullopt;
}

std::optional<Json> decimal_of(std::string_view text) {
  const std::string_view unsigned_text = text.substr(text.starts_with('-') ? 1 : 0);
  if (unsigned_text.empty() || (!is_digit(unsigned_text[0]) && unsigned_text[0] != '.')) {
    return std::nullopt;  // "inf" among them
  }
  if (unsigned_text.size() > 1 && unsigned_text[0] == '0' && is_digit(unsigned_text[1])) {
    return std::nullopt;
  }
  if (auto number = number_of<std::int64_t>(text)) {
    return number;
  }
  if (auto number = number_of<std::uint64_t>(text)) {
    return number;
  }
  return number_of<double>(text);
}

// Returns the value of a scalar that is written without quotes and is not empty.
Json plain_value(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  const std::string_view view = text;
  const auto number = view.starts_with("0x")   ? number_of<std::uint64_t>(view.substr(2), 16)
                      : view.starts_with("0o") ? number_of<std::uint64_t>(view.substr(2), 8)
                                               : decimal_of(view);
  return number ? *number : Json(text);
}

// Receives the parser's events and builds the value.
class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlBuilder(std::size_t most_nesting, std::size_t most_values, const Rewriter& rewrite)
      : most_nesting_(most_nesting), most_values_(most_values), rewrite_(rewrite) {}

  [[nodiscard]] PlacedJson take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (is_key_next()) {
      refuse_yaml(position_of_mark(mark), "a key must be a text");
    }
    put(mark, anchor, nullptr);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const bool is_plain = tag == plain_tag;
    if (!is_plain && tag != quoted_tag && tag != text_tag) {
      refuse_yaml(position_of_mark(mark),
                  fmt::format("no tag but !!str may stand here: {}", rpc::in_quotes(tag)));
    }
    if (is_key_next()) {
      take_key(mark, text, is_plain);
      return;
    }
    const std::string meant = rewrite_(next_pointer(), text);
    put(mark, anchor, is_plain ? plain_value(meant) : Json(meant));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (is_key_next() || found == anchored_.end()) {
      refuse_yaml(position_of_mark(mark),
                  is_key_next() ? "a key must be a text" : "an alias within what it stands for");
    }
    count(mark, found->second.value_count);
    place(mark, found->second.value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override {
    for (const Json& merged : levels_.back().merged) {
      merge(merged);
    }
    close();
  }

 private:
  // A list or mapping that is not closed yet.
  struct Level {
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::size_t count_before;  // values before it
    std::string pointer;
    Json container;
    std::set<std::string> keys = {};
    std::optional<std::string> key = {};  // of the member whose value comes next
    bool is_merging = false;              // that value is not a member, but has some
    std::vector<Json> merged = {};
  };
  struct Anchored {
    Json value;
    std::size_t value_count;
  };

  [[nodiscard]] bool is_key_next() const {
    return !levels_.empty() && levels_.back().container.is_object() && !levels_.back().key;
  }

  void take_key(const YAML::Mark& mark, const std::string& key, bool is_plain) {
    Level& level = levels_.back();
    if (!level.keys.insert(key).second) {
      refuse_yaml(position_of_mark(mark),
                  fmt::format("the key {} occurs twice in a mapping", rpc::in_quotes(key)));
    }
    level.key = key;
    level.is_merging = is_plain && key == merge_key;
  }

  [[nodiscard]] std::string next_pointer() const {
    if (levels_.empty()) {
      return "";
    }
    const Level& level = levels_.back();
    return level.pointer +
           rpc::pointer_token(level.key ? *level.key : std::to_string(level.container.size()));
  }

  void count(const YAML::Mark& mark, std::size_t values) {
    value_count_ += values;
    if (value_count_ > most_values_) {
      refuse_yaml(position_of_mark(mark), fmt::format("more than {} values", most_values_));
    }
  }

  void put(const YAML::Mark& mark, YAML::anchor_t anchor, Json value) {
    count(mark, 1);
    keep(anchor, value, 1);
    place(mark, std::move(value));
  }

  void keep(YAML::anchor_t anchor, const Json& value, std::size_t values) {
    if (anchor != YAML::NullAnchor) {
      anchored_.insert_or_assign(anchor, Anchored{.value = value, .value_count = values});
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json container) {
    if (tag != plain_tag && !tag.empty()) {
      refuse_yaml(position_of_mark(mark), "a list or mapping has no tag here");
    }
    if (is_key_next()) {
      refuse_yaml(position_of_mark(mark), "a key must be a text");
    }
    if (levels_.size() >= most_nesting_) {
      refuse_yaml(position_of_mark(mark),
                  fmt::format("more than {} levels of nesting", most_nesting_));
    }
    const std::size_t before = value_count_;
    count(mark, 1);
    std::string pointer = next_pointer();
    root_.places.try_emplace(pointer, position_of_mark(mark));
    levels_.push_back({.mark = mark,
                       .anchor = anchor,
                       .count_before = before,
                       .pointer = std::move(pointer),
                       .container = std::move(container)});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    keep(level.anchor, level.container, value_count_ - level.count_before);
    place(level.mark, std::move(level.container));
  }

  // Puts a value where the next one belongs.
  void place(const YAML::Mark& mark, Json value) {
    root_.places.try_emplace(next_pointer(), position_of_mark(mark));
    if (levels_.empty()) {
      root_.value = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (level.container.is_array()) {
      level.container.push_back(std::move(value));
    } else if (level.is_merging) {
      note_merged(mark, std::move(value));
    } else {
      // The key is known to be new, no search is needed.
      level.container.get_ref<Json::object_t&>().emplace_back(*level.key, std::move(value));
    }
    level.key.reset();
  }

  // Notes mappings whose members are to be added, in order of preference.
  void note_merged(const YAML::Mark& mark, Json value) {
    Json all = value.is_array() ? std::move(value) : Json::array({std::move(value)});
    for (Json& each : all) {
      if (!each.is_object()) {
        refuse_yaml(position_of_mark(mark), "'<<' takes a mapping, or a list of mappings");
      }
      levels_.back().merged.push_back(std::move(each));
    }
  }

  void merge(const Json& merged) {
    Level& level = levels_.back();
    for (const auto& [key, value] : merged.items()) {
      if (level.keys.insert(key).second) {
        level.container.get_ref<Json::object_t&>().emplace_back(key, value);
      }
    }
  }

  const std::size_t most_nesting_;
  const std::size_t most_values_;
  const Rewriter& rewrite_;
  std::size_t value_count_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  PlacedJson root_;
};

}  // namespace

PlacedJson read_yaml(std::string_view text, std::size_t most_nesting, std::size_t most_values,
                     const Rewriter& rewrite) {
  std::istringstream stream{std::string(text)};
  YamlBuilder builder(most_nesting, most_values, rewrite);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      refuse_yaml({}, "there is nothing in it");
    }
    if (parser.HandleNextDocument(builder)) {
      refuse_yaml({}, "there is more than one document in it");
    }
  } catch (const YAML::Exception& fault) {
    refuse_yaml(position_of_mark(fault.mark), "no valid YAML: " + fault.msg);
  }
  return builder.take();
}

}  // namespace tapswitch::lab
