// SPDX-License-Identifier: Apache-2.0
// interrupt.hpp: Ctrl-C and SIGTERM as something that whoever waits looks for, so that what was
// begun can be taken back.
#pragma once

namespace tapswitch::lab {

// From now on SIGINT, SIGTERM and SIGHUP only leave a note.
void catch_interrupts();

[[nodiscard]] bool is_interrupted();

// While something is being taken back: nothing interrupts that.
void forget_interrupts();

// Throws Interrupted.
void throw_if_interrupted();

}  // namespace tapswitch::lab
