// SPDX-License-Identifier: Apache-2.0
// capture_files.hpp: writes a capture to one file after another, each of which can be read by
// itself. Their names and sizes are as those of tcpdump's -C and -W.
//
// Theory of operation: a file is followed by another once it is larger than it should be. Each
// begins with the section and the interfaces described so far; what the interfaces have missed
// stands at the end of the last. The first is called FILE and the others FILE1, FILE2 and so on;
// where there may be only so many, they are FILE00 to FILE11, and the first is overwritten behind
// the last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "switch/system/unique_fd.hpp"
#include "tools/tapctl/capture/capture_blocks.hpp"

namespace tapswitch::tapctl {

class CaptureFiles {
 public:
  struct Limits {
    std::uint64_t file_size;  // in bytes
    std::size_t files;        // 0: no limit
  };

  // Makes the first file, or empties it. Throws std::system_error, as write() does.
  CaptureFiles(std::string name, const Limits& limits);

  // Writes what has come of the capture. Throws std::runtime_error if it is none.
  void write(std::string_view bytes);

 private:
  void open_next();
  void write_block(std::string_view block);
  void put(std::string_view block);

  const std::string name_;
  const Limits limits_;
  CaptureBlocks blocks_;
  std::string descriptions_;  // what a file begins with
  std::string path_;          // of the present file
  UniqueFd file_;
  std::uint64_t size_ = 0;   // of the present file
  bool has_packet_ = false;  // the present file
  std::uint64_t count_ = 0;  // of the files before it
};

// Returns the name of a file, 'number' of which came before it.
[[nodiscard]] std::string capture_file_name(const std::string& name, std::uint64_t number,
                                            std::size_t files);

}  // namespace tapswitch::tapctl
