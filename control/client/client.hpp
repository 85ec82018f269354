// SPDX-License-Identifier: Apache-2.0
// client.hpp: a session with the daemon, seen from the other side: blocking, one call at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "control/rpc/json.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::client {

// There is no daemon at the path, or it is gone.
class NoDaemon : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Client {
 public:
  // Throws NoDaemon.
  static Client connect(const std::string& path);

  // The result of 'method'. 'descriptors', which stay open here too, go with the request: what it
  // calls "fd" is an index in them. Throws Refused if the daemon refuses, NoDaemon if the
  // connection ends.
  Json call(const std::string& method, const Json& params, std::span<const int> descriptors = {});

  // The next event of what event.subscribe has subscribed to: its parameters. Waits for it. Throws
  // NoDaemon.
  Json next_event();

  // The same as call() and next_event() for whoever has more to wait for: ask() sends, and the
  // other two give the result and the next event once they are there, without waiting.
  // descriptor() is readable when there may be more of them. One question at a time.
  void ask(const std::string& method, const Json& params, std::span<const int> descriptors = {});
  std::optional<Json> take_result();
  // Or waits for it, as call() does.
  Json await();
  std::optional<Json> take_event();
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  explicit Client(UniqueFd socket, std::string path);

  // Events that come while a reply is awaited are kept for next_event(), the oldest not for ever.
  static constexpr std::size_t max_kept_events = 10'000;

  void send(std::string_view text, std::span<const int> descriptors);
  void keep_event(Json message);
  [[nodiscard]] Json result_of(Json reply) const;
  Json receive();
  std::string receive_line();
  std::optional<std::string> take_line();
  bool receive_part(int flags);

  UniqueFd socket_;
  std::string path_;
  std::string received_;      // behind the line that was given out last
  std::size_t searched_ = 0;  // of it: no newline there
  int last_id_ = 0;
  std::deque<Json> events_;
};

// The daemon answered this instead of a result: its error object.
class Refused : public std::runtime_error {
 public:
  explicit Refused(Json error);

  // As in the reply: code, message, data.
  [[nodiscard]] const Json& error() const { return error_; }

 private:
  Json error_;
};

}  // namespace tapswitch::client
