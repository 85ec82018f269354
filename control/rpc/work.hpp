// SPDX-License-Identifier: Apache-2.0
// work.hpp: a handler gives the result of a request, or work that brings it bit by bit, so
// that others have their turn between two bits.
//
// Work takes much memory only once it goes on, which that of a few sessions does at a time.
// A handler that changes something may leave work behind too: its bits follow each other, with no
// other change between them, and the last one comes even if nobody waits for the answer any more.
// Threads: the control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  // Does one bit more: some microseconds, or one thing that the kernel is asked for. Returns the
  // result, as the text of its JSON, if that was the last; nullopt if not. Throws rpc::Error to
  // refuse. Not to be called again after a result or an exception.
  [[nodiscard]] virtual std::optional<std::string> go_on() = 0;
};

// The result, or work that brings it; never a null pointer.
using Outcome = std::variant<Json, std::unique_ptr<Work>>;

// Calls 'done' when the result is there. What that throws is the answer instead.
[[nodiscard]] Outcome and_then(Outcome outcome, std::function<void()> done);

}  // namespace tapswitch::rpc
