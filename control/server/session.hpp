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
// Descriptors that come with a line are open until it is answered, unless its handler takes them.
// By a read-only socket none can come: the kernel closes them.
// Events are said between replies, never in front of the reply to a line that is being answered.
// Much less may be unsent for an event to be taken than for a reply; beyond that events are
// refused, and a client that takes nothing at all while this goes on is closed: it has gone deaf.
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
#include "control/rpc/outlet.hpp"
#include "control/server/line_splitter.hpp"
#include "control/server/passed_descriptors.hpp"

namespace tapswitch::server {

// What answers a line; nullopt if nothing is to be said.
using Answer =
    std::function<std::optional<std::string>(std::string_view line, const rpc::Caller& caller)>;

class Session final : public rpc::Outlet, public std::enable_shared_from_this<Session> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  using Ended = std::function<void(const std::shared_ptr<Session>&)>;

  // 'answer' must outlive the session; 'ended' is called once, when it is over.
  Session(Socket socket, const rpc::Caller& caller, const Answer& answer, const rpc::Limits& limits,
          Ended ended);

  void start();

  // Says 'line' and nothing else, then ends.
  void refuse(std::string_view line);

  // Answers what has come already, but not without end, sends what is still to be sent, if the
  // client takes it within a moment, and ends. Not to be called while a line is being answered: its
  // reply would be lost.
  void stop();

  [[nodiscard]] bool offer(std::string_view line) override;
  void engage(std::unique_ptr<rpc::Outlet::Speaker> speaker) override;

 private:
  void read();
  void on_readable();
  void answer_some();
  void answer(std::string_view line);
  void say(std::string_view line);
  void write();
  void write_some();
  void on_some_sent(std::size_t size);
  void on_event_refused();
  void look_for_room();
  void begin_to_end(bool must_swallow);
  void finish();
  void swallow();
  void end();

  // Also what is sent of a block that is not sent whole, for it is still in memory.
  [[nodiscard]] std::size_t unsent() const {
    return writing_.size() + waiting_.size() + held_.size();
  }

  Socket socket_;
  const rpc::Caller caller_;
  const Answer& answer_;
  const rpc::Limits limits_;
  Ended ended_;
  LineSplitter lines_;
  PassedDescriptors descriptors_;
  std::string writing_;      // being sent
  std::size_t written_ = 0;  // of it
  std::string waiting_;      // to be sent next
  std::string held_;         // events that wait for the reply
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer deafness_;
  std::unique_ptr<rpc::Outlet::Speaker> speaker_;
  std::string swallowed_;
  bool is_paused_ = false;       // much is unsent: go on when it is sent
  bool is_half_closed_ = false;  // the client will send nothing more
  bool is_ending_ = false;       // nothing more is to be answered
  bool must_swallow_ = false;    // the client may still be sending
  bool has_ended_ = false;
  bool is_answering_ = false;
  bool has_refused_event_ = false;  // and not said yet that there is room again
  bool is_deaf_ = false;            // nothing was taken since an event was refused
};

}  // namespace tapswitch::server
