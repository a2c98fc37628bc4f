// The bytes of a cache entry: nothing but what was written is taken for it.
#include "compiler/cache/entry.h"

#include <gtest/gtest.h>

namespace headrace::cache {
namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string why(std::string_view bytes, std::string_view key = kKey) {
  const auto entry = decode_entry(bytes, key);
  return entry.ok() ? "" : entry.status().to_string();
}

TEST(CacheEntryBytes, AreReadAsTheyWereWritten) {
  for (const auto& [recipe, payload] : {std::pair{"recipe\n", "payload"}, {"", "x"}, {"r", ""}}) {
    const std::string bytes = encode_entry({kKey, recipe}, payload);
    const auto entry = decode_entry(bytes, kKey);
    ASSERT_TRUE(entry.ok()) << entry.status().to_string();
    EXPECT_EQ(entry.value().recipe, recipe);
    EXPECT_EQ(entry.value().payload, payload);
  }
}

TEST(CacheEntryBytes, EveryTruncationAndEveryFlippedBitIsRefused) {
  const std::string whole = encode_entry({kKey, "the recipe\nof it\n"}, "a payload of some bytes");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(why(whole.substr(0, size)), "") << size;
  EXPECT_EQ(why(whole + "x"), "error[cache.entry] has another length than it says");
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << bit);
      EXPECT_NE(why(bytes), "") << "bit " << bit << " of byte " << at;
    }
  }
}

TEST(CacheEntryBytes, TheReasonIsNamed) {
  const std::string whole = encode_entry({kKey, "recipe"}, "payload");
  const auto changed = [&](size_t at, char to) {
    std::string bytes = whole;
    bytes[at] = to;
    return why(bytes);
  };
  EXPECT_EQ(why("HRCACHE\n"), "error[cache.entry] is too short");
  EXPECT_EQ(changed(0, 'h'), "error[cache.entry] does not start as an entry does");
  EXPECT_EQ(changed(8, 9), "error[cache.entry] has another version");
  EXPECT_EQ(changed(40, 'f'), "error[cache.entry] is for another key");
  EXPECT_EQ(why(whole, std::string(64, '0')), "error[cache.entry] is for another key");
  EXPECT_EQ(changed(12, 7), "error[cache.entry] has another length than it says");
  EXPECT_EQ(changed(16, 8), "error[cache.entry] has another length than it says");
  EXPECT_EQ(changed(whole.size() - 1, '!'), "error[cache.entry] is damaged");
}

TEST(CacheEntryNames, AreKeys) {
  EXPECT_EQ(entry_name(kKey), kKey + ".hro");
  EXPECT_TRUE(is_entry_name(kKey + ".hro"));
  EXPECT_EQ(key_of_name(kKey + ".hro"), kKey);
  for (const std::string& name : {kKey, kKey + ".HRO", kKey.substr(1) + ".hro", "A" + kKey.substr(1) + ".hro", std::string("notes.txt"), std::string()}) {
    EXPECT_FALSE(is_entry_name(name)) << name;
  }
}

}  // namespace
}  // namespace headrace::cache
