// SPDX-License-Identifier: Apache-2.0
#include "control/config/position.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/rpc/json.hpp"

namespace tapswitch::config {
namespace {

// Steps over the parts of a text that is known to be JSON. Past its end, everything is '\0'.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { skip_space(); }

  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n,:", at_), text_.size()); }

  // The string here, as it is meant.
  std::string take_string() {
    const std::size_t begin = at_;
    skip_string();
    return Json::parse(text_.substr(begin, at_ - begin), nullptr, false).get<std::string>();
  }

  void skip_value() {
    int depth = 0;
    do {
      const char c = next();
      if (c == '"') {
        skip_string();
        skip_space();
        continue;
      }
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      if (c == '{' || c == '[' || c == '}' || c == ']') {
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(" \t\r\n,:{}[]\"", at_), text_.size());
      }
      skip_space();
    } while (depth > 0 && at_ < text_.size());
  }

  // Into the object or list here.
  void enter() {
    ++at_;
    skip_space();
  }

 private:
  void skip_string() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Takes the first reference token off 'pointer', which begins with '/'.
std::string take_token(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::size_t end = std::min(pointer.find('/'), pointer.size());
  std::string token;
  for (std::size_t i = 0; i < end; ++i) {
    if (pointer[i] == '~' && i + 1 < end) {
      token += pointer[++i] == '1' ? '/' : '~';
    } else {
      token += pointer[i];
    }
  }
  pointer.remove_prefix(end);
  return token;
}

// Goes to the member or item 'token' of the value here; false if there is none.
bool descend(Scanner& scanner, const std::string& token) {
  const char kind = scanner.next();
  if (kind != '{' && kind != '[') {
    return false;
  }
  scanner.enter();
  for (std::size_t index = 0; scanner.next() != '}' && scanner.next() != ']'; ++index) {
    if (scanner.next() == '\0') {
      return false;
    }
    const std::string key = kind == '{' ? scanner.take_string() : std::to_string(index);
    scanner.skip_space();
    if (key == token) {
      return true;
    }
    scanner.skip_value();
  }
  return false;
}

}  // namespace

std::string at_place(std::string_view file, const Position& position, std::string_view what) {
  return fmt::format("{}:{}:{}: {}", file, position.line, position.column, what);
}

Position position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is the beginning
  return {.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + before.size() - line_begin};
}

Position position_of(std::string_view text, std::string_view pointer) {
  Scanner scanner(text);
  std::size_t innermost = scanner.offset();
  while (pointer.starts_with('/') && descend(scanner, take_token(pointer))) {
    innermost = scanner.offset();
  }
  return position_at(text, innermost);
}

}  // namespace tapswitch::config
