// SPDX-License-Identifier: Apache-2.0
// log.hpp: sends the daemon's words stderr, and into the log book that log.tail reads.
//
// Where stderr is the journal, a line has no time of its own, for the journal writes one, and its
// level is told as the journal reads it ("<6>", sd-daemon(3)).
// Limits: a line to a pipe or a socket has at most PIPE_BUF bytes, and is cut. What there is no
// room for, because nobody reads there, is left out; how many lines, is told when there is room
// again.
#pragma once

#include <spdlog/logger.h>

#include "control/api/log_book.hpp"

namespace tapswitch::daemon {

// 'level' is one of api::log_levels. 'book' must outlive the logger, which log.set changes.
std::shared_ptr<spdlog::logger> open_log(api::LogBook& book, const std::string& level);

}  // namespace tapswitch::daemon
