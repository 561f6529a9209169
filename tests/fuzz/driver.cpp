// fuzz TARGET COUNT [PATH...]: runs every file of the paths, then COUNT inputs that are made of
// them. Where something is wrong the input is saved, and `fuzz TARGET 0 FILE` runs it again.
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "fuzz/mutate.hpp"
#include "fuzz/target.hpp"

namespace {

using voltaic::fuzz::byte_string;

/// CPU time of one input, after which it is taken to hang. It takes milliseconds.
constexpr int input_seconds_max = 10;

byte_string current; // what is being run
std::string saved_path;

/// Writes only what a dying program may.
void save_input() {
  const int file = ::open(saved_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0 || ::write(file, current.data(), current.size()) < 0) return;
  ::close(file);
  static const char head[] = "the input is saved as ";
  (void)!::write(STDERR_FILENO, head, sizeof(head) - 1);
  (void)!::write(STDERR_FILENO, saved_path.data(), saved_path.size());
  (void)!::write(STDERR_FILENO, "\n", 1);
}

void on_signal(int number) {
  if (number == SIGVTALRM) {
    static const char hangs[] = "does not hold: one input takes less than 10 s\n";
    (void)!::write(STDERR_FILENO, hangs, sizeof(hangs) - 1);
  }
  save_input();
  ::_exit(1);
}

void run(const byte_string& what) {
  current = what;
  const itimerval limit{{0, 0}, {input_seconds_max, 0}};
  ::setitimer(ITIMER_VIRTUAL, &limit, nullptr);
  // A copy of exactly its size: what is read beyond it is seen.
  const auto exact = std::make_unique<std::uint8_t[]>(what.size());
  std::copy(what.begin(), what.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), what.size());
}

byte_string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The files of all paths, by name: in the same order on every machine.
std::vector<byte_string> load(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : paths) {
    if (!std::filesystem::is_directory(each)) {
      files.emplace_back(each);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(each))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<byte_string> all;
  for (const auto& each : files) {
    auto content = content_of(each);
    if (content.size() <= voltaic::fuzz::input_bytes_max) all.push_back(std::move(content));
  }
  return all;
}

/// A dictionary as libFuzzer has it: lines of "word", with \" \\ and \xNN.
std::vector<std::string> words_of(const char* path) {
  std::vector<std::string> words;
  std::ifstream file(path == nullptr ? "" : path);
  for (std::string line; std::getline(file, line);) {
    if (line.size() < 2 || line.front() != '"' || line.back() != '"') continue;
    std::string word;
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
      const bool is_escaped = line[i] == '\\';
      i += is_escaped ? 1 : 0;
      if (is_escaped && line[i] == 'x') {
        word += static_cast<char>(std::strtol(line.substr(i + 1, 2).c_str(), nullptr, 16));
        i += 2;
      } else {
        word += line[i];
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

int fuzz(const std::string& name, long count, const std::vector<std::string>& paths) {
  const auto corpus = load(paths);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no input of at most %zu bytes in its paths\n", name.c_str(),
                 voltaic::fuzz::input_bytes_max);
    return 2;
  }
  for (const auto& each : corpus) run(each);
  const char* seed = std::getenv("VOLTAIC_FUZZ_SEED");
  voltaic::fuzz::mutator mutator(seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10),
                                 words_of(std::getenv("VOLTAIC_FUZZ_WORDS")));
  for (long i = 0; i < count; ++i) run(mutator.next(corpus));
  std::printf("%s: %zu files and %ld inputs made of them\n", name.c_str(), corpus.size(), count);
  return 0;
}

} // namespace

// What sanitizers find ends by a signal that we see; one input needs no more memory than this.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1:handle_abort=0:max_allocation_size_mb=256";
}
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1:print_stacktrace=1";
}

int main(int count, char** arguments) {
  const auto* chosen = count < 3 ? nullptr : voltaic::fuzz::find_target(arguments[1]);
  if (chosen == nullptr) {
    std::fprintf(stderr, "usage: fuzz TARGET COUNT PATH...; targets:\n%s",
                 voltaic::fuzz::target_names().c_str());
    return 2;
  }
  voltaic::fuzz::choose(*chosen);
  saved_path = std::string(std::filesystem::temp_directory_path() / "fuzz-") + arguments[1];
  std::signal(SIGABRT, on_signal);
  std::signal(SIGVTALRM, on_signal);
  return fuzz(arguments[1], std::strtol(arguments[2], nullptr, 10),
              {arguments + 3, arguments + count});
}
