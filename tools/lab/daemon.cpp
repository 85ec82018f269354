// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/daemon.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/client/client.hpp"
#include "control/config/store.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/strict_json.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/lab_directory.hpp"

namespace tapswitch::lab {
namespace {

constexpr const char* program_name = "tapswitchd";
constexpr std::chrono::milliseconds answer_interval{10};
// To open thousands of ports takes a while; a daemon that hangs is worse than none.
constexpr std::chrono::seconds answer_timeout{120};

// A refusal of the daemon is told in its words, all of them.
Json call(const std::string& directory, const std::string& method, const Json& params) {
  try {
    auto client = client::Client::connect(control_socket(directory));
    return client.call(method, params);
  } catch (const client::Refused& refused) {
    std::string text = refused.what();
    const Json data = refused.error().value("data", Json::object());
    for (const Json& problem : data.value("problems", Json::array())) {
      text += fmt::format("\n    {}: {}", problem.value("pointer", problem.value("field", "")),
                          problem.value("problem", ""));
    }
    throw Failure(fmt::format("the switch refuses: {}", text));
  } catch (const std::runtime_error& error) {
    throw Failure(fmt::format("the switch does not answer: {}", error.what()));
  }
}

}  // namespace

std::string daemon_program() {
  if (const char* given = std::getenv("TAPSWITCHD"); given != nullptr && *given != '\0') {
    if (::access(given, X_OK) != 0) {
      throw Failure(fmt::format("TAPSWITCHD: there is no program '{}'", given));
    }
    return given;
  }
  std::error_code none;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  for (const auto& candidate : {here / program_name, here.parent_path() / "sbin" / program_name}) {
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  if (const auto found = find_program(program_name)) {
    return *found;
  }
  throw Failure("there is no tapswitchd beside tapctl or in PATH: install it, or set TAPSWITCHD");
}

std::string document_file(const std::string& directory) { return directory + "/switch.json"; }

void save_document(const std::string& directory, const Json& document) {
  try {
    config::Store(document_file(directory)).write(document.dump(2) + '\n');
  } catch (const rpc::Error& error) {
    throw Failure(error.what());
  }
}

bool can_have_kernel_path() {
  const UniqueFd output(::memfd_create("kernel-path", MFD_CLOEXEC));
  Child asked = launch({.words = {daemon_program(), "--check-kernel-path"},
                        .output = output.get(),
                        .dies_with_us = true},
                       [](const ProcessId&) {});
  const auto status = asked.wait(answer_timeout);
  if (!status) {
    asked.kill();
  }
  std::array<char, 4096> text{};
  const auto size = ::pread(output.get(), text.data(), text.size(), 0);
  const Json said = rpc::parse_loosely(
      std::string_view(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
  return status == 0 && said.is_object() && said.contains("goes_with_process") &&
         said["goes_with_process"] == true;
}

void start_daemon(const DaemonStart& start, LogKeeper& logs,
                  const std::function<void(const ProcessId&)>& record) {
  const std::string& directory = start.directory;
  save_document(directory, start.document);
  const UniqueFd output = logs.open(program_name);
  const std::size_t offset = logs.size(program_name);
  std::vector<std::string> words = {daemon_program(), "--config", document_file(directory),
                                    "--strict",       "--socket", control_socket(directory)};
  if (start.has_kernel_path) {
    words.emplace_back("--kernel-path");
  }
  Child daemon = launch({.words = words,
                         .output = output.get(),
                         .directory = "/",
                         .environment = {{"TAPSWITCH_SOCKET", control_socket(directory)}}},
                        record);
  const auto end = std::chrono::steady_clock::now() + answer_timeout;
  while (!daemon_answers(directory)) {
    const auto status = daemon.wait(answer_interval);
    if (status || std::chrono::steady_clock::now() > end) {
      daemon.kill();
      throw Failure(fmt::format(
          "{}; its last lines:\n{}",
          status ? fmt::format("tapswitchd ended at once, with status {}", *status)
                 : fmt::format("tapswitchd does not answer within {} s", answer_timeout.count()),
          logs.last_lines(program_name, offset)));
    }
  }
}

bool daemon_answers(const std::string& directory) {
  try {
    auto client = client::Client::connect(control_socket(directory));
    [[maybe_unused]] const Json info = client.call("system.info", Json::object());
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Json difference(const std::string& directory, const Json& document) {
  return call(directory, "config.diff", {{"config", document}}).at("plan");
}

void apply_document(const std::string& directory, const Json& document) {
  call(directory, "config.apply", {{"config", document}, {"mode", "replace"}});
}

Json running_document(const std::string& directory) {
  return call(directory, "config.get", {{"format", "minimal"}});
}

void set_carrier(const std::string& directory, const std::string& port, bool has_carrier) {
  call(directory, "port.set", {{"name", port}, {"carrier", has_carrier}});
}

}  // namespace tapswitch::lab
