// SPDX-License-Identifier: Apache-2.0
// limits.hpp: every bound of the control plane, in one place. What a stranger sends can make
// nothing in the daemon grow beyond them; system.info shows them.
#pragma once

#include <chrono>
#include <cstddef>

namespace tapswitch::rpc {

struct Limits {
  // One message, without its newline. Holds the configuration of several thousand ports; a longer
  // line is refused while it arrives, so a session never buffers more than this of input.
  std::size_t line_bytes = std::size_t{1} << 20;

  // Objects and lists that may be open inside one another. No method needs more than eight; the
  // bound keeps whatever walks a value by recursion within a small stack.
  std::size_t nesting = 32;

  // Requests in one batch: they are answered in one go, so this bounds how long others wait.
  std::size_t batch_requests = 256;

  // Sessions open at once, over all sockets. Each costs a descriptor and a few KiB while idle.
  std::size_t sessions = 256;

  // Descriptors that come with one line, and are open in one session at a time.
  std::size_t descriptors_per_line = 16;

  // Replies waiting for one session. Beyond it, nothing more is answered until the client reads.
  std::size_t unsent_bytes_per_session = std::size_t{4} << 20;

  // Above this, events for the session are dropped and counted. Holds those of an apply that adds
  // a thousand ports. Lower than the bound for replies, so that events never hold up a reply.
  std::size_t unsent_event_bytes_per_session = std::size_t{1} << 20;

  // A session that takes nothing for so long while events are dropped for it is closed.
  std::chrono::milliseconds patience_with_deaf_sessions = std::chrono::seconds(30);

  std::size_t subscriptions_per_session = 8;
};

}  // namespace tapswitch::rpc
