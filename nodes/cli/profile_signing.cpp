#include "nodes/cli/profile_signing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <variant>

#include "bus/signing/ed25519.hpp"
#include "messages/signatures/signature.hpp"
#include "nodes/site/load.hpp"
#include "nodes/site/signed_files.hpp"

namespace voltaic::nodes::cli {

namespace {

namespace signatures = messages::signatures;

constexpr const char* make_key = "keygen";
constexpr const char* sign_files = "sign";
constexpr const char* verify_files = "verify";
constexpr mode_t signature_mode = 0644;

template <class... Words>
void complain(fmt::format_string<Words...> form, Words&&... words) {
  fmt::print(stderr, "voltaic profiles: {}\n", fmt::format(form, std::forward<Words>(words)...));
}

std::string beside(const std::string& file) {
  return file + std::string(signatures::file_suffix);
}

exit_code keygen(const signing_request& asked) {
  const auto key = bus::signing::private_key::make();
  if (!key) {
    complain("{}", key.error().text);
    return exit_code::fault;
  }
  if (const auto written = key->write_new(asked.key_file); !written) {
    complain("{}", written.error().text);
    return exit_code::refused;
  }
  fmt::print("{}\n", key->public_key());
  complain(
      "{} is the private key: whoever has it signs. The line above is the public key, for "
      "keys = [...] in [profiles] of site files",
      asked.key_file);
  return exit_code::done;
}

// By rename: whoever reads meanwhile has the old signature or the new one. Why not, otherwise.
std::optional<std::string> write_whole(const std::string& path, std::string_view text) {
  const auto fresh = path + ".new";
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, signature_mode);
  bool written = file >= 0 &&
                 ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                 ::fsync(file) == 0;
  auto error = errno;
  if (file >= 0) ::close(file);
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0) {
    written = false;
    error = errno;
  }
  if (written) return std::nullopt;
  if (file >= 0) ::unlink(fresh.c_str());
  return fmt::format("{} cannot be written: {}", path, std::strerror(error));
}

bool sign_one(const bus::signing::private_key& key, const std::string& project,
              const std::string& file) {
  const auto content = site::read_bounded(file);
  if (!content) {
    complain("{} {}", file, content.error().text);
    return false;
  }
  signatures::signature made;
  made.says = {project, std::filesystem::path(file).filename().string(),
               signatures::stated_version(*content), bus::signing::sha256_of(*content),
               key.public_key()};
  made.value = key.sign(signed_text(made.says));
  const auto text = text_of(made);
  // What no site would take is not written: a name with a line end in it, for instance.
  if (const auto wrong = site::distrust({project, {made.says.key}}, file, *content, text)) {
    complain("{} cannot be signed: {}", file, wrong->text);
    return false;
  }
  if (const auto why = write_whole(beside(file), text)) {
    complain("{}", *why);
    return false;
  }
  fmt::print("{}: for project {}, {}\n", beside(file), project,
             made.says.version == 0
                 ? std::string("without a version: an older one of this file is not told apart")
                 : fmt::format("version {}", made.says.version));
  return true;
}

bool is_sound_project(const std::string& project) {
  if (signatures::is_project(project)) return true;
  complain("--project {}: expected letters, digits, and . _ - between them, at most {} characters",
           project, signatures::project_length_max);
  return false;
}

exit_code sign(const signing_request& asked) {
  if (!is_sound_project(asked.project)) return exit_code::usage;
  const auto key = bus::signing::private_key::read(asked.key_file);
  if (!key) {
    complain("{}", key.error().text);
    return exit_code::findings;
  }
  bool all = true;
  for (const auto& file : asked.files)
    if (!sign_one(*key, asked.project, file)) all = false;
  return all ? exit_code::done : exit_code::findings;
}

// Of a signature that was found sound.
void print_signed(const std::string& file, const std::string& signature) {
  const auto read = signatures::read_signature(signature, file);
  if (const auto* found = std::get_if<signatures::signature>(&read))
    fmt::print("{}: {}signed for project {} by {}\n", file,
               found->says.version == 0 ? "" : fmt::format("version {}, ", found->says.version),
               found->says.project, found->says.key);
}

exit_code verify_site(const std::string& file) {
  const auto text = site::read_bounded(file);
  if (!text) {
    complain("{} {}", file, text.error().text);
    return exit_code::findings;
  }
  site::site_files files;
  const auto loaded = site::load_text(*text, file, files);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    for (const auto& each : *found) fmt::print("{}\n", site::to_string(each));
    return exit_code::findings;
  }
  if (!std::get<site::plan>(loaded).trust) {
    complain("{} names no keys in [profiles]: none of its files needs a signature", file);
    return exit_code::findings;
  }
  for (const auto& each : files.used())
    if (each.named.ends_with(signatures::file_suffix))
      print_signed(each.named.substr(0, each.named.size() - signatures::file_suffix.size()),
                   each.text);
  return exit_code::done;
}

exit_code verify_by_keys(const signing_request& asked) {
  if (!is_sound_project(asked.project)) return exit_code::usage;
  for (const auto& key : asked.keys)
    if (!bus::signing::is_public_key(key)) {
      complain("--key: expected ed25519: and 44 characters, as keygen prints them");
      return exit_code::usage;
    }
  bool all = true;
  for (const auto& file : asked.files) {
    const auto content = site::read_bounded(file);
    if (!content) {
      complain("{} {}", file, content.error().text);
      all = false;
      continue;
    }
    const auto signature = site::read_bounded(beside(file));
    if (const auto wrong = site::distrust({asked.project, asked.keys}, file, *content, signature)) {
      fmt::print("{}\n", site::to_string(*wrong));
      all = false;
    } else {
      print_signed(file, *signature);
    }
  }
  return all ? exit_code::done : exit_code::findings;
}

exit_code verify(const signing_request& asked) {
  if (!asked.keys.empty()) return verify_by_keys(asked);
  if (asked.files.size() == 1) return verify_site(asked.files.front());
  complain("verify takes one site file, whose keys count, or --key and --project");
  return exit_code::usage;
}

} // namespace

void declare_signing(command_options& app, std::string& chosen, signing_request& to) {
  auto making =
      app.add_command(make_key, "Make a key pair: a file, and a line for site files", chosen);
  making.add_option("-o,--out", to.key_file, "File for the private key; it must not be there")
      .type_name("KEY")
      .required();
  auto signing =
      app.add_command(sign_files, "Sign files for a project: FILE.sig beside each", chosen);
  signing.add_option("KEY", to.key_file, "File of the private key").type_name("KEY").required();
  signing
      .add_option("FILE", to.files,
                  "Device profile, inverter profile, protection file or compatibility table")
      .type_name("FILE...")
      .required();
  signing.add_option("--project", to.project, "Project that the files are meant for")
      .type_name("NAME")
      .required();
  auto verifying = app.add_command(
      verify_files, "Say of each file of a site, or of files by a key, who signed it", chosen);
  verifying.add_option("FILE", to.files, "A site file; with --key the signed files themselves")
      .type_name("FILE...")
      .required();
  auto key = verifying.add_option("--key", to.keys, "Public key that counts, may be repeated")
                 .type_name("KEY");
  auto project =
      verifying.add_option("--project", to.project, "Project that counts").type_name("NAME");
  key.needs(project);
  project.needs(key);
}

exit_code run(std::string_view chosen, const signing_request& asked) {
  if (chosen == make_key) return keygen(asked);
  if (chosen == sign_files) return sign(asked);
  return verify(asked);
}

} // namespace voltaic::nodes::cli
