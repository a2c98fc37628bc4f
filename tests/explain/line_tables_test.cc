// Line tables: what they say, and that code is the same with and without them.
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "compiler/codegen/compile.h"
#include "compiler/explain/listing.h"
#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "headrace/compile_object.h"

namespace headrace {
namespace {

constexpr const char* kSpec = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
  {"op": "random_resized_crop", "size": [32, 32]}, {"op": "random_horizontal_flip"},
  {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}, {"op": "layout", "layout": "NCHW"}],
  "label": [{"op": "field", "field": "label"}]}})";

loop::Module module_for(const Schedule& schedule) {
  const auto spec = parse_spec(kSpec);
  EXPECT_TRUE(spec.ok()) << spec.status().to_string();
  auto graph = build_graph(*spec);
  EXPECT_TRUE(passes::run(*graph).ok());
  auto lowered = lower(*graph, schedule);
  EXPECT_TRUE(lowered.ok()) << lowered.status().to_string();
  return std::move(lowered->module);
}

// Contents of a file's sections, by name; those of the same name one after another.
std::map<std::string, std::string> sections(const std::string& file) {
  std::map<std::string, std::string> out;
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<Elf64_Shdr> table(header.e_shnum);
  std::memcpy(table.data(), file.data() + header.e_shoff, table.size() * sizeof(Elf64_Shdr));
  const char* names = file.data() + table[header.e_shstrndx].sh_offset;
  for (const Elf64_Shdr& s : table) {
    if (s.sh_type != SHT_NOBITS) out[names + s.sh_name] += file.substr(s.sh_offset, s.sh_size);
  }
  return out;
}

bool is_code(const std::string& section) {
  return section.starts_with(".text") || section.starts_with(".rodata") || section.starts_with(".lrodata");
}

// LLVM 19 chooses other instructions here and there where it knows lines; that they compute the same is what
// every other test of results rests on.
bool code_is_the_same() { return std::stoi(codegen::llvm_version()) >= 22; }

TEST(LineTables, LeaveTheCodeAsItIs) {
  const std::pair<Isa, int> levels[] = {
      {Isa::x86_64_v3, 256}, {Isa::x86_64_v4_vbmi2, 256}, {Isa::x86_64_v4, 512}, {Isa::armv8_neon, 128}};
  for (const auto& [isa, bits] : levels) {
    const loop::Module module = module_for({.vector_bits = bits});
    codegen::Target target{isa, bits};
    const auto plain = codegen::compile_objects(module, target, 1);
    target.debug_source = "/somewhere/loops.txt";
    const auto debug = codegen::compile_objects(module, target, 1);
    ASSERT_TRUE(plain.ok() && debug.ok());
    for (size_t i = 0; i < plain->size(); ++i) {
      auto without = sections((*plain)[i].bytes), with = sections((*debug)[i].bytes);
      EXPECT_FALSE(without.contains(".debug_line"));
      ASSERT_TRUE(with.contains(".debug_line")) << (*debug)[i].name;
      EXPECT_NE((*plain)[i].key, (*debug)[i].key);
      for (const auto& [name, bytes] : without) {
        if (!is_code(name) || !code_is_the_same()) continue;
        EXPECT_TRUE(with[name] == bytes) << isa_name(isa) << " @" << (*plain)[i].name << " " << name;
      }
      EXPECT_FALSE(without[".text"].empty()) << (*plain)[i].name;
    }
  }
}

TEST(LineTables, NameTheLinesOfEachFunction) {
  const loop::Module module = module_for({.vector_bits = 256});
  loop::Lines lines;
  const std::string text = loop::print(module, lines);
  codegen::Target target{Isa::x86_64_v3, 256};
  target.debug_source = "loops.txt";
  const auto assembly = codegen::emit_text(module, target, codegen::Form::assembly);
  ASSERT_TRUE(assembly.ok()) << assembly.status().to_string();
  const auto listing = explaining::read_listing(*assembly);
  const auto last = int(std::count(text.begin(), text.end(), '\n'));
  for (size_t i = 0; i < module.functions.size(); ++i) {
    const loop::Function& f = module.functions[i];
    const int first = lines.functions.at(&f);
    const int end = i + 1 < module.functions.size() ? lines.functions.at(&module.functions[i + 1]) : last + 1;
    ASSERT_TRUE(listing.contains(f.name)) << f.name;
    int tied = 0, instructions = 0;
    for (const CodeLine& c : listing.at(f.name)) {
      if (c.label) continue;
      ++instructions;
      if (c.line == 0) continue;
      ++tied;
      EXPECT_GE(c.line, first) << f.name << ": " << c.text;
      EXPECT_LT(c.line, end) << f.name << ": " << c.text;
    }
    EXPECT_GT(tied * 2, instructions) << f.name;  // what is hoisted or merged has no line
  }
}

