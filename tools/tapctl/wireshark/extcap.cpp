// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/wireshark/extcap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "control/config/schema.hpp"
#include "tools/terminal/usage_error.hpp"
#include "tools/version.hpp"

namespace tapswitch::tapctl {
namespace {

using Question = ExtcapRequest::Kind;

constexpr std::string_view program_name = "tapswitch";
constexpr std::string_view system_name = "tapswitch-system";
// Wireshark asks for the options of each interface at every start.
constexpr std::size_t most_ports_listed = 200;

// The words of a command line, by option; "" for those without a value.
using Words = std::map<std::string, std::string, std::less<>>;

bool has_extcap_value(std::string_view option) {
  constexpr std::array<std::string_view, 10> all = {
      "extcap-version",     "extcap-interface",  "extcap-capture-filter", "fifo", "direction",
      "extcap-control-out", "extcap-control-in", "extcap-reload-option",  "vlan", "snaplen"};
  return std::ranges::find(all, option) != all.end();
}

bool is_extcap_flag(std::string_view option) {
  constexpr std::array<std::string_view, 7> all = {
      "extcap-interfaces", "extcap-dlts", "extcap-config", "capture", "drops", "uncut", "help"};
  return std::ranges::find(all, option) != all.end();
}

Words words_of(const std::vector<std::string>& arguments) {
  Words words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const std::string option = name.starts_with("--") ? name.substr(2) : "";
    if (is_extcap_flag(option) && equals == std::string::npos) {
      words[option] = "";
    } else if (has_extcap_value(option) && equals != std::string::npos) {
      words[option] = argument.substr(equals + 1);
    } else if (has_extcap_value(option) && i + 1 < arguments.size()) {
      words[option] = arguments[++i];
    } else {
      throw UsageError(fmt::format("'{}' is not understood", argument));
    }
  }
  return words;
}

std::string word(const Words& words, std::string_view option) {
  const auto found = words.find(option);
  return found != words.end() ? found->second : "";
}

std::string required(const Words& words, std::string_view option) {
  std::string text = word(words, option);
  if (text.empty()) {
    throw UsageError(fmt::format("--{} is missing", option));
  }
  return text;
}

// Zero, which stands for none, is left out.
void add_number(Json& params, const Words& words, const char* option) {
  const std::string text = word(words, option);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && (error != std::errc{} || end != text.data() + text.size())) {
    throw UsageError(fmt::format("--{}: '{}' is no number", option, text));
  }
  if (number != 0) {
    params[option] = number;
  }
}

Json params_of(const Words& words) {
  Json params = Json::object();
  if (const std::string direction = word(words, "direction"); !direction.empty()) {
    params["direction"] = direction;
  }
  add_number(params, words, "vlan");
  add_number(params, words, "snaplen");
  for (const char* const flag : {"drops", "uncut"}) {
    if (words.contains(flag)) {
      params[flag] = true;
    }
  }
  return params;
}

Question question_of(const Words& words) {
  constexpr std::array<std::pair<std::string_view, Question>, 5> kinds = {
      {{"extcap-interfaces", Question::interfaces},
       {"capture", Question::capture},
       {"extcap-dlts", Question::link_types},
       {"extcap-config", Question::options},
       {"extcap-capture-filter", Question::filter_check}}};
  for (const auto& [option, kind] : kinds) {
    if (words.contains(option)) {
      return kind;
    }
  }
  return Question::help;
}

std::string title_of(const Source& daemon) {
  return daemon.lab         ? fmt::format("tapswitch lab {}", *daemon.lab)
         : daemon.is_system ? "tapswitch system"
                            : "tapswitch";
}

}  // namespace

Source parse_source(std::string_view interface) {
  const std::size_t colon = interface.find(':');
  const std::string_view daemon = interface.substr(0, colon);
  Source source;
  source.is_system = daemon == system_name;
  if (daemon.starts_with("tapswitch.")) {
    source.lab = daemon.substr(program_name.size() + 1);
  }
  if (colon != std::string_view::npos) {
    source.port = interface.substr(colon + 1);
  }
  const bool is_daemon =
      source.is_system || daemon == program_name || (source.lab && config::is_name(*source.lab));
  if (!is_daemon || (source.port && !config::is_name(*source.port))) {
    throw UsageError(fmt::format("'{}' is no interface of tapswitch's", interface));
  }
  return source;
}

std::string name_of(const Source& source) {
  std::string name(source.is_system ? system_name : program_name);
  if (source.lab) {
    name += '.' + *source.lab;
  }
  return source.port ? name + ':' + *source.port : name;
}

ExtcapRequest parse_extcap(const std::vector<std::string>& arguments) {
  const Words words = words_of(arguments);
  ExtcapRequest request{.kind = question_of(words), .interface = {}, .fifo = {}, .filter = {}};
  request.filter = word(words, "extcap-capture-filter");
  if (request.kind != Question::help && request.kind != Question::interfaces) {
    request.interface = required(words, "extcap-interface");
    (void)parse_source(request.interface);
  }
  if (request.kind == Question::capture) {
    request.fifo = required(words, "fifo");
    request.params = params_of(words);
  }
  return request;
}

std::string introduction() {
  return fmt::format("extcap {{version={}}}{{display=tapswitch}}\n", version);
}

std::string lines_of_interfaces(const Source& daemon, const Json& ports) {
  const auto line = [](const Source& source, const std::string& display) {
    return fmt::format("interface {{value={}}}{{display={}}}\n", name_of(source), display);
  };
  std::string lines = line(daemon, title_of(daemon) + ": all ports");
  if (ports.size() > most_ports_listed) {
    return lines;
  }
  for (const Json& port : ports) {
    Source source = daemon;
    source.port = port.at("name").get<std::string>();
    lines += line(source, fmt::format("{}: {}/{}", title_of(daemon),
                                      port.at("switch").get<std::string>(), *source.port));
  }
  return lines;
}

std::string link_types() { return "dlt {number=1}{name=EN10MB}{display=Ethernet}\n"; }

std::string options_text() {
  return "arg {number=0}{call=--direction}{display=Direction}{type=selector}"
         "{tooltip=Frames that the switch receives by the port, sends by it, or both}\n"
         "value {arg=0}{value=inout}{display=Both}{default=true}\n"
         "value {arg=0}{value=in}{display=Into the switch}{default=false}\n"
         "value {arg=0}{value=out}{display=Out of the switch}{default=false}\n"
         "arg {number=1}{call=--vlan}{display=VLAN}{type=unsigned}{range=0,4094}{default=0}"
         "{tooltip=Only frames of this VLAN, tagged or not; 0: of all}\n"
         "arg {number=2}{call=--drops}{display=Only what is dropped}{type=boolflag}"
         "{default=false}{tooltip=Each frame has the reason as its comment}\n"
         "arg {number=3}{call=--uncut}{display=As it crosses}{type=boolflag}{default=false}"
         "{tooltip=Super-frames and unfinished checksums; else as a wire would have them}\n"
         "arg {number=4}{call=--snaplen}{display=Bytes kept}{type=unsigned}{range=0,65558}"
         "{default=0}{tooltip=Of each frame; 0: all}\n";
}

}  // namespace tapswitch::tapctl
