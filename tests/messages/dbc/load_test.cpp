#include "messages/dbc/load.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "messages/dbc/dbc_text.hpp"

namespace load_test {

using namespace voltaic::messages::dbc;
using voltaic::messages::defects_max;
using voltaic::messages::findings;
using voltaic::messages::strictness;
using voltaic::tests::load_strict;
using voltaic::tests::load_tolerant;

namespace {

std::string pack(std::string_view signals) {
  return "VERSION \"\"\nBO_ 256 Pack: 8 BMS\n" + std::string(signals);
}

const char* const plain = " SG_ Voltage : 0|16@1+ (0.1,0) [0|1000] \"V\" Vector__XXX\n";

/// Strictly refused with one defect at that line, and tolerantly loaded with the same.
void is_a_defect(const std::string& text, std::uint32_t line, std::string_view words) {
  const auto read = load(text, "test.dbc", strictness::strict);
  REQUIRE(std::holds_alternative<findings>(read));
  const auto& found = std::get<findings>(read);
  INFO(found.front().text);
  REQUIRE(found.size() == 1);
  CHECK(found.front().file == "test.dbc");
  CHECK(found.front().line == line);
  CHECK_THAT(found.front().text, Catch::Contains(std::string(words)));
  CHECK(load_tolerant(text).defects == found);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How databases of other people load: messages, and defects, for which a strict reader refuses the
/// file.
const std::map<std::string, std::pair<std::size_t, std::size_t>> files_of_others = {
    {"_vw_meb_common.dbc", {126, 67}},
    {"bcan.dbc", {7, 0}},
    {"cantools/abs.dbc", {18, 0}},
    {"cantools/add_two_dbc_files_1.dbc", {2, 0}},
    {"cantools/add_two_dbc_files_2.dbc", {1, 0}},
    {"cantools/attribute_Event.dbc", {1, 0}},
    {"cantools/attributes.dbc", {2, 0}},
    {"cantools/bad_message_length.dbc", {1, 1}},
    {"cantools/choices.dbc", {1, 0}},
    {"cantools/cp1252.dbc", {0, 0}},
    {"cantools/emc32.dbc", {1, 0}},
    {"cantools/empty_ns.dbc", {0, 0}},
    {"cantools/fd_test.dbc", {4, 0}},
    {"cantools/floating_point.dbc", {2, 0}},
    {"cantools/issue_184_extended_mux_cascaded.dbc", {1, 0}},
    {"cantools/issue_199.dbc", {11, 11}},
    {"cantools/issue_199_extended.dbc", {10, 11}},
    {"cantools/issue_207_sig_plus.dbc", {1, 0}},
    {"cantools/j1939.dbc", {2, 0}},
    {"cantools/long_names.dbc", {10, 0}},
    {"cantools/message-dlc-zero.dbc", {1, 0}},
    {"cantools/motohawk.dbc", {1, 0}},
    {"cantools/multiple_senders.dbc", {1, 0}},
    {"cantools/multiplex.dbc", {1, 0}},
    {"cantools/multiplex_2.dbc", {4, 0}},
    {"cantools/multiplex_choices.dbc", {3, 0}},
    {"cantools/no_sender.dbc", {1, 0}},
    {"cantools/open_actuator.dbc", {5, 0}},
    {"cantools/padding_bit_order.dbc", {5, 0}},
    {"cantools/relation_attributes.dbc", {2, 0}},
    {"cantools/sig_groups.dbc", {4, 0}},
    {"cantools/timing.dbc", {2, 0}},
    {"cantools/val_table.dbc", {1, 0}},
    {"cantools/variable_dlc.dbc", {2, 0}},
    {"cantools/vframeformat_int.dbc", {2, 0}},
    {"comma_body.dbc", {14, 0}},
    {"comp_can.dbc", {5, 0}},
    {"foxbms-bootloader.dbc", {9, 0}},
    {"foxbms.dbc", {41, 0}},
    {"mg.dbc", {18, 0}},
    {"overlapping-signals.dbc", {1, 2}},
    {"psa_aee2010_r3.dbc", {107, 3}},
    {"rivian_primary_actuator.dbc", {67, 3}},
    {"tesla_can.dbc", {44, 3}},
    {"tesla_model3_vehicle.dbc", {11, 0}},
    {"tesla_powertrain.dbc", {6, 0}},
    {"vw_mqbevo.dbc", {136, 10}},
};

} // namespace

TEST_CASE("a DBC message has its identifier, length, sender and signals") {
  const auto base = load_strict(
      "VERSION \"7\"\nNS_ :\n\tCM_\n\tBA_\n\nBS_:\n\nBU_: BMS Charger\n\n"
      "BO_ 2566844926 Pack: 8 BMS\n"
      " SG_ Current : 7|17@0- (0.01,-5) [-600|+600] \"A\"  Charger,Display\n"
      "CM_ BO_ 2566844926 \"what the pack\nsays \\\"now\\\"\";\n"
      "BA_DEF_ BO_ \"GenMsgCycleTime\" INT 0 65535;\nBA_DEF_DEF_ \"GenMsgCycleTime\" 0;\n"
      "BA_ \"GenMsgCycleTime\" BO_ 2566844926 100;\n");
  CHECK(base.version == "7");
  CHECK(base.nodes == std::vector<std::string>{"BMS", "Charger"});
  REQUIRE(base.messages.size() == 1);
  const auto& pack_message = base.messages.front();
  CHECK(pack_message.id == 0x18FEF1FE);
  CHECK(pack_message.extended);
  CHECK(pack_message.senders == std::vector<std::string>{"BMS"});
  CHECK(pack_message.cycle_ms == 100);
  CHECK(pack_message.comment == "what the pack\nsays \"now\"");
  REQUIRE(pack_message.signals.size() == 1);
  const auto& current = pack_message.signals.front();
  CHECK(current.start == 7);
  CHECK(current.length == 17);
  CHECK(current.order == voltaic::messages::profiles::bit_order::motorola);
  CHECK(current.type == voltaic::messages::profiles::signal_type::signed_integer);
  CHECK(current.factor == 0.01);
  CHECK(current.offset == -5);
  CHECK(current.minimum == -600);
  CHECK(current.maximum == 600);
  CHECK(current.receivers == std::vector<std::string>{"Charger", "Display"});
}

TEST_CASE("each defect of a DBC file is told with its line, and the sound rest is loaded") {
  is_a_defect(pack(" SG_ Voltage 0|16@1+ (1,0) [0|0] \"V\" X\n"), 3, "expected ':'");
  is_a_defect(pack(plain) + plain, 4, "has a signal Voltage already");
  is_a_defect(pack(" SG_ A : 60|8@1+ (1,0) [0|0] \"\" X\n"), 3, "ends in byte 9");
  is_a_defect(pack(plain) + " SG_ B : 15|2@1+ (1,0) [0|0] \"\" X\n", 4, "bits of Voltage");
  is_a_defect(pack(" SG_ 2nd : 0|8@1+ (1,0) [0|0] \"\" X\n"), 3, "begins with a letter");
  is_a_defect(pack(" SG_ A : 0|8@1+ (0,0) [0|0] \"\" X\n"), 3, "factor of 0");
  is_a_defect(pack(" SG_ A : 0|65@1+ (1,0) [0|0] \"\" X\n"), 3, "1 to 64 bits");
  is_a_defect(pack(" SG_ A : 0|8@1+ (1,0) [5|1] \"\" X\n"), 3, "above the maximum");
  is_a_defect(pack(" SG_ A m1 : 0|8@1+ (1,0) [0|0] \"\" X\n"), 3, "which signal selects it");
  is_a_defect(pack(plain) + "BO_ 256 Other: 8 X\n", 4, "stands in line 2 already");
  is_a_defect(pack(plain) + "BO_ 419364863 Long: 8 X\n", 4, "more than 11 bits");
  is_a_defect(pack(plain) + "BO_ 3758096384 Far: 8 X\n", 4, "more than 29 bits");
  is_a_defect(pack(plain) + "VAL_ 257 Voltage 0 \"off\" ;\n", 4, "no message has the identifier");
  is_a_defect(pack(plain) + "VAL_ 256 Voltag 0 \"off\" ;\n", 4, "no signal Voltag");
  is_a_defect(pack(plain) + "VAL_ 256 Voltage 0 \"off\"\nCM_ \"x\";\n", 5, "';' before this line");
  is_a_defect(pack(plain) + "SIG_VALTYPE_ 256 Voltage : 1;\n", 4, "no number of type 1");
  is_a_defect(pack(plain) + "WHAT_ 256 7;\n", 4, "expected a statement");
  is_a_defect(pack(plain) + "SG_MUL_VAL_ 256 Voltage Voltage 1-1;\n", 4, "is no selector");
}

TEST_CASE("what is left of a DBC file with defects is what was sound") {
  const auto some = load_tolerant(pack(plain) + " SG_ Broken : x|16@1+ (1,0) [0|0] \"\" X\n" +
                                  " SG_ Soc : 16|8@1+ (0.5,0) [0|100] \"%\" X\n");
  REQUIRE(some.database.messages.front().signals.size() == 2);
  CHECK(some.database.messages.front().signals[1].name == "Soc");
  const auto far = load_tolerant(pack(plain) + "BO_ 3758096384 Far: 8 X\n" + plain);
  CHECK(far.database.messages.size() == 1);
  const auto unmarked = load_tolerant("BO_ 419364863 Long: 8 X\n");
  CHECK(unmarked.database.messages.front().extended);
}

TEST_CASE("signals of different selector values may share bits, those of one may not") {
  const std::string mux = pack(" SG_ Mux M : 0|8@1+ (1,0) [0|0] \"\" X\n");
  CHECK(load_strict(mux + " SG_ A m0 : 8|8@1+ (1,0) [0|0] \"\" X\n"
                          " SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" X\n")
            .messages.front()
            .signals.size() == 3);
  is_a_defect(mux +
                  " SG_ A m1 : 8|8@1+ (1,0) [0|0] \"\" X\n"
                  " SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" X\n",
              5, "lies in bits of A");
  is_a_defect(mux +
                  " SG_ A : 8|8@1+ (1,0) [0|0] \"\" X\n"
                  " SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" X\n",
              5, "lies in bits of A");
}

TEST_CASE("signals that select each other in a circle are left out") {
  const auto text = pack(
      " SG_ A m0M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B m0M : 8|8@1+ (1,0) [0|0] \"\" X\n"
      " SG_ C : 16|8@1+ (1,0) [0|0] \"\" X\n"
      "SG_MUL_VAL_ 256 A B 0-0;\nSG_MUL_VAL_ 256 B A 0-0;\n");
  const auto read = load_tolerant(text);
  CHECK(read.defects.size() == 2);
  REQUIRE(read.database.messages.front().signals.size() == 1);
  CHECK(read.database.messages.front().signals.front().name == "C");
}

TEST_CASE("a DBC file is UTF-8 with or without its mark, or Windows-1252") {
  const auto unit_of = [](const std::string& file) {
    return load_strict(file).messages.front().signals.front().unit;
  };
  const std::string begin = "BO_ 1 T: 8 X\n SG_ Temperature : 0|8@1+ (1,-40) [0|0] \"";
  CHECK(unit_of(begin + "\xB0"
                        "C\" X\n") ==
        "\xC2\xB0"
        "C");
  CHECK(unit_of(begin + "\xC2\xB0"
                        "C\" X\n") ==
        "\xC2\xB0"
        "C");
  CHECK(unit_of("\xEF\xBB\xBF" + begin +
                "\xC2\xB0"
                "C\" X\n") ==
        "\xC2\xB0"
        "C");
  CHECK(unit_of(begin + "\x80\" X\n") == "\xE2\x82\xAC");
}

TEST_CASE("what is no DBC file is refused strictly and tolerantly") {
  for (const auto how : {strictness::strict, strictness::tolerant}) {
    for (const char* text : {"", "FormatVersion=6.0", "<xml/>", "\"BO_"}) {
      const auto read = load(text, "test.dbc", how);
      REQUIRE(std::holds_alternative<findings>(read));
      CHECK_THAT(std::get<findings>(read).back().text, Catch::Contains("no DBC file"));
    }
  }
}

TEST_CASE("every prefix of a DBC file loads or is refused, with its defects bounded") {
  const std::string text = pack(plain) +
                           " SG_ Mux M : 16|8@1+ (1,0) [0|0] \"\" X\n"
                           " SG_ A m1M : 24|8@1- (1,0) [0|0] \"\" X\n"
                           "SG_MUL_VAL_ 256 A Mux 1-1, 3-5;\nVAL_ 256 Mux 1 \"one\" ;\n"
                           "BA_DEF_ SG_ \"X\" ENUM \"a\",\"b\";\nBA_ \"X\" SG_ 256 A 1;\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto read =
        load(std::string_view(text).substr(0, size), "test.dbc", strictness::tolerant);
    const auto* all = std::get_if<loaded>(&read);
    CHECK((all == nullptr || all->defects.size() <= 4));
  }
  std::string many = "VERSION \"\"\n";
  for (int i = 0; i < 3'000; ++i) many += "SG_ lost\n";
  CHECK(load_tolerant(many).defects.size() == defects_max);
}

TEST_CASE("files of other people load strictly, or with the defects that they have") {
  const char* folder = std::getenv("VOLTAIC_TEST_DATA");
  if (folder == nullptr) {
    WARN("VOLTAIC_TEST_DATA is not set: databases of other people are not tried");
    return;
  }
  auto expected = files_of_others;
  const auto root = std::filesystem::path(folder) / "dbc";
  for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
    if (each.path().extension() != ".dbc") continue;
    const auto name = std::filesystem::relative(each.path(), root).string();
    const auto text = read_file(each.path());
    const auto read = load_tolerant(text);
    INFO("{\"" << name << "\", {" << read.database.messages.size() << ", " << read.defects.size()
               << "}},");
    const auto row = expected.find(name);
    if (row == expected.end()) {
      FAIL_CHECK("no row says how this file loads");
      continue;
    }
    CHECK(read.database.messages.size() == row->second.first);
    CHECK(read.defects.size() == row->second.second);
    for (const auto& defect : read.defects) CHECK(defect.line > 0);
    const auto strictly = load(text, "test.dbc", strictness::strict);
    const auto* refused = std::get_if<findings>(&strictly);
    CHECK((refused == nullptr) == read.defects.empty());
    if (refused != nullptr) CHECK(*refused == read.defects);
    expected.erase(row);
  }
  for (const auto& [name, row] : expected) FAIL_CHECK(name << " is not there");
}

} // namespace load_test
