// SPDX-License-Identifier: Apache-2.0
// tapctl: the command line of tapswitch. This file joins the parts: arguments, daemon, output.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "control/config/store.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/params.hpp"
#include "control/server/socket_path.hpp"
#include "switch/system/standard_descriptors.hpp"
#include "tools/lab/command.hpp"
#include "tools/lab/link.hpp"
#include "tools/lab/links.hpp"
#include "tools/tapctl/capture/capture.hpp"
#include "tools/tapctl/daemon_end.hpp"
#include "tools/tapctl/line/completion.hpp"
#include "tools/tapctl/line/link_commands.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/tapctl/link_session.hpp"
#include "tools/tapctl/render/render_plan.hpp"
#include "tools/tapctl/session.hpp"
#include "tools/tapctl/top/top.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace {

enum Status { done = 0, refused = 1, wrong_usage = 2, no_daemon = 3 };

Status complain(Status status, const std::string& text) {
  std::fputs(fmt::format("tapctl: {}\n", printable_lines(text)).c_str(), stderr);
  return status;
}

// A full disk is found out by the last flush at the latest.
void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw std::runtime_error(fmt::format("cannot write the output: {}", std::strerror(errno)));
  }
}

// No more is read than the daemon takes in one message.
std::string read_message(std::istream& stream, const std::string& name) {
  std::string text(rpc::Limits().line_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > rpc::Limits().line_bytes) {
    throw UsageError(
        fmt::format("what comes on {} is longer than {} bytes, the most that the daemon takes",
                    name, rpc::Limits().line_bytes));
  }
  return text;
}

std::string read_stdin() { return read_message(std::cin, "stdin"); }

