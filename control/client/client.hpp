// SPDX-License-Identifier: Apache-2.0
// client.hpp: a session with the daemon, seen from the other side: blocking, one call at a time.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "control/rpc/json.hpp"
#include "switch/ports/unique_fd.hpp"

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

  // The result of 'method'. Throws Refused if the daemon refuses, NoDaemon if the
  // connection ends.
  Json call(const std::string& method, const Json& params);

 private:
  explicit Client(UniqueFd socket, std::string path);

  void send(std::string_view text);
  std::string receive_line();

  UniqueFd socket_;
  std::string path_;
  std::string received_;  // behind the line that was given out last
  int last_id_ = 0;
};

// What the daemon answered instead of a result: its error object.
class Refused : public std::runtime_error {
 public:
  explicit Refused(Json error);

  // As in the reply: code, message, data.
  [[nodiscard]] const Json& error() const { return error_; }

 private:
  Json error_;
};

}  // namespace tapswitch::client
