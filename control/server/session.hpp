// SPDX-License-Identifier: Apache-2.0
// session.hpp: one client: its lines are answered in order, and what it sends or does not read
// bounds what it costs.
//
// Theory of operation: a session is either reading, or it has lines to answer. It answers them when
// it is its turn, and gives the turn back between two requests of a batch, and within one that
// takes long. While much is unsent, of its own or of its user's, it neither begins a request nor
// reads, so that a client which does not read waits for itself. A change that is begun is brought
// to its end, also when the session is over. When the client has closed its side, all its lines are
// answered before the session ends. A client that for a time takes nothing of what waits for it has
// gone deaf, and is closed. What it takes is what leaves the kernel's buffer, not what finds room
// there. The same holds for one that sends nothing more of a long line. The time is short while
// others wait for the room. A session that has to end itself (a line was too long) says so, and
// then swallows for a moment what the client still sends: to close with input unread would destroy
// the words on their way. Descriptors that come with a line are open until it is answered, unless
// its handler takes them. By a read-only socket none come: they are closed. Events are said between
// replies, never in front of the reply to a line that is being answered. Much less may be unsent
// for an event to be taken than for a reply; beyond that events are refused. Threads: the control
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/rpc/dispatcher.hpp"
#include "control/rpc/outlet.hpp"
#include "control/server/commons.hpp"
#include "control/server/line_splitter.hpp"
#include "control/server/mortal.hpp"
#include "control/server/passed_descriptors.hpp"
#include "control/server/seats.hpp"

namespace tapswitch::server {

[[nodiscard]] Payer payer_of(const rpc::Caller& caller);

class Session final : public rpc::Outlet,
                      public std::enable_shared_from_this<Session>,
                      private Mortal<Session> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  using Ended = std::function<void(const std::shared_ptr<Session>&)>;
  using TimePoint = std::chrono::steady_clock::time_point;

  // 'commons' must outlive the session; 'ended' is called once, when it is over.
  Session(Socket socket, const rpc::Caller& caller, Commons& commons, Ended ended);

  void start();

  // Says 'line' and nothing else, then ends.
  void refuse(std::string_view line);

  // Ends, because another needs its place: 'line' says so, if nothing else waits to be sent.
  void dismiss(std::string_view line);

  // Answers what has come already, but not beyond 'until', sends what is still to be sent, if the
  // client takes it within a moment, and ends. Not to be called while a line is being answered: its
  // reply would be lost.
  void stop(TimePoint until);

  // Goes on, if it was paused: for want of room that others held, or for their changes.
  void on_room();

  [[nodiscard]] Payer payer() const { return payer_; }
  [[nodiscard]] Seat seat() const;

  [[nodiscard]] bool offer(std::string_view line) override;
  void engage(std::unique_ptr<rpc::Outlet::Speaker> speaker) override;

 private:
  friend Mortal;

  void answer_last(TimePoint until);
  void read();
  void on_readable();
  void ask_for_turn();
  void take_turn();
  [[nodiscard]] bool begin_line();
  void go_on();
  [[nodiscard]] std::string next_piece();
  void bring_to_its_end();
  void read_on();
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool may_write();
  void lay_pen_down();
  void resume();
  void say(std::string_view line);
  void write();
  void write_some();
  void on_some_sent(std::size_t size);
  void look_for_room();
  void settle();
  void watch();
  void look_whether_it_listens();
  [[nodiscard]] bool waits_for_client() const;
  [[nodiscard]] bool is_in_the_way() const;
  void begin_to_end(bool must_swallow);
  void finish();
  void swallow();
  void swallow_some();
  void end();

  // Also what is sent of a block that is not sent whole, for it is still in memory.
  [[nodiscard]] std::size_t unsent() const {
    return writing_.size() + waiting_.size() + held_.size();
  }

  Socket socket_;
  const rpc::Caller caller_;
  Commons& commons_;
  const rpc::Limits& limits_;
  const Payer payer_;
  Ended ended_;
  LineSplitter lines_;
  PassedDescriptors descriptors_;
  std::unique_ptr<rpc::Answering> answering_;  // null between two lines
  std::uint64_t given_ = 0;                    // bytes up to the end of that line
  bool has_said_ = false;                      // some of the reply to it
  std::string writing_;                        // being sent
  std::size_t written_ = 0;                    // of it
  std::string waiting_;                        // to be sent next
  std::string held_;                           // events that wait for the reply
  std::size_t counted_ = 0;                    // of what is unsent, in the budget
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer watch_;
  TimePoint heard_at_ = std::chrono::steady_clock::now();  // see Seat::active; or the watch began
  std::size_t unread_ = 0;  // bytes that waited in the kernel at the last look
  std::unique_ptr<rpc::Outlet::Speaker> speaker_;
  std::string swallowed_;
  bool is_turn_asked_ = false;
  bool is_watched_ = false;
  bool has_long_line_ = false;   // and a share of the budget for it
  bool is_paused_ = false;       // for want of room, or for others' changes: see on_room()
  bool is_half_closed_ = false;  // the client will send nothing more
  bool is_ending_ = false;       // nothing more is to be answered
  bool must_swallow_ = false;    // the client may still be sending
  bool has_ended_ = false;
  bool has_refused_event_ = false;  // and not said yet that there is room again
};

}  // namespace tapswitch::server
