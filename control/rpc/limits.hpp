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
  // The same at the read-only socket: a line is read in one turn, whoever waits.
  std::size_t read_only_line_bytes = std::size_t{256} << 10;

  // Objects and lists that may be open inside one another. No method needs more than eight; the
  // bound keeps whatever walks a value by recursion within a small stack.
  std::size_t nesting = 32;

  // Objects, lists and other values in one message. What fills a line with empty lists takes
  // longest to read: the bound keeps that to some milliseconds, and a document of 8,000 ports has
  // fewer.
  std::size_t values = 100'000;

  // Requests in one batch.
  std::size_t batch_requests = 256;

  // Sessions open at once, at the control socket and at the read-only one, and there of one user.
  // Each costs a descriptor and a few KiB while idle. Whoever comes beyond takes the place of the
  // idlest.
  std::size_t sessions = 256;
  std::size_t read_only_sessions = 256;
  std::size_t read_only_sessions_per_user = 64;

  // Descriptors that come with one line, and are open in one session at a time.
  std::size_t descriptors_per_line = 16;

  // Replies waiting for one session. Beyond it, nothing more is answered until the client reads.
  std::size_t unsent_bytes_per_session = std::size_t{4} << 20;

  // Above this, events for the session are dropped and counted. Holds those of an apply that adds
  // a thousand ports. Lower than the bound for replies, so that events never hold up a reply.
  std::size_t unsent_event_bytes_per_session = std::size_t{1} << 20;

  // Replies and events waiting for all sessions of a user at one socket, and for all of a socket.
  std::size_t unsent_bytes_per_user = std::size_t{16} << 20;
  std::size_t unsent_bytes_per_socket = std::size_t{64} << 20;

  // Sessions with a line of which more than 16 KiB have come: of a user at one socket, of a socket.
  std::size_t long_lines_per_user = 16;
  std::size_t long_lines_per_socket = 64;

  // A session is closed that so long takes nothing of what waits for it, or sends nothing of a long
  // line; so long only, while others wait for what it holds.
  std::chrono::milliseconds patience_with_deaf_sessions = std::chrono::seconds(30);
  std::chrono::milliseconds patience_in_need = std::chrono::seconds(1);

  std::size_t subscriptions_per_session = 8;
};

}  // namespace tapswitch::rpc
