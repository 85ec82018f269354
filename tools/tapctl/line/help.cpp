// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/help.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/tapctl/line/link_commands.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/own_commands.hpp"
#include "tools/tapctl/line/shortcuts.hpp"
#include "tools/tapctl/line/value.hpp"
#include "tools/tapctl/line/verb.hpp"

namespace tapswitch::tapctl {

using rpc::Method;

namespace {

constexpr std::size_t line_width = 80;
constexpr std::size_t command_column = 2;
constexpr std::size_t text_column = 20;
constexpr std::size_t option_text_column = 8;

constexpr const char* common_options_text = R"(
Options of every command:
  --socket PATH     the control socket; default: $TAPSWITCH_SOCKET, else
                    /run/tapswitch/control.sock for root,
                    $XDG_RUNTIME_DIR/tapswitch/control.sock for others, or
                    /tmp/tapswitch-UID/control.sock
  --lab NAME        the switches of that lab, in place of --socket
  -j, --json        print the daemon's result as it is, as JSON
  --exact           counts in full, also on a terminal: 1234567, not 1.2 M
  --no-color        no colours (nor are there any if NO_COLOR is set, or if the
                    output is no terminal)
  -h, --help        print help: of tapctl, of a noun, or of a noun and a verb
  -V, --version     print the version
)";

constexpr const char* examples = R"(
Nouns and verbs may be shortened to what only one of them begins with; scripts
had better not. Verbs have the words of others too: show, ls, rm, del.

Examples:
  tapctl port add alice --namespace alice --address 10.0.10.1/24 --vlan 10
  tapctl port add uplink --trunk 10,20 --native 1 --mtu 9000
  tapctl port                                  all ports, their rates and drops
  tapctl port set uplink --native 20           the rest of its VLANs stays
  tapctl stats get alice                       what came, went and was dropped
  tapctl fdb --vlan 10                         the stations of VLAN 10
  tapctl fdb add 02:00:00:00:00:0a --vlan 10 --port alice
  tapctl vlan set 10 --name office
  tapctl trace alice ff:ff:ff:ff:ff:ff         where a frame would go, and why
  tapctl diff lab.json                         what applying it would change
  tapctl apply lab.json                        all of it, or nothing
  tapctl top --sort drops                      what goes on, until q is pressed
  tapctl events --json                         each change, as a line of JSON
  tapctl graph | dot -Tsvg > lab.svg           a picture of it all
  tapctl lab up lab.json                       its nodes and switches come up
  tapctl call port.get '{"name": "alice"}'     any method, by its own name

Exit status: 0 done, 1 refused by the daemon or failed, 2 wrong usage,
             3 no daemon.
)";

// 'text' in lines of 'line_width', all but the first begun at 'column', where the first is already.
std::string wrap(const std::string& text, std::size_t column) {
  std::string wrapped;
  std::size_t used = column;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t size = end - at;
    if (used > column && used + 1 + size > line_width) {
      wrapped += '\n' + std::string(column, ' ');
      used = column;
    } else if (used > column) {
      wrapped += ' ';
      ++used;
    }
    wrapped += text.substr(at, size);
    used += size;
    at = end + 1;
  }
  return wrapped;
}

std::string row(const std::string& left, const std::string& text) {
  const std::size_t width = text_column - command_column;
  std::string line = fmt::format("  {:<{}}", left, width);
  if (left.size() >= width) {
    line += '\n' + std::string(text_column, ' ');
  }
  return line + wrap(text, text_column) + '\n';
}

bool is_positional(const Method& method, const Option& option) {
  const std::vector<Option> positionals = positionals_of(method);
  return std::any_of(positionals.begin(), positionals.end(),
                     [&](const Option& each) { return each.name == option.name; });
}

std::string default_text(const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Which values are allowed, where neither the option's placeholder nor its description says so.
std::string allowed_text(const Option& option) {
  switch (option.schema.type()) {
    case rpc::Schema::Type::integer:
    case rpc::Schema::Type::text:
    case rpc::Schema::Type::any_of:
      return fmt::format(" ({})", option.schema.allowed());
    case rpc::Schema::Type::list:
      return fmt::format(" (each: {}; or none)", option.schema.item()->allowed());
    default:
      return "";
  }
}

}  // namespace

