#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "bench/benchmarks.hpp"
#include "bench/process.hpp"
#include "bench/running_site.hpp"

/// A car's bus, recorded, played by canplayer in the laboratory's machine: whether a port hands
/// over what the kernel delivered. The cases are those of tests/laboratory that are marked so.
namespace voltaic::bench {
namespace {

/// A line that begins with it tells one figure by another: `over can1 played 20000 ...`.
constexpr std::string_view line_start = "REPLAY ";

struct replay {
  std::string over;
  std::map<std::string, double> figures;
  [[nodiscard]] double at(const std::string& name) const {
    const auto found = figures.find(name);
    return found == figures.end() ? 0 : found->second;
  }
};

replay parsed(const std::string& line) {
  std::istringstream words(line.substr(line_start.size()));
  replay made;
  std::string name;
  words >> name >> made.over;
  for (double value = 0; words >> name >> value;) made.figures[name] = value;
  return made;
}

row judged(const replay& of) {
  const double delivered = of.at("received") - of.at("dropped");
  row made;
  made.name = fmt::format("can_laboratory/{}, {} frames: lost of those delivered", of.over,
                          of.at("played"));
  made.value = delivered - of.at("heard");
  made.unit = "frames";
  made.reference = delivered;
  made.ratio = of.at("heard") / delivered;
  made.goal = "none lost, overruns counted";
  // The case itself fails where the port counts other overruns than the kernel.
  made.pass = made.value == 0 && of.at("lost") == 0;
  made.samples = static_cast<std::uint64_t>(of.at("played"));
  made.noise = fmt::format("{} overruns", of.at("overruns"));
  return made;
}

} // namespace

std::vector<row> can_laboratory() {
  const scratch_folder folder;
  const std::filesystem::path voltaic = voltaic_program();
  const auto command =
      fmt::format("python3 tests/laboratory/laboratory.py measure '{}' '{}' '{}' configs 2>&1",
                  (voltaic.parent_path() / "tests/test_laboratory").string(),
                  folder.path() + "/laboratory", voltaic.string());
  std::FILE* said = ::popen(command.c_str(), "re");
  if (said == nullptr) throw std::runtime_error("python3 cannot be started");
  std::vector<row> rows;
  std::string all;
  char text[512];
  while (std::fgets(text, sizeof(text), said) != nullptr) {
    const std::string line = text;
    all += line;
    if (line.starts_with(line_start)) rows.push_back(judged(parsed(line)));
  }
  const int status = ::pclose(said);
  if (all.find("SKIPPED") != std::string::npos) {
    fmt::print(stderr, "can_laboratory is not measured, or not all of it:\n{}\n", all);
  } else if (status != 0) {
    throw std::runtime_error("a case of the laboratory failed:\n" + all);
  }
  return rows;
}

} // namespace voltaic::bench
