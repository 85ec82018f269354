// SPDX-License-Identifier: Apache-2.0
// manual: writes a manual page from a template, for the build. Of the template each line
//   .\" COMMANDS, .\" SWITCH FIELDS, .\" PORT FIELDS, .\" DAEMON OPTIONS or those of labs
// is replaced by what the table of methods and the programs themselves know, so that the pages
// cannot tell otherwise.
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include <fmt/format.h>

#include "control/api/methods.hpp"
#include "control/config/far_end.hpp"
#include "control/config/schema.hpp"
#include "control/lab/schema.hpp"
#include "tools/lab/verbs.hpp"
#include "tools/tapctl/line/help.hpp"
#include "tools/tapctl/line/link_commands.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/own_commands.hpp"
#include "tools/tapctl/line/shortcuts.hpp"
#include "tools/tapctl/line/value.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/tapswitchd/options.hpp"

namespace tapswitch::packaging {
namespace {

using tapctl::Option;

// As mdoc(7) takes it within a line or between quotation marks.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '-':
        out += "\\-";
        break;
      default:
        out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string entry(const std::string& term, const std::string& text) {
  return fmt::format(".It Li \"{}\"\n{}\n", escaped(term), escaped(text));
}

constexpr const char* begin_list = ".Bl -tag -width Ds\n";
constexpr const char* end_list = ".El\n";

std::string options_list(const rpc::Method& method) {
  std::string entries;
  for (const Option& option : tapctl::options_of(method)) {
    const std::string value =
        tapctl::is_flag(option) ? "" : ' ' + tapctl::placeholder(option.schema);
    entries += entry("--" + option.name + value, tapctl::option_text(option));
  }
  return entries.empty() ? "" : begin_list + entries + end_list;
}

std::string commands() {
  std::string text;
  const auto methods = tapctl::nouns_and_verbs();
  for (const std::string& noun : tapctl::nouns(methods)) {
    text += fmt::format(".Ss {}\n{}", noun, begin_list);
    for (const rpc::Method& method : tapctl::verbs(methods, noun)) {
      text += entry(tapctl::usage_of(method), method.summary + '.') + options_list(method);
    }
    text += end_list;
  }
  text += fmt::format(".Ss others\n{}", begin_list);
  for (const rpc::Method& command : tapctl::own_commands()) {
    text += entry(tapctl::usage_of(command), command.summary + '.') + options_list(command);
  }
  text += end_list;
  text += fmt::format(".Ss lab\n{}", begin_list);
  for (const lab::Verb& verb : lab::verbs()) {
    text += entry("tapctl lab " + verb.usage, verb.summary + '.');
    std::string options;
    for (const lab::VerbOption& option : verb.options) {
      options +=
          entry(fmt::format("--{}{}{}", option.name, option.value.empty() ? "" : " ", option.value),
                option.text);
    }
    text += options.empty() ? "" : begin_list + options + end_list;
  }
  return text + end_list;
}

std::string fields(const std::vector<rpc::Field>& fields) {
  std::string text = begin_list;
  for (const rpc::Field& field : fields) {
    std::string meaning = fmt::format("{} ({})", field.description, field.schema.allowed());
    if (!field.default_value.is_null()) {
      meaning += fmt::format("; default: {}", field.default_value.dump());
    }
    text += entry(field.name, meaning);
  }
  return text + end_list;
}

std::string port_fields() {
  return fields(config::far_end_variant({}, config::port_fields()).fields());
}

// Without those that every port has, which the page of documents tells.
std::string link_fields() {
  auto own = lab::link_fields();
  const auto of_every_port = config::port_fields();
  own.erase(own.end() - static_cast<std::ptrdiff_t>(of_every_port.size()), own.end());
  return fields(own);
}

std::string daemon_options() {
  std::string text = begin_list;
  for (const daemon::OptionHelp& option : daemon::option_helps()) {
    text += entry(option.spelling, option.text + '.');
  }
  return text + end_list;
}

int write_page(const char* file) {
  const std::map<std::string, std::function<std::string()>> parts = {
      {".\\\" COMMANDS", commands},
      {".\\\" SWITCH FIELDS", [] { return fields(config::switch_fields()); }},
      {".\\\" PORT FIELDS", port_fields},
      {".\\\" DAEMON OPTIONS", daemon_options},
      {".\\\" NETNS FIELDS", [] { return fields(lab::netns_fields()); }},
      {".\\\" VM FIELDS", [] { return fields(lab::vm_fields()); }},
      {".\\\" NAT FIELDS", [] { return fields(lab::nat_fields()); }},
      {".\\\" LINK FIELDS", link_fields},
  };
  std::ifstream page(file);
  for (std::string line; std::getline(page, line);) {
    const auto part = parts.find(line);
    std::cout << (part == parts.end() ? line + '\n' : part->second());
  }
  return page.eof() && std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tapswitch::packaging

int main(int argc, char** argv) {
  return argc == 2 ? tapswitch::packaging::write_page(argv[1]) : EXIT_FAILURE;
}