std::string option_text(const Option& option) {
  std::string text = option.description + allowed_text(option);
  const bool has_default =
      !option.default_value.is_null() && option.default_value != Json(std::string());
  if (has_default) {
    text += fmt::format("; default: {}", default_text(option.default_value));
  }
  return text;
}

namespace {

std::string option_row(const std::string& name, const Option& option) {
  return fmt::format("  {}\n{:{}}{}\n", name, "", option_text_column,
                     wrap(option_text(option), option_text_column));
}

std::string option_rows(const Method& method) {
  std::string rows;
  for (const Option& option : positionals_of(method)) {
    rows += option_row(option.positional_name(), option);
  }
  for (const Option& option : options_of(method)) {
    if (!is_positional(method, option)) {
      const std::string value = is_flag(option) ? "" : ' ' + placeholder(option.schema);
      rows += option_row("--" + option.name + value, option);
    }
  }
  return rows;
}

}  // namespace

std::string usage_of(const Method& method) {
  std::string usage = "tapctl " + command_of(method.name);
  for (const Option& option : positionals_of(method)) {
    const std::string name = option.positional_name();
    // A frame to trace needs its destination, unless it is given in another way.
    const bool is_needed = option.is_required || option.path.size() > 1;
    usage += is_needed ? ' ' + name : " [" + name + ']';
  }
  for (const Option& option : options_of(method)) {
    // An object can be given by its members.
    if (option.is_required && !is_positional(method, option) && option.name != "frame") {
      usage += fmt::format(" --{} {}", option.name, placeholder(option.schema));
    }
  }
  return usage + (options_of(method).empty() ? "" : " [OPTION]...");
}

std::string overview_help(const std::vector<Method>& methods) {
  std::string text =
      "tapctl: tells a tapswitchd what to do, and shows what it does.\n\n"
      "Usage: tapctl [--socket PATH] [--json] [--no-color] NOUN [VERB] [NAME]\n"
      "              [OPTION]...\n\n"
      "Nouns and verbs (a noun alone lists):\n";
  for (const std::string& noun : nouns(methods)) {
    std::vector<std::string> names;
    for (const Method& method : verbs(methods, noun)) {
      names.push_back(verb_of(method));
    }
    text += row(noun, fmt::format("{}", fmt::join(names, ", ")));
  }
  text += "\nCommands of one word:\n";
  for (const Alias& alias : aliases()) {
    for (const Method& method : methods) {
      if (method.name == alias.method) {
        text += row(alias.word, method.summary);
      }
    }
  }
  for (const Method& command : own_commands()) {
    text += row(command.name, command.summary);
  }
  text += row("lab", "a whole lab of nodes and switches, from one file");
  text += row("call", "any method by its own name, with its parameters as JSON");
  return text + common_options_text + examples;
}

std::string noun_help(const std::vector<Method>& methods, const std::string& noun) {
  std::string text;
  for (const Method& command : own_commands()) {
    if (command.name == noun) {
      text = method_help(command) + '\n';
    }
  }
  text += fmt::format("Usage: tapctl {} VERB [NAME] [OPTION]...\n\nVerbs:\n", noun);
  for (const Method& method : verbs(methods, noun)) {
    text += row(verb_of(method), method.summary);
  }
  return text + fmt::format("\nThe options of a verb: tapctl {} VERB --help\n", noun);
}

std::string method_help(const Method& method) {
  const std::string summary = is_own_command(method.name) || is_link_command(method.name)
                                  ? method.summary
                                  : fmt::format("{} (method {})", method.summary, method.name);
  std::string text = fmt::format("Usage: {}\n\n{}\n", usage_of(method), wrap(summary, 0));
  const std::string rows = option_rows(method);
  if (!rows.empty()) {
    text += "\nOptions:\n" + rows;
  }
  return text + "\nThe options of every command: tapctl --help\n";
}

std::string call_help() {
  return "Usage: tapctl call METHOD [PARAMETERS]\n\n"
         "Calls METHOD, such as port.get, and prints its result. PARAMETERS are a JSON object;\n"
         "'-' reads them from standard input. `tapctl discover` prints what methods there are.\n";
}

}  // namespace tapswitch::tapctl