// An instruction that only one kind of op becomes comes from a line with such an op.
TEST(LineTables, NameTheRightLines) {
  const loop::Module module = module_for({.vector_bits = 256});
  const std::string text = loop::print(module);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  codegen::Target target{Isa::x86_64_v3, 256};
  target.debug_source = "loops.txt";
  const auto assembly = codegen::emit_text(module, target, codegen::Form::assembly);
  ASSERT_TRUE(assembly.ok());
  int rounded = 0, calls = 0;
  for (const auto& [name, code] : explaining::read_listing(*assembly)) {
    for (const CodeLine& c : code) {
      if (c.line == 0 || c.label) continue;
      const std::string& line = lines.at(size_t(c.line) - 1);
      if (c.text.starts_with("vpmulhrsw")) {
        EXPECT_NE(line.find("mulhrs"), std::string::npos) << c.text << " from " << line;
        ++rounded;
      }
      if (c.text.starts_with("callq") && c.text.find("hr_") != std::string::npos) {
        EXPECT_NE(line.find("call @hr_"), std::string::npos) << c.text << " from " << line;
        ++calls;
      }
    }
  }
  EXPECT_GT(rounded, 10);
  EXPECT_GT(calls, 3);
}

TEST(Listing, ReadsFunctionsLinesAndLabels) {
  const auto listing = explaining::read_listing(
      "\t.file\t1 \"a\" \"b\"\n\t.globl\tone\n\t.type\tone,@function\none:\n.Lfunc_begin0:\n\t.loc\t1 3 "
      "0\n\t.cfi_startproc\n"
      "\tmovl\t$1,   %eax\n\t.loc\t1 7 0 "
      "prologue_end\n.LBB0_1:\n\tjne\t.LBB0_1\n.LBB0_2:\n\tretq\n.Lfunc_end0:\n\t.size\tone, "
      ".Lfunc_end0-one\n"
      "\t.section\t.rodata\n.LCPI1_0:\n\t.long\t5\n\t.text\n\t.type\ttwo,@function\ntwo:\n\tretq\n.Lfunc_"
      "end1:\n\tnop\n");
  ASSERT_EQ(listing.size(), 2u);
  const auto& one = listing.at("one");
  ASSERT_EQ(one.size(), 4u);  // a label that nothing jumps to is left out
  EXPECT_EQ(one[0].text, "movl $1, %eax");
  EXPECT_EQ(one[0].line, 3);
  EXPECT_TRUE(one[1].label);
  EXPECT_EQ(one[1].text, ".LBB0_1:");
  EXPECT_EQ(one[2].text, "jne .LBB0_1");
  EXPECT_EQ(one[2].line, 7);
  ASSERT_EQ(listing.at("two").size(), 1u);
  EXPECT_EQ(listing.at("two")[0].line, 0);  // nothing said of it
}

#ifdef HEADRACE_WITH_AOT
TEST(SharedObject, HasTheSameCodeWithLineTables) {
  CompileObjectOptions options;
  options.levels = {Isa::x86_64_v3, Isa::x86_64_v4_vbmi2};
  const auto plain = compile_object(kSpec, nullptr, options);
  options.debug_source = "/somewhere/loops.txt";
  const auto debug = compile_object(kSpec, nullptr, options);
  ASSERT_TRUE(plain.ok() && debug.ok());
  auto without = sections(plain->bytes), with = sections(debug->bytes);
  if (code_is_the_same()) {
    EXPECT_TRUE(with[".text"] == without[".text"]);
  }
  EXPECT_FALSE(without.contains(".debug_line"));
  EXPECT_NE(with[".debug_line_str"].find("loops.txt"), std::string::npos);
  EXPECT_NE(plain->info.key, debug->info.key);
}

TEST(SharedObject, LineTablesNameOneText) {
  CompileObjectOptions options;
  options.levels = {Isa::x86_64_v3, Isa::x86_64_v4};
  options.schedule.vector_bits = 512;  // which v3 does not have
  EXPECT_TRUE(compile_object(kSpec, nullptr, options).ok());
  options.debug_source = "loops.txt";
  EXPECT_EQ(compile_object(kSpec, nullptr, options).status().to_string(),
            "error[compile.debug] the loop IR of x86-64-v4 is not that of x86-64-v3, and line tables name "
            "one file; expected levels "
            "of one schedule");
}
#endif

}  // namespace
}  // namespace headrace
