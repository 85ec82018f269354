// SPDX-License-Identifier: Apache-2.0
// session.hpp: one client: its lines are answered in order, and what it sends or does not read
// bounds what it costs.
//
// Theory of operation: a session is either reading, or it has lines to answer. It answers a few at
// a time and then lets other sessions have their turn. While much is unsent it neither answers nor
// reads, so that a client which does not read waits for itself. When the client has closed its
// side, all its lines are answered before the session ends.
// A session that has to end itself (a line was too long) says so, and then swallows for a moment
// what the client still sends: to close with input unread would destroy the words on their way.
// Threads: the control thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/rpc/dispatcher.hpp"
#include "control/rpc/limits.hpp"
#include "control/server/line_splitter.hpp"

namespace tapswitch::server {

// What answers a line; nullopt if nothing is to be said.
using Answer =
    std::function<std::optional<std::string>(std::string_view line, const rpc::Caller& caller)>;

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  using Ended = std::function<void(const std::shared_ptr<Session>&)>;

  // 'answer' must outlive the session; 'ended' is called once, when it is over.
  Session(Socket socket, const rpc::Caller& caller, const Answer& answer, const rpc::Limits& limits,
          Ended ended);

  void start();

  // Says 'line' and nothing else, then ends.
  void refuse(std::string_view line);

  // Sends what is still to be sent, if the client takes it within a moment, and ends. Not to be
  // called while a line is being answered: its reply would be lost.
  void stop();

 private:
  void read();
  void answer_some();
  void say(std::string_view line);
  void write();
  void on_all_sent();
  void begin_to_end(bool must_swallow);
  void finish();
  void swallow();
  void end();

  [[nodiscard]] std::size_t unsent() const { return writing_.size() + waiting_.size(); }

  Socket socket_;
  const rpc::Caller caller_;
  const Answer& answer_;
  const rpc::Limits limits_;
  Ended ended_;
  LineSplitter lines_;
  std::string writing_;  // being sent
  std::string waiting_;  // to be sent next
  boost::asio::steady_timer deadline_;
  std::string swallowed_;
  bool is_paused_ = false;       // much is unsent: go on when it is sent
  bool is_half_closed_ = false;  // the client will send nothing more
  bool is_ending_ = false;       // nothing more is to be answered
  bool must_swallow_ = false;    // the client may still be sending
  bool has_ended_ = false;
};

}  // namespace tapswitch::server