// The other end of `<(command)`, which is no file that could be read twice.
bool is_stream(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

std::string read_stream(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  return read_message(file, path);
}

// The document of `diff` and `apply`, from its file, a pipe or stdin.
void read_document(Call& call) {
  Call::Document& document = call.document;
  if (document.file == "-") {
    document.file = "stdin";
    document.text = read_stdin();
  } else {
    document.text =
        is_stream(document.file) ? read_stream(document.file) : config::Store(document.file).read();
  }
  call.params["config"] = parse_document(document);
}

// 0 if the terminal does not say.
std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Look look_of(const Manner& manner) {
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  const bool is_colour_refused = no_color != nullptr && *no_color != '\0';
  return {.json = manner.json,
          .is_terminal = is_terminal,
          .style = {.in_colour = is_terminal && manner.colour && !is_colour_refused,
                    .is_exact = manner.exact || !is_terminal,
                    .width = is_terminal ? terminal_width() : 0}};
}

// Which socket the daemon is at.
std::string socket_of(const Manner& manner) {
  return manner.lab ? lab::socket_of(*manner.lab)
                    : server::socket_path(manner.socket, server::socket_environment());
}

client::Client connect(const Manner& manner) {
  try {
    return client::Client::connect(socket_of(manner));
  } catch (const client::NoDaemon&) {
    // Nobody starts the daemon of a lab by hand.
    if (manner.lab) {
      throw client::NoDaemon(lab::why_unreachable(*manner.lab));
    }
    throw;
  }
}

void check_descriptors(const Call& call) {
  for (const int fd : call.descriptors) {
    if (fcntl(fd, F_GETFD) < 0) {
      throw UsageError(
          fmt::format("--fd: tapctl has inherited no descriptor {} (in a shell: exec {}<>FILE)", fd,
                      fd),
          command_of(call.method));
    }
  }
}

// Ports of a lab may be named as its file names them: "alice:eth0".
void name_ports(const Manner& manner, Call& call) {
  if (call.method != "capture" || !call.params.contains("ports")) {
    return;
  }
  for (Json& port : call.params["ports"]) {
    const auto name = port.get<std::string>();
    if (name.find(':') == std::string::npos) {
      continue;
    }
    if (!manner.lab) {
      throw UsageError(
          fmt::format("'{}' is an end of a link in a lab: say in which, by --lab NAME", name),
          "capture");
    }
    port = lab::port_at(*manner.lab, name);
  }
}

void shut_down(client::Client& client, const Call& call, const Look& look) {
  constexpr std::chrono::seconds patience{10};
  const DaemonEnd end(client);
  print(carry_out(client, call, look));
  if (!end.wait(patience)) {
    throw std::runtime_error(
        fmt::format("the daemon is still ending after {} s", patience.count()));
  }
}

void carry_out_link(Manner manner, Call& call) {
  if (manner.socket) {
    throw UsageError("links are those of a lab: --lab NAME says of which, and --socket nothing",
                     command_of(call.method));
  }
  const lab::LabLinks links = lab::links_of(manner.lab);
  manner.lab = links.lab;
  auto client = connect(manner);
  print(carry_out_link(client, links, call, look_of(manner)));
}

void carry_out(const Manner& manner, Call& call) {
  if (is_link_command(call.method) && !call.is_raw) {
    carry_out_link(manner, call);
    return;
  }
  check_descriptors(call);
  if (call.reads_stdin) {
    call.params = parse_params(read_stdin());
  }
  if (!call.document.file.empty()) {
    read_document(call);
  }
  name_ports(manner, call);
  auto client = connect(manner);
  const Look look = look_of(manner);
  if (call.method == "top") {
    top(client, call, look, print);
    return;
  }
  if (call.method == "capture") {
    const Json became = capture(client, call, print);
    if (!is_wished_end(became)) {
      throw std::runtime_error(summary_of(became));
    }
    std::fputs(fmt::format("tapctl: {}\n", summary_of(became)).c_str(), stderr);
    return;
  }
  if (call.method == "system.shutdown" && !rpc::boolean_or(call.params, "dry_run", false)) {
    shut_down(client, call, look);
    return;
  }
  print(carry_out(client, call, look));
  if (call.method == "event.subscribe" && !call.is_raw) {
    watch(client, look, print);
  }
}

// Whatever goes wrong: somebody is typing, and will be told later.
std::vector<std::string> live_names(const std::string& noun, const Manner& manner) {
  std::vector<std::string> names;
  try {
    if (noun == "lab") {
      return lab::names();
    }
    if (noun == "end") {
      for (const lab::Link& link : lab::links_of(manner.lab).links) {
        names.insert(names.end(), {link.a, link.b});
      }
      return names;
    }
    auto client = client::Client::connect(socket_of(manner));
    const Json result = client.call(noun + ".list", Json::object());
    for (const Json& object : result.front()) {
      names.push_back(object.at("name").get<std::string>());
    }
  } catch (const std::exception&) {
    names.clear();
  }
  return names;
}

int run(const std::vector<std::string>& arguments) {
  CommandLine line;
  try {
    if (const auto behind = lab::words_behind(arguments)) {
      return lab::run(*behind);
    }
    if (arguments.size() > 1 && arguments[0] == "complete" && arguments[1] == "--") {
      const std::vector<std::string> words(arguments.begin() + 2, arguments.end());
      const auto behind = lab::words_behind(words);
      print(behind && words.size() > 1 ? lab::complete(*behind)
                                       : complete(words, nouns_and_verbs(), live_names));
      return done;
    }
    line = parse_arguments(arguments, nouns_and_verbs());
    if (const auto* answer = std::get_if<Answer>(&line.request)) {
      print(answer->text);
    } else {
      carry_out(line.manner, std::get<Call>(line.request));
    }
    return done;
  } catch (const UsageError& error) {
    const std::string command = error.command().empty() ? "" : error.command() + ' ';
    return complain(wrong_usage, fmt::format("{}\nTry 'tapctl {}--help'.", error.what(), command));
  } catch (const client::NoDaemon& error) {
    return complain(no_daemon, error.what());
  } catch (const client::Refused& error) {
    return complain(refused, describe_refusal(error, std::get<Call>(line.request)));
  } catch (const Json::exception& error) {
    return complain(refused, fmt::format("the daemon's answer is not understood ({}); is it of "
                                         "another version? --json shows it",
                                         error.what()));
  } catch (const std::exception& error) {
    return complain(refused, error.what());
  }
}

}  // namespace
}  // namespace tapswitch::tapctl

int main(int argc, char** argv) {
  // `tapctl port | head` ends quietly, also where the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  // A file may be longer than `ulimit -f` allows: that is a failed write, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  tapswitch::occupy_standard_descriptors();
  return tapswitch::tapctl::run({argv + std::min(argc, 1), argv + argc});
}
