// SPDX-License-Identifier: Apache-2.0
// hand_over_channel.hpp: the socket between a daemon and its successor: lines, each with
// descriptors. Blocking, for both sides do nothing else meanwhile, but not beyond a deadline.
//
// Limits: a line of 'longest_line' bytes, 'most_descriptors' with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/server/line_splitter.hpp"
#include "control/server/passed_descriptors.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::server {

class HandOverChannel {
 public:
  // As long as a document may be.
  static constexpr std::size_t longest_line = std::size_t{16} << 20;
  // The queues of a TAP, and the one to send by.
  static constexpr std::size_t most_descriptors = 65;

  // The other side is gone, or does not do its part in time.
  class Broken : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
  };

  struct Message {
    std::string line;
    std::vector<UniqueFd> descriptors;
  };

  // All that is said must be said within 'patience' from now, and the other side may keep us
  // waiting for no longer than 'silence' at a time.
  HandOverChannel(UniqueFd socket, std::chrono::milliseconds patience,
                  std::chrono::milliseconds silence);
  HandOverChannel(UniqueFd socket, std::chrono::milliseconds patience)
      : HandOverChannel(std::move(socket), patience, patience) {}
  HandOverChannel(const HandOverChannel&) = delete;
  HandOverChannel& operator=(const HandOverChannel&) = delete;
  ~HandOverChannel();

  // Both throw Broken.
  void send(std::string_view line, std::span<const int> descriptors = {});
  [[nodiscard]] Message receive();

 private:
  void wait(short events) const;

  UniqueFd socket_;
  const std::chrono::steady_clock::time_point deadline_;
  const std::chrono::milliseconds silence_;
  LineSplitter lines_{longest_line};
  PassedDescriptors passed_{most_descriptors};
};

}  // namespace tapswitch::server
