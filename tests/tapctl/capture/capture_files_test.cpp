// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/capture_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include "switch/capture/pcapng.hpp"

namespace tapswitch::tapctl {
namespace capture_files_test {

namespace fs = std::filesystem;

class CaptureFilesTest : public testing::Test {
 protected:
  CaptureFilesTest() {
    std::string pattern = fs::temp_directory_path() / "capture_files_test.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CaptureFilesTest() override { fs::remove_all(directory_); }
  CaptureFilesTest(const CaptureFilesTest&) = delete;
  CaptureFilesTest& operator=(const CaptureFilesTest&) = delete;

  [[nodiscard]] std::string path() const { return directory_ / "x"; }

  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      found.insert(entry.path().filename());
    }
    return found;
  }

  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The types of the blocks of a file, each with what it says of its interface.
  [[nodiscard]] std::vector<BlockType> types_in(const std::string& name) const {
    std::vector<BlockType> types;
    CaptureBlocks blocks;
    blocks.add(content(name), [&](std::string_view block) { types.push_back(type_of(block)); });
    EXPECT_FALSE(blocks.is_broken());
    return types;
  }

  fs::path directory_;
};

std::string section() {
  std::string text;
  pcapng::add_section(text, "test");
  return text;
}

std::string interface(const std::string& name) {
  std::string text;
  pcapng::add_interface(text, {.name = name, .description = "", .snap_length = 0});
  return text;
}

std::string packet() {
  const std::vector<std::byte> bytes(1'000);
  std::string text;
  pcapng::add_packet(text, {.interface = 0,
                            .time = std::chrono::seconds(1),
                            .direction = Direction::in,
                            .number = 1,
                            .size = bytes.size(),
                            .bytes = bytes});
  return text;
}

constexpr auto a_section = BlockType::section_header;
constexpr auto an_interface = BlockType::interface_description;
constexpr auto a_packet = BlockType::enhanced_packet;
using Types = std::vector<BlockType>;

TEST_F(CaptureFilesTest, EachFileCanBeReadByItself) {
  CaptureFiles files(path(), {.file_size = 1'500, .files = 0});
  for (const std::string& block : {section(), interface("a"), packet(), packet(), packet(),
                                   interface("b"), packet(), packet()}) {
    files.write(block);
  }
  EXPECT_EQ(names(), (std::set<std::string>{"x", "x1", "x2"}));
  EXPECT_EQ(types_in("x"), (Types{a_section, an_interface, a_packet, a_packet}));
  EXPECT_EQ(types_in("x1"), (Types{a_section, an_interface, a_packet, an_interface, a_packet}));
  EXPECT_EQ(types_in("x2"), (Types{a_section, an_interface, an_interface, a_packet}));
}

TEST_F(CaptureFilesTest, BlocksMayComeInAnyPieces) {
  CaptureFiles files(path(), {.file_size = 1'500, .files = 0});
  for (const char each : section() + interface("a") + packet() + packet() + packet()) {
    files.write({&each, 1});
  }
  EXPECT_EQ(content("x"), section() + interface("a") + packet() + packet());
  EXPECT_EQ(content("x1"), section() + interface("a") + packet());
}

TEST_F(CaptureFilesTest, OldestIsOverwrittenWhenThereAreAsManyAsMayBe) {
  CaptureFiles files(path(), {.file_size = 1, .files = 2});
  files.write(section());
  for (const char* const name : {"a", "b", "c"}) {
    files.write(packet() + interface(name));
  }
  EXPECT_EQ(names(), (std::set<std::string>{"x0", "x1"}));
  EXPECT_EQ(content("x1"), section() + interface("a") + packet() + interface("b"));
  EXPECT_EQ(content("x0"), section() + interface("a") + interface("b") + packet() + interface("c"));
}

TEST_F(CaptureFilesTest, NamesAreThoseOfTcpdump) {
  EXPECT_EQ(capture_file_name("x", 0, 0), "x");
  EXPECT_EQ(capture_file_name("x", 1, 0), "x1");
  EXPECT_EQ(capture_file_name("x", 10, 0), "x10");
  EXPECT_EQ(capture_file_name("x", 3, 1), "x");
  EXPECT_EQ(capture_file_name("x", 0, 10), "x0");
  EXPECT_EQ(capture_file_name("x", 0, 11), "x00");
  EXPECT_EQ(capture_file_name("x", 12, 11), "x01");
}

TEST_F(CaptureFilesTest, WhatCannotBeWrittenIsNamed) {
  try {
    CaptureFiles files(directory_ / "none" / "x", {.file_size = 1, .files = 0});
    FAIL() << "it was opened";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("none/x"), std::string::npos) << error.what();
  }
  CaptureFiles files(path(), {.file_size = 1, .files = 0});
  EXPECT_THROW(files.write(std::string(16, '\0')), std::runtime_error);
}

}  // namespace capture_files_test
}  // namespace tapswitch::tapctl
