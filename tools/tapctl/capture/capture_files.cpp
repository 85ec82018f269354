// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/capture_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tools/tapctl/capture/write_all.hpp"

namespace tapswitch::tapctl {
namespace {

// How many digits the number of the last of so many files has, counted from 0; 0 for one file.
int digits_of_last(std::size_t files) {
  int digits = 0;
  for (std::size_t last = files > 0 ? files - 1 : 0; last > 0; last /= 10) {
    ++digits;
  }
  return digits;
}

}  // namespace

std::string capture_file_name(const std::string& name, std::uint64_t number, std::size_t files) {
  const int digits = digits_of_last(files);
  const std::uint64_t turn = files > 0 ? number % files : number;
  return turn == 0 && digits == 0 ? name : fmt::format("{}{:0{}}", name, turn, digits);
}

CaptureFiles::CaptureFiles(std::string name, const Limits& limits)
    : name_(std::move(name)), limits_(limits) {
  open_next();
}

void CaptureFiles::open_next() {
  path_ = capture_file_name(name_, count_++, limits_.files);
  file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file_.is_open()) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
  size_ = 0;
  has_packet_ = false;
  put(descriptions_);
}

void CaptureFiles::write(std::string_view bytes) {
  blocks_.add(bytes, [this](std::string_view block) { write_block(block); });
  if (blocks_.is_broken()) {
    throw std::runtime_error("what the daemon writes is no capture");
  }
}

void CaptureFiles::write_block(std::string_view block) {
  const BlockType type = type_of(block);
  const bool is_packet = type == BlockType::enhanced_packet;
  // Many interfaces may fill a file by themselves.
  if (is_packet && has_packet_ && size_ > limits_.file_size) {
    open_next();
  }
  has_packet_ |= is_packet;
  put(block);
  if (type == BlockType::section_header || type == BlockType::interface_description) {
    descriptions_ += block;
  }
}

void CaptureFiles::put(std::string_view block) {
  write_all(file_.get(), block, path_);
  size_ += block.size();
}

}  // namespace tapswitch::tapctl
