// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_program.hpp"

// The build defines them (embed.cmake).
extern const unsigned char kernel_path_object[];
extern const std::size_t kernel_path_object_size;

namespace tapswitch {

std::span<const std::byte> PathProgram::own_object() {
  return std::as_bytes(std::span(kernel_path_object, kernel_path_object_size));
}

}  // namespace tapswitch
