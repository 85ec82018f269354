// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/exposition.hpp"

#include <iterator>

#include <fmt/format.h>

namespace tapswitch::metrics {
namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\n':
        text += "\\n";
        break;
      default:
        text += c;
    }
  }
}

}  // namespace

Family::Family(std::string_view name, MetricType type, std::string_view help) : name_(name) {
  text_ = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help,
                      type == MetricType::counter ? "counter" : "gauge");
}

void Family::add(std::initializer_list<Label> labels, std::uint64_t value) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void Family::add(std::initializer_list<Label> labels, double value) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void Family::begin_sample(std::initializer_list<Label> labels) {
  text_ += name_;
  char separator = '{';
  for (const Label& label : labels) {
    text_ += separator;
    text_ += label.name;
    text_ += "=\"";
    append_escaped(text_, label.value);
    text_ += '"';
    separator = ',';
  }
  text_ += labels.size() == 0 ? " " : "} ";
}

}  // namespace tapswitch::metrics
