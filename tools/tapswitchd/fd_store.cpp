// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/fd_store.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/strict_json.hpp"

namespace tapswitch::daemon {
namespace {

std::string words_name() { return fmt::format("{}words", ServiceManager::stored_prefix); }

std::string descriptor_name(std::size_t message, std::size_t number) {
  return fmt::format("{}{}-{}", ServiceManager::stored_prefix, message, number);
}

UniqueFd file_with(std::string_view text) {
  UniqueFd file(memfd_create("tapswitch", MFD_CLOEXEC));
  while (!text.empty()) {
    const ssize_t size = write(file.get(), text.data(), text.size());
    if (size < 0) {
      throw std::runtime_error(
          fmt::format("cannot write what is to be kept: {}", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return file;
}

std::string text_of(int file) {
  std::string text;
  std::array<char, 65'536> part{};
  while (true) {
    const ssize_t size = pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (size <= 0) {
      return text;
    }
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

void keep_for_the_next(const ServiceManager& manager, const network::Network& network) {
  const std::vector<network::HandOverMessage> messages =
      network::messages_about(network, network::Unheritable::leave_out);
  std::string words;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Json line = messages[i].words;
    line["descriptors"] = messages[i].descriptors.size();
    words += rpc::to_line(line) + '\n';
    for (std::size_t j = 0; j < messages[i].descriptors.size(); ++j) {
      manager.store(descriptor_name(i, j), messages[i].descriptors[j]);
    }
  }
  // Last: where it is missing, the rest is worth nothing.
  manager.store(words_name(), file_with(words).get());
  manager.wait_until_heard();
}

std::optional<network::Inheritance> take_kept(ServiceManager& manager) {
  std::map<std::string, UniqueFd> kept;
  for (PassedSocket& stored : manager.take_stored()) {
    manager.forget_stored(stored.name);
    kept[stored.name] = std::move(stored.fd);
  }
  const auto words = kept.find(words_name());
  if (words == kept.end()) {
    return std::nullopt;
  }
  network::Inheritance inheritance;
  std::istringstream lines(text_of(words->second.get()));
  std::string line;
  for (std::size_t i = 0; std::getline(lines, line); ++i) {
    const Json message = rpc::parse_loosely(line);
    std::vector<UniqueFd> descriptors;
    for (std::size_t j = 0; j < message.at("descriptors").get<std::size_t>(); ++j) {
      const auto found = kept.find(descriptor_name(i, j));
      if (found == kept.end()) {
        throw std::runtime_error(
            "the service manager has not kept all descriptors (see "
            "FileDescriptorStoreMax= in systemd.service(5))");
      }
      descriptors.push_back(std::move(found->second));
    }
    inheritance.take(message, std::move(descriptors));
  }
  return inheritance;
}

}  // namespace tapswitch::daemon
