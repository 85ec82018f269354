// SPDX-License-Identifier: Apache-2.0
// joined_unseen.hpp: puts right what stands in the checksum field of a super-frame whose segments
// Linux has joined without a look at what is in them (rx-gro-list).
//
// Theory of operation: a sender of super-frames leaves the sum of the pseudo-header in that field,
// with the length of the whole. In one that was joined unseen stands what the first segment had: a
// finished checksum, or, if its sender left that unfinished, the sum of the pseudo-header with the
// length of that segment alone. Such a sum is told from the other by being right; then the share of
// the length is replaced, and nothing else.
// Limits: behind a routing header whose type checksum.hpp does not know the sum is taken to be that
// of the whole.
#pragma once

#include <cstddef>
#include <span>

#include "switch/frame/layout.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch {

// Returns which length of the transport, in bytes, is in the unfinished checksum of a super-frame
// of 'size' bytes that begins with 'head': that of its first segment, or of the whole.
[[nodiscard]] std::size_t summed_size(std::span<const std::byte> head, std::size_t size,
                                      const HeaderLayout& headers, const Offload& offload);

// Has the unfinished checksum of such a super-frame state the length of the whole.
void sum_whole(std::span<std::byte> head, std::size_t size, const HeaderLayout& headers,
               const Offload& offload);

// Leaves the checksums of such a super-frame to be finished, and 'offload' says so afterwards.
// Requires: somebody has checked them, and that of the first segment is there.
void leave_checksums_unfinished(std::span<std::byte> head, std::size_t size,
                                const HeaderLayout& headers, Offload& offload);

}  // namespace tapswitch
