// SPDX-License-Identifier: Apache-2.0
// dispatcher.hpp: text in, text out: finds the method that a JSON-RPC request names, checks what it
// was given, calls it, and turns what comes back, or what was thrown, into the reply.
//
// Requests that change something wait for each other (change_order.hpp); the others are answered in
// the midst of such a change too.
// Limits: nesting and batch size, as limits.hpp has them; the length of a line is for its reader to
// bound. Threads: the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control/rpc/answering.hpp"
#include "control/rpc/change_order.hpp"
#include "control/rpc/descriptors.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/method.hpp"
#include "control/rpc/outlet.hpp"
#include "control/rpc/work.hpp"

namespace tapswitch::rpc {

// The caller is the one who asks.
struct Caller {
  std::uint32_t uid = 0;
  std::int32_t pid = 0;
  bool is_read_only = false;  // came by the read-only socket
  bool may_capture = false;   // also there
  // By which it can be told more than replies; null if there is no such way. Lives as long as the
  // call.
  Outlet* outlet = nullptr;
  // The descriptors came with the line; a batch shares them. Null if none did. They live as long as
  // the call.
  Descriptors* descriptors = nullptr;
};

// 'params' is an object that fits the method's schema. Throws rpc::Error to refuse. Work that is
// left may refer to 'params', but not to 'caller'.
using Handler = std::function<Outcome(const Json& params, const Caller& caller)>;

// Told of an exception that a handler should not have thrown: a bug of ours.
using FaultLog = std::function<void(std::string_view method, std::string_view what)>;

struct Request;

class Dispatcher {
 public:
  // The rows must outlive the dispatcher. Throws std::logic_error if a row has no handler or a
  // handler no row: a mistake of ours that shows at start-up and in every test.
  Dispatcher(std::span<const Method> methods, std::map<std::string, Handler> handlers,
             FaultLog log_fault = {}, const Limits& limits = {});

  // Begins to answer one line (a request, a notification or a batch), which must outlive what is
  // returned. Never throws for anything that 'line' contains, nor does Answering::go_on().
  [[nodiscard]] std::unique_ptr<Answering> begin(std::string_view line) const;

  // Answers one line at once. Nullopt if there is nothing to reply. Requires: no other line is in
  // the midst of a change.
  [[nodiscard]] std::optional<std::string> answer(std::string_view line,
                                                  const Caller& caller) const;

  // The changes of what is configured that are being answered.
  [[nodiscard]] const ChangeOrder& changes() const { return changes_; }
  // The same, or a start or stop of a capture.
  [[nodiscard]] bool is_any_under_way() const;
  // Calls 'on_left' each time that one of them has ended for which others may wait, in the midst
  // of what it does: it only passes the word on.
  void on_left(const std::function<void()>& on_left) const;

 private:
  struct Entry {
    const Method* method;
    Handler handler;
  };

  struct AtHand;
  class Line;

  // Returns who answers 'request'. Throws rpc::Error if it is not to be answered.
  [[nodiscard]] const Entry& check(const Request& request, const Caller& caller) const;
  // Returns where it waits for others. Captures change nothing that is configured, and those of
  // guests keep nobody else waiting.
  [[nodiscard]] ChangeOrder& order_of(const Method& method, const Caller& caller) const;
  // Returns what is said of the exception that is being handled.
  [[nodiscard]] Error refusal(const std::string& method) const;
  [[nodiscard]] Error unknown_method(std::string_view name) const;

  std::map<std::string_view, Entry> entries_;  // the names are those of the rows
  FaultLog log_fault_;
  Limits limits_;
  // Each holds lines that are being answered.
  mutable ChangeOrder changes_;
  mutable ChangeOrder captures_;
  mutable ChangeOrder guests_captures_;  // those asked for by the read-only socket
};

}  // namespace tapswitch::rpc
