// SPDX-License-Identifier: Apache-2.0
// memory_reserve.hpp: memory for the way back from where there was none.
//
// Theory of operation: where an allocation fails std::bad_alloc unwinds what was under way, and a
// destructor on its way may take memory itself, as that of a JSON value does (nlohmann/json 3.11),
// which would end the process. So the reserve is given back first. Threads: any. Limits: 8 MiB of
// address space, of which nothing is resident: more than the destructor of the largest message
// takes; less, down to 32 KiB, while there is no more.
#pragma once

namespace tapswitch::memory_reserve {

// From now on operator new gives the reserve back before it throws.
void install() noexcept;

// Takes the reserve anew if it was given back. To be called before what may take much, which is not
// to be begun if it returns false: there is no memory.
[[nodiscard]] bool refill() noexcept;

}  // namespace tapswitch::memory_reserve
